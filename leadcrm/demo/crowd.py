"""A crowd of leads, for speed: spread over two years, with what was said and what came of it, by plain inserts.

It goes around the verbs: nothing reacts to it and nothing is sent. The rows are those the verbs would have written.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Table, func, select

from leadcrm.accounts.models import renew_pipeline
from leadcrm.conversations.events import MessageReceived, MessageSent
from leadcrm.conversations.models import Conversation, Message, ReadMark, new_reply_token
from leadcrm.conversations.operations.threads import snippet_of
from leadcrm.conversations.search import MessageSearch, fold
from leadcrm.core import clock, tenancy
from leadcrm.core.bulk import Row, fill
from leadcrm.core.db import db, is_postgresql, writing
from leadcrm.core.models import EventRow
from leadcrm.core.statistics import refresh_statistics
from leadcrm.core.values import new_id
from leadcrm.demo import people, words
from leadcrm.demo.bulk import bared, without_collector
from leadcrm.demo.follow_ups import AFTER_LEADS, BEFORE_LEADS, follow_ups
from leadcrm.demo.words import HELLO, MORE, REPLIES, SUBJECT
from leadcrm.identity.models import Organization, User
from leadcrm.leads.events import LeadCreated
from leadcrm.leads.models import ContactPoint, Lead, LeadSearch
from leadcrm.leads.search import text_of

BATCH_MESSAGES = 6000  # of a transaction on SQLite: what the batch holds stays in memory until it is stored
USUAL_MESSAGES = 2  # of a lead, about
WORTH_BARING = 10_000  # leads; for fewer, building the indexes of a full house anew takes longer than keeping them
SPAN = timedelta(days=730)
STILL_OPEN = timedelta(days=21)
WEEK = timedelta(days=7)  # at most, until somebody answers
DOMAIN = "crowd.example.com"  # tells the crowd from everyone else
SEED = 2026

Rows = dict[Table, list[Row]]


def add_crowd(number: int, messages: int | None = None) -> None:
    """See that Acme has `number` such leads, oldest first; a second call with the same number adds none.

    Each has exchanged so many `messages`, or one to three.
    """
    with tenancy.everyone():
        organization_id = db.session.scalars(
            select(Organization.id).where(Organization.slug == people.OFFICES[0].slug)
        ).one()
    add_crowd_to(organization_id, number, messages)
    refresh_statistics()


def add_crowd_to(organization_id: str, number: int, messages: int | None = None) -> None:
    """The same for any organization, without telling the database's planner."""
    with tenancy.organization(organization_id):
        active = select(User.id).where(User.disabled_at.is_(None)).order_by(User.email)
        team = list(db.session.scalars(active))
        realtors = list(db.session.scalars(active.where(User.realtor_id.is_not(None))))
        mine = select(func.count()).select_from(ContactPoint).where(ContactPoint.value.endswith(f"@{DOMAIN}"))
        known = db.session.scalar(mine)
        batches = Crowd(organization_id, team, number, clock.now(), messages, realtors).batches(known)
        with without_collector():
            if is_postgresql() and number - known >= WORTH_BARING:
                with writing(), bared([*TABLES, MARKS]):
                    for rows in batches:
                        _store(rows)
            else:
                for rows in batches:
                    with writing():
                        _store(rows)


def _store(rows: Rows) -> None:
    for table in (*TABLES, MARKS):
        fill(table, rows[table])
    renew_pipeline(tenancy.current_id())


class Crowd:
    """Makes the rows of lead n, always the same for the same number of leads."""

    def __init__(
        self,
        organization_id: str,
        team: list[str],
        number: int,
        now: datetime,
        messages: int | None = None,
        realtors: Sequence[str] = (),
    ):
        self.organization_id = organization_id
        self.team = team
        self.number = number
        self.now = now
        self.messages = messages
        self.realtors = realtors

    def batches(self, first: int) -> Iterator[Rows]:
        """The rows of all leads from that one on, so many at a time that they fit into memory."""
        leads = max(BATCH_MESSAGES // (self.messages or USUAL_MESSAGES), 1)
        for start in range(first, self.number, leads):
            yield self.rows(range(start, min(start + leads, self.number)))

    def rows(self, numbers: range) -> Rows:
        """The rows of these leads by table."""
        rows: Rows = defaultdict(list)
        for n in numbers:
            for table, row in self._lead(n):
                row["organization_id"] = self.organization_id
                rows[table].append(row)
        rows[MARKS] = _read_marks(rows[THREADS], self.team)
        return rows

    def _lead(self, n: int) -> Iterator[tuple[Table, Row]]:
        chance = random.Random(f"{SEED}-{n}")
        created = self.now - SPAN * (1 - (n + 0.5) / self.number)
        first_name, last_name = chance.choice(words.FIRST_NAMES), chance.choice(words.LAST_NAMES)
        company = chance.choice(words.COMPANIES) if chance.random() < 0.2 else ""
        email = f"{first_name}.{last_name}.{n}@{DOMAIN}".lower()
        phone = f"+1{chance.choice(words.AREAS)}{2_000_000 + n}"
        owner_id = chance.choice([*self.team, None])
        lead = {
            "id": new_id(),
            "first_name": first_name,
            "last_name": last_name,
            "name": f"{first_name} {last_name}",
            "company": company,
            "interest": chance.choice(words.INTERESTS),
            "source": chance.choice(words.SOURCES),
            "status": chance.choices(*words.STATUSES)[0],
            "status_reason": "",
            "status_by_hand": False,
            "score": chance.randint(0, 100),
            "priority": chance.choice(("low", "low", "medium", "high")),
            "timezone": chance.choice(words.ZONES),
            "zone_source": "browser",
            "owner_id": owner_id,
            "account_id": None,
            "created_at": created,
            "updated_at": created,
            "last_activity_at": created,
            "revision": 1,
            "archived_at": created + (self.now - created) / 2 if chance.random() < 0.03 else None,
        }
        said = list(self._thread(lead, email, chance))
        lead["last_activity_at"] = max(row["position_at"] for table, row in said if table is MESSAGES)
        yield LEADS, lead
        for kind, value in (("email", email), ("phone", phone)):
            yield POINTS, _point(lead, kind, value)
        yield SEARCH, {"lead_id": lead["id"], "text": text_of(lead["name"], company, [email, phone])}
        yield EVENTS, _event(LeadCreated(lead_id=lead["id"], source=lead["source"], owner_id=owner_id), created)
        yield from said
        yield from follow_ups(lead, email, phone, self.realtors, self.now, random.Random(f"{SEED}-{n}-later"))

    def _thread(self, lead: Row, email: str, chance: random.Random) -> Iterator[tuple[Table, Row]]:
        """The mails, and the thread they form."""
        thread_id, at, heard = new_id(), lead["created_at"] + timedelta(seconds=20), None
        name, interest = lead["first_name"], lead["interest"]
        folded_name = fold(name)
        messages, found_by = [], []
        for direction, text in self._texts(chance):
            content = text.format(first_name=name, interest=interest)
            messages.append(_message(lead, thread_id, direction, content, email, at))
            found_by.append(f"{_folded(text, interest)} {folded_name}")
            heard = at if direction == "inbound" else heard
            at = min(at + WEEK * chance.random(), self.now)
        last = messages[-1]
        yield THREADS, _conversation(lead, thread_id, last, heard, self.now)
        for message, text in zip(messages, found_by, strict=True):
            yield MESSAGES, message
            yield WORDS, {"message_id": message["id"], "text": text}
            yield EVENTS, _event(_fact(message), message["position_at"])

    def _texts(self, chance: random.Random) -> Iterator[tuple[str, str]]:
        """Who writes what, beginning with the house."""
        yield "outbound", HELLO
        if self.messages is None:
            if chance.random() < 0.3:
                yield "inbound", chance.choice(REPLIES)
                yield "outbound", MORE
            return
        for _ in range(self.messages - 1):
            yield ("inbound", chance.choice(REPLIES)) if chance.random() < 0.5 else ("outbound", MORE)


LEADS, POINTS, SEARCH = Lead.__table__, ContactPoint.__table__, LeadSearch.__table__
THREADS, MESSAGES, WORDS = Conversation.__table__, Message.__table__, MessageSearch.__table__
EVENTS, MARKS = EventRow.__table__, ReadMark.__table__
# in the order they may be filled
TABLES = (*BEFORE_LEADS, LEADS, POINTS, SEARCH, THREADS, MESSAGES, WORDS, EVENTS, *AFTER_LEADS)


def _read_marks(threads: list[Row], team: list[str]) -> list[Row]:
    """Everybody has seen what the crowd wrote."""
    return [
        {"conversation_id": thread["id"], "user_id": user_id, "read_until": thread["last_inbound_at"]}
        for thread in threads
        if thread["last_inbound_at"]
        for user_id in team
    ]


@cache
def _folded(text: str, interest: str) -> str:
    """The words of a mail but the name; folding them afresh for each lead would take half of the time."""
    return fold(f"{SUBJECT} {text}".format(interest=interest, first_name=""))


def _point(lead: Row, kind: str, value: str) -> Row:
    return {
        "id": new_id(),
        "lead_id": lead["id"],
        "kind": kind,
        "value": value,
        "identifies": True,
        "is_primary": True,
        "created_at": lead["created_at"],
    }


def _conversation(lead: Row, thread_id: str, last: Row, heard: datetime | None, now: datetime) -> Row:
    return {
        "id": thread_id,
        "lead_id": lead["id"],
        "channel": "email",
        "status": "open" if last["position_at"] > now - STILL_OPEN else "closed",
        "assignee_id": lead["owner_id"],
        "created_at": lead["created_at"],
        "last_message_at": last["position_at"],
        "last_inbound_at": heard,
        "last_direction": last["direction"],
        "snippet": snippet_of(last["content"]),
        "revision": 1,
        "reply_token": new_reply_token(),
    }


def _message(lead: Row, thread_id: str, direction: str, content: str, email: str, at: datetime) -> Row:
    message_id, outbound = new_id(), direction == "outbound"
    return {
        "id": message_id,
        "lead_id": lead["id"],
        "conversation_id": thread_id,
        "channel": "email",
        "direction": direction,
        "origin": "manual" if outbound else "inbound",
        "status": "sent" if outbound else "received",
        "reason": "",
        "withdrawn": "",
        "subject": SUBJECT.format(interest=lead["interest"]),
        "content": content,
        "rendered": outbound,
        "at_any_hour": False,
        "quoted": "",
        "address": email,
        "created_at": at,
        "scheduled_for": at,
        "position_at": at,
        "sent_at": at if outbound else None,
        "tries": 1 if outbound else 0,
        "sandbox": False,
        "external_id": f"<{message_id}@{DOMAIN}>",
        "intent_key": f"crowd:{message_id}",
        "author_id": lead["owner_id"] if outbound else None,
    }


def _fact(message: Row) -> MessageSent | MessageReceived:
    kind = MessageSent if message["direction"] == "outbound" else MessageReceived
    return kind(
        lead_id=message["lead_id"], message_id=message["id"], channel=message["channel"], origin=message["origin"]
    )


def _event(fact: LeadCreated | MessageSent | MessageReceived, at: datetime) -> Row:
    return {
        "name": fact.name,
        "data": vars(fact),
        "lead_id": fact.lead_id,
        "actor": f"lead:{fact.lead_id}" if isinstance(fact, MessageReceived) else "system",
        "depth": 0,
        "at": at,
    }
