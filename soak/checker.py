"""Three witnesses side by side: the SMTP server's own log, the clients' record of acknowledgements, and the API."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime

from soak.crowd import DOMAIN, Record
from soak.places import Office, Place
from soak.verdicts import Verdict, verdict_on
from tests.installation import Api

ACCEPTED = {"sent", "delivered", "read"}
FINAL = ACCEPTED | {"bounced", "failed", "expired", "canceled", "skipped", "unknown", "received"}
ON_THE_WAY = ("claimed", "sending")


@dataclass
class Findings:
    """Everything that contradicts a promise, by the promise."""

    missing: list = field(default_factory=list)  # acknowledged, but not there, or there twice
    twice: list = field(default_factory=list)  # in the recipient's hands more than once
    forgotten: list = field(default_factory=list)  # in no final state
    contradictions: list = field(default_factory=list)  # the API says what the sink's log denies
    unknown: int = 0
    outbound: int = 0
    delivered: int = 0


def is_settled(office: Office, record: Record) -> bool:
    """Nothing is due, owed or on its way, and every reply was read, if not by who began it then after its lease."""
    ready = office.ready()
    if ready.get("database") != "ok" or ready["debts"] or ready["oldest_due_seconds"]:
        return False
    api = office.open_api()
    if any(api.get("/api/messages", status=status, limit=1)["items"] for status in ON_THE_WAY):
        return False
    if any(is_due(message) for message in api.all("/api/messages", status="held")):
        return False
    return record.inbound.keys() <= {row["content"].strip() for row in api.all("/api/messages", status="received")}


def examine(office: Office, record: Record) -> Findings:
    """Compare the witnesses. Call it when the office has settled, or to see what has not."""
    api, found = office.open_api(), Findings()
    email_of = {lead["id"]: lead["email"] for lead in api.all("/api/leads", q=DOMAIN)}
    messages = [row for row in api.all("/api/messages", channel="email") if row["lead_id"] in email_of]
    outbound = [row for row in messages if row["direction"] == "outbound" and is_due(row)]
    _look_for_leads(record, email_of, found)
    _look_for_meetings(api, record, found)
    _look_for_customers(api, record, found)
    _look_for_replies(record, [row for row in messages if row["direction"] == "inbound"], found)
    _look_for_words(record, outbound, email_of, found)
    _hold_against_the_sink(office, outbound, email_of, found)
    return found


def is_due(message: dict) -> bool:
    """False for a step of a flow whose day has not come."""
    moment = datetime.fromisoformat(message["scheduled_for"])
    return message["status"] not in ("scheduled", "held") or moment <= datetime.now(UTC)


def _look_for_leads(record: Record, email_of: dict[str, str], found: Findings) -> None:
    """Each acknowledged lead is there under the id that was answered, and no repeated key made a second one."""
    found.missing += [email for email, lead in record.leads.items() if email_of.get(lead) != email]
    found.missing += [f"two of {email}" for email, n in Counter(email_of.values()).items() if n > 1]


def _look_for_meetings(api: Api, record: Record, found: Findings) -> None:
    """Each meeting that was agreed on was made once, and no time was given to two."""
    made = defaultdict(list)
    for fact in api.all("/api/events", name="booking.made"):
        made[fact["lead_id"]].append((fact["data"]["booking_id"], datetime.fromisoformat(fact["data"]["starts_at"])))
    for email, (booking, start) in record.meetings.items():
        agreed = [(booking, datetime.fromisoformat(start))]
        if made[record.leads[email]] != agreed:
            found.missing.append(f"meeting of {email}: {made[record.leads[email]]}")
    held = Counter(start for meetings in made.values() for _, start in meetings if start > datetime.now(UTC))
    found.missing += [f"{n} meetings at {start}" for start, n in held.items() if n > 1 and start in _starts(record)]


def _starts(record: Record) -> set[datetime]:
    return {datetime.fromisoformat(start) for _, start in record.meetings.values()}


def _look_for_customers(api: Api, record: Record, found: Findings) -> None:
    """Each lead that became a customer did so once: one account of its name, with the contact and the deal it has."""
    named = Counter(account["name"] for account in api.all("/api/accounts", q=DOMAIN))
    contacts = {row["id"]: row["account_id"] for row in api.all("/api/contacts")}
    deals = Counter((row["account_id"], row["id"]) for row in api.all("/api/opportunities"))
    for email, made in record.customers.items():
        account = made["account_id"]
        counts = named[f"Works of {email}"], deals[account, made["opportunity_id"]]
        if counts != (1, 1) or contacts.get(made["contact_id"]) != account:
            found.missing.append(f"customer {email}: {counts}")
    found.missing += [f"{n} accounts called {name}" for name, n in named.items() if n > 1]


def _look_for_replies(record: Record, inbound: list[dict], found: Findings) -> None:
    heard = Counter(row["content"].strip() for row in inbound)
    found.missing += [text for text in record.inbound if not heard[text]]
    found.missing += [f"two of {text}" for text, n in heard.items() if n > 1]


def _look_for_words(record: Record, outbound: list[dict], email_of: dict[str, str], found: Findings) -> None:
    """Each message asked for is there, and each lead was greeted unless it spoke, met us or bought first."""
    ids = {row["id"] for row in outbound}
    found.missing += [key for key, message in record.messages.items() if message not in ids]
    tried = ACCEPTED | {"unknown", "bounced", "failed"}
    welcomes = [row for row in outbound if row["origin"] in ("flow", "automation")]  # whichever came first
    greeted = {email_of[row["lead_id"]] for row in welcomes if row["status"] in tried}
    spoke = {*record.inbound.values(), *record.meetings, *record.customers}
    found.forgotten += [f"no greeting to {email}" for email in record.leads if email not in greeted | spoke]


def _hold_against_the_sink(office: Office, outbound: list[dict], email_of: dict[str, str], found: Findings) -> None:
    mails = [mail for mail in office.mails() if mail["rcpt"].endswith("@" + DOMAIN)]
    arrived = Counter((mail["rcpt"], mail["subject"]) for mail in mails)
    found.delivered, found.outbound = len(mails), len(outbound)
    found.twice += [key for key, n in arrived.items() if n > 1]
    found.twice += [key for key, n in Counter(mail["message_id"] for mail in mails).items() if n > 1]
    said, refused = set(), {fault["rcpt"] for fault in office.faults() if fault["fault"] == "refused"}
    for row in outbound:
        key = (email_of[row["lead_id"]], row["subject"])
        if row["status"] not in FINAL:
            found.forgotten.append(f"{row['status']}: {key}")
        if _may_have_left(row):
            said.add(key)
        if row["status"] in ACCEPTED and not arrived[key]:
            found.contradictions.append(f"{row['status']} but not in the sink: {key}")
        if row["status"] == "failed" and key[0] not in refused:
            found.contradictions.append(f"failed but never refused: {key}")
        found.unknown += row["status"] == "unknown"
    found.contradictions += [f"arrived but not sent: {key}" for key in arrived.keys() - said]


def _may_have_left(message: dict) -> bool:
    return message["status"] in ACCEPTED | {"unknown", "bounced"}


def promises(place: Place, record: Record, found: Findings) -> list[Verdict]:
    """P1 to P4 as the witnesses saw them."""
    asked = (
        f"{len(record.leads)} leads, {len(record.messages)} messages, {len(record.inbound)} replies, "
        f"{len(record.meetings)} meetings, {len(record.customers)} customers acknowledged"
    )
    return [
        verdict_on("P1 acknowledged is there", place.name, found.missing + record.refused, asked),
        verdict_on("P2 nothing said twice", place.name, found.twice, f"{found.delivered} mails in the sink's log"),
        verdict_on("P3 nothing forgotten", place.name, found.forgotten, f"{found.outbound} messages due"),
        verdict_on("P4 sent means accepted", place.name, found.contradictions, f"{found.outbound} states compared"),
    ]
