"""A rule held against what happened lately: which events it would have acted on, and what it would have done.

The same decisions and the same looking as when it runs (deciding.py, doing.py), on leads and accounts as they are now.
Writes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import selectinload

from leadcrm.accounts.models import Account, Contact
from leadcrm.automations import doing, queries
from leadcrm.automations.actions import sentence
from leadcrm.automations.deciding import DEEPEST, why_not_begun, why_stop
from leadcrm.automations.log_queries import OWNER, Sees
from leadcrm.automations.models import Automation
from leadcrm.automations.names import Names
from leadcrm.automations.occasions import Occasion, Outcome
from leadcrm.automations.subjects import Subject
from leadcrm.automations.triggers import SILENCES, fact_behind
from leadcrm.conversations import conditions
from leadcrm.core import clock, events
from leadcrm.core.db import db
from leadcrm.core.models import EventRow
from leadcrm.leads.models import Lead

MOST_EVENTS = 20
_main_contact = select(Contact).where(Contact.account_id == EventRow.account_id, Contact.is_primary)
_is_main_in_reach = _main_contact.where(or_(Contact.email != "", Contact.phone != "")).exists()
_latest_lead = (
    select(Lead.id)
    .where(Lead.account_id == EventRow.account_id, Lead.archived_at.is_(None))
    .order_by(Lead.last_activity_at.desc(), Lead.id.desc())
    .limit(1)
    .correlate(EventRow)
    .scalar_subquery()
)
_concerned = func.coalesce(  # for whom a rule would act, as leads.lead_of_account finds them
    EventRow.lead_id,
    _main_contact.with_only_columns(Contact.lead_id).scalar_subquery(),
    case((~_is_main_in_reach, _latest_lead)),
)
ONCE = "It fell into a silence that had begun before, and each is acted on once"


@dataclass(frozen=True)
class Trial:
    """One event the rule would have considered: why it would not have acted, or what it would have done."""

    subject: Subject
    title: str
    at: datetime
    reason: str
    outcomes: Sequence[Outcome] = ()

    @property
    def page(self) -> str:
        """Where the lead or the account is."""
        return f"/{'leads' if isinstance(self.subject, Lead) else 'accounts'}/{self.subject.id}"

    @property
    def fires(self) -> bool:
        return not self.reason


@dataclass(frozen=True)
class _Past:
    """What happened to whom; of a lead that merely was quiet there is no event."""

    subject: Subject
    at: datetime
    row: EventRow | None = None
    event: events.Event | None = None
    excuse: str = ""  # why a silence would not have been one


def try_out(columns: dict[str, Any], names: Names, viewer_sees: Sees) -> list[Trial]:
    """The rule of these columns (operations.checked) on the last matching events, newest first, of leads that are seen.

    An account stands for itself where nobody can be reached. One whose main contact would become a lead is left out.
    """
    rule = Automation(id="", **columns)  # never added to the session
    past = _quiet_leads(rule, viewer_sees) if fact_behind(rule.trigger) is None else _events(rule, viewer_sees)
    if not past:
        return []
    fields = conditions.fields_of(rule.conditions)
    facts = queries.facts_of_many([(one.subject, one.event) for one in past], fields)
    return [_tried(rule, names, one, known) for one, known in zip(past, facts, strict=True)]


def _tried(rule: Automation, names: Names, past: _Past, facts: dict[str, Any]) -> Trial:
    title = past.event.title if past.event is not None else "Nothing was said since"
    reason = past.excuse or _why_stop(rule, past) or why_not_begun(rule, past.subject, past.event, facts)
    if reason:
        return Trial(past.subject, title, past.at, reason)
    lead = past.subject if isinstance(past.subject, Lead) else None
    occasion = Occasion(rule.id, rule.name, lead, past.event)
    return Trial(past.subject, title, past.at, "", list(_outcomes(rule, occasion, names)))


def _outcomes(rule: Automation, occasion: Occasion, names: Names) -> Iterator[Outcome]:
    for action in rule.actions:
        yield _would(action, occasion, names)
        if action["kind"] == "create_account":
            occasion = replace(occasion, expects_account=True)


def _would(action: dict[str, Any], occasion: Occasion, names: Names) -> Outcome:
    if action["kind"] == "wait":
        words = sentence(action, names)
        return Outcome("would", f"{words[:1].upper()}{words[1:]}, then look at the conditions again")
    return doing.would_do(action, occasion)


def _why_stop(rule: Automation, past: _Past) -> str:
    if past.row is None:
        return ""
    if rule.trigger in SILENCES:
        is_loop = past.row.depth >= DEEPEST
        return why_stop(past.event, past.row.depth) if is_loop or getattr(past.event, "automatic", False) else ""
    return why_stop(past.event, past.row.depth)


def _events(rule: Automation, viewer_sees: Sees) -> list[_Past]:
    is_unled = and_(EventRow.lead_id.is_(None), Lead.id.is_(None), ~_is_main_in_reach)
    newest = (
        select(EventRow, Lead, Account)
        .select_from(EventRow)
        .outerjoin(Lead, Lead.id == _concerned)
        .outerjoin(Account, and_(Account.id == EventRow.account_id, is_unled))
        .where(EventRow.name == fact_behind(rule.trigger), viewer_sees(OWNER))
        .where(or_(Lead.id.is_not(None), Account.id.is_not(None)))
        .order_by(EventRow.id.desc())
        .limit(MOST_EVENTS)
        .options(selectinload(Lead.tags), selectinload(Lead.contact_points))
    )
    rows = db.session.execute(newest).all()
    return [_past(rule, lead or account, row) for row, lead, account in rows]


def _past(rule: Automation, subject: Subject, row: EventRow) -> _Past:
    event = events.restore(row)
    return _Past(subject, row.at, row, event, _excuse(rule, subject, row, event) if rule.quiet_seconds else "")


def _excuse(rule: Automation, lead: Lead, row: EventRow, event: events.Event) -> str:
    """Why the silence that began with the fact was none."""
    if queries.is_farewell(event):
        return "It confirmed an opt-out, and nobody waits for a reply to that"
    over = row.at + timedelta(seconds=rule.quiet_seconds)
    if queries.broke_silence(rule.trigger, lead.id, row.at, over):
        return SILENCES[rule.trigger].broken
    if queries.began_before(rule.trigger, row):
        return ONCE
    return "It still waits" if over > clock.now() else ""


def _quiet_leads(rule: Automation, viewer_sees: Sees) -> list[_Past]:
    quiet_since = clock.now() - timedelta(seconds=rule.quiet_seconds)
    quiet = (
        select(Lead)
        .where(Lead.archived_at.is_(None), Lead.last_activity_at <= quiet_since, viewer_sees(Lead.owner_id))
        .order_by(Lead.last_activity_at.desc(), Lead.id.desc())
        .limit(MOST_EVENTS)
        .options(selectinload(Lead.tags), selectinload(Lead.contact_points))
    )
    return [_Past(lead, lead.last_activity_at) for lead in db.session.scalars(quiet)]
