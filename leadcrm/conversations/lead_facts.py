"""What conditions are tested against: the facts of leads, many at once."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import literal, select, union_all

from leadcrm.accounts.models import Account
from leadcrm.conversations.condition_fields import LEAD_FIELDS, WEEKDAYS
from leadcrm.conversations.events import MessageReceived
from leadcrm.conversations.models import Suppression
from leadcrm.conversations.operations.consent import ASKED_FOR, COMPLAINED, EVERY_CHANNEL
from leadcrm.core.db import db
from leadcrm.core.models import EventRow
from leadcrm.core.zones import zone
from leadcrm.leads import queries as leads
from leadcrm.leads.models import ContactPoint, Lead

# facts of tracking, beside this floor, and of bookings, above it
MESSAGE_CLICKED = "message.clicked"
BOOKING_MADE, BOOKING_CANCELED = "booking.made", "booking.canceled"
Facts = dict[str, dict[str, Any]]  # by lead, by field


def facts_of(lead_ids: Collection[str], now: datetime, fields: Collection[str] = tuple(LEAD_FIELDS)) -> Facts:
    """The facts of each lead, by field of LEAD_FIELDS; at most eight queries, for `fields` only.

    Times and days are the lead's own at `now`. Leads that do not exist are missing.
    """
    facts = _own(lead_ids, now)
    for about, gather in _GATHERED.items():
        if not about.isdisjoint(fields):
            for lead_id, found in gather(list(facts)).items():
                facts[lead_id] |= found
    if "account_health" in fields:
        _add_health(facts)
    return facts


def _add_health(facts: Facts) -> None:
    """By the accounts' ids, which are known: SQLite would begin a join with all accounts there are."""
    account_ids = {known["account"] for known in facts.values() if known["account"]}
    health = select(Account.id, Account.health).where(Account.id.in_(account_ids))
    points = dict(db.session.execute(health).all()) if account_ids else {}
    for known in facts.values():
        if known["account"] in points:
            known["account_health"] = points[known["account"]]


def _own(lead_ids: Collection[str], now: datetime) -> Facts:
    columns = (
        Lead.id, Lead.status, Lead.score, Lead.priority, Lead.source, Lead.owner_id, Lead.interest, Lead.company,
        Lead.city, Lead.country, Lead.timezone, Lead.created_at, Lead.last_activity_at, Lead.account_id,
    )  # fmt: skip
    facts = {}
    for lead in db.session.execute(select(*columns).where(Lead.id.in_(lead_ids))):
        local = now.astimezone(zone(lead.timezone))
        facts[lead.id] = {
            "status": lead.status,
            "score": lead.score,
            "priority": lead.priority,
            "source": lead.source,
            "owner": lead.owner_id,
            "interest": lead.interest,
            "company": lead.company,
            "city": lead.city,
            "country": lead.country,
            "account": lead.account_id,
            "age": (now - lead.created_at).days,
            "quiet": (now - lead.last_activity_at).days,
            "time": f"{local:%H:%M}",
            "weekday": WEEKDAYS[local.weekday()],
        }
    return facts


def _tags(lead_ids: Collection[str]) -> Facts:
    return {lead_id: {"tag": names} for lead_id, names in leads.tag_names(lead_ids).items()}


def _addresses(lead_ids: Collection[str]) -> Facts:
    points = select(ContactPoint.lead_id, ContactPoint.kind).where(ContactPoint.lead_id.in_(lead_ids))
    found: Facts = {}
    for lead_id, kind in db.session.execute(points):
        found.setdefault(lead_id, {})[kind] = True
    return found


def _answers(lead_ids: Collection[str]) -> Facts:
    """Whether they ever replied, which an out-of-office is not, or followed a link."""
    theirs = EventRow.lead_id.in_(lead_ids)
    is_reply = EventRow.data["automatic"].as_boolean().is_not(True)
    replied = select(EventRow.lead_id, literal("replied")).where(
        theirs, EventRow.name == MessageReceived.name, is_reply
    )
    clicked = select(EventRow.lead_id, literal("clicked")).where(theirs, EventRow.name == MESSAGE_CLICKED)
    found: Facts = {}
    for lead_id, what in db.session.execute(union_all(replied.distinct(), clicked.distinct())):
        found.setdefault(lead_id, {})[what] = True
    return found


def _meetings(lead_ids: Collection[str]) -> Facts:
    """Whether they booked one that was not canceled."""
    booking = EventRow.data["booking_id"].as_string()
    theirs = select(EventRow.lead_id, booking).where(EventRow.lead_id.in_(lead_ids))
    standing = theirs.where(EventRow.name == BOOKING_MADE).except_(theirs.where(EventRow.name == BOOKING_CANCELED))
    return {lead_id: {"meeting": True} for lead_id, _ in db.session.execute(standing)}


def _opt_outs(lead_ids: Collection[str]) -> Facts:
    """Channels the lead does not want to be written to on; a bounce is no wish."""
    points = select(ContactPoint.lead_id, ContactPoint.kind, ContactPoint.value)
    ways = db.session.execute(points.where(ContactPoint.lead_id.in_(lead_ids))).all()
    listed = select(Suppression.channel, Suppression.address).where(
        Suppression.address.in_({value for _, _, value in ways}),
        Suppression.channel.in_([*leads.KINDS_OF_CHANNEL, EVERY_CHANNEL]),
        Suppression.reason.in_([*ASKED_FOR, COMPLAINED]),
    )
    suppressed = set(map(tuple, db.session.execute(listed)))
    found: Facts = {}
    for lead_id, kind, value in ways:
        for channel, kinds in leads.KINDS_OF_CHANNEL.items():
            if kind in kinds and {(channel, value), (EVERY_CHANNEL, value)} & suppressed:
                found.setdefault(lead_id, {"opted_out": []})["opted_out"].append(channel)
    return found


_GATHERED: dict[frozenset[str], Callable[[Collection[str]], Facts]] = {
    frozenset({"tag"}): _tags,
    frozenset({"email", "phone"}): _addresses,
    frozenset({"replied", "clicked"}): _answers,
    frozenset({"meeting"}): _meetings,
    frozenset({"opted_out"}): _opt_outs,
}
