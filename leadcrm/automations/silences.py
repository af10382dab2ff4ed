"""Stretches in which something does not happen. Each has a key, the moment it is counted from, and is acted on once."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select, update

from leadcrm.automations import queries
from leadcrm.automations.deciding import DEEPEST
from leadcrm.automations.models import Automation, AutomationRun
from leadcrm.automations.triggers import SILENCES
from leadcrm.core import clock, jobs
from leadcrm.core.db import after_commit, db, lock
from leadcrm.core.events import Cause, Event
from leadcrm.imports.queries import is_as_imported
from leadcrm.leads.models import Lead

BATCH = 200
NO_ACTIVITY = "quiet.no_activity"
STARTS_ELSEWHERE = "The automation starts from something else by now"


def begin(automation: Automation, event: Event, cause: Cause, lead: Lead) -> None:
    """The fact begins a silence: look again when it is over. Nothing to do when this stretch has its run already.

    What would break it may have happened before the fact was heard of: then there is no silence.
    """
    if cause.depth >= DEEPEST or getattr(event, "automatic", False) or queries.is_farewell(event):
        return
    lead = lock(lead)  # two facts of one stretch at once
    since = counted_from(automation.trigger, lead)
    if since > queries.event_row(cause.event_id).at:
        return
    same = select(AutomationRun.id).where(
        AutomationRun.automation_id == automation.id,
        AutomationRun.lead_id == lead.id,
        AutomationRun.quiet_since == since,
    )
    if db.session.scalar(same) is None:
        _wait_for(automation, lead.id, since, clock.now() + timedelta(seconds=automation.quiet_seconds), cause)


def lasts_until(run: AutomationRun) -> datetime | None:
    """When the silence that a run has waited for is over, by what its rule says now; None for any other run."""
    if run.quiet_since is None or run.position:
        return None
    begun = run.waits_since if run.event_id is not None else run.quiet_since
    return begun + timedelta(seconds=run.automation.quiet_seconds)


def why_broken(trigger: str, event: Event | None, lead: Lead, since: datetime) -> str:
    """What happened in between, to the lead or to the rule, in words; empty when the silence lasts."""
    silence = SILENCES.get(trigger)
    if silence is None or silence.begins_with != (event.name if event is not None else None):
        return STARTS_ELSEWHERE
    return "" if counted_from(trigger, lead) == since else silence.broken


def counted_from(trigger: str, lead: Lead) -> datetime:
    """The moment that names the present stretch: what would break the silence happened last then."""
    if trigger == NO_ACTIVITY:
        return lead.last_activity_at
    heard = queries.last_reply(lead.id) if trigger == "quiet.no_reply" else queries.last_answer(lead.id)
    return heard or lead.created_at


def look_for_quiet_leads(automation_id: str) -> int:
    """Begin runs for leads nothing was said with for long enough. Returns how many: less than BATCH means all.

    With whom a file brought along, and nobody greeted, no silence begins before something is said.
    """
    automation = lock(queries.automation(automation_id))
    quiet, now = timedelta(seconds=automation.quiet_seconds), clock.now()
    if automation.trigger != NO_ACTIVITY or not automation.enabled or automation.deleted_at is not None:
        return 0
    theirs = exists().where(
        AutomationRun.automation_id == automation.id,
        AutomationRun.lead_id == Lead.id,
        AutomationRun.quiet_since == Lead.last_activity_at,
    )
    leads = db.session.execute(
        select(Lead.id, Lead.last_activity_at)
        .where(Lead.archived_at.is_(None), Lead.last_activity_at >= automation.watched_from - quiet)
        .where(Lead.last_activity_at <= now - quiet, ~theirs, ~is_as_imported())
        .order_by(Lead.last_activity_at, Lead.id)
        .limit(BATCH)
    ).all()
    for lead_id, last_activity_at in leads:
        _wait_for(automation, lead_id, last_activity_at, now, None)
    _watch_from(automation.id, leads[-1].last_activity_at + quiet if len(leads) == BATCH else now)
    if leads:
        after_commit(jobs.ring_now)
    return len(leads)


def _wait_for(automation: Automation, lead_id: str, since: datetime, due_at: datetime, cause: Cause | None) -> None:
    run = AutomationRun(
        automation_id=automation.id,
        event_id=cause.event_id if cause else None,
        depth=cause.depth if cause else 0,
        lead_id=lead_id,
        quiet_since=since,
        state="waiting",
        due_at=due_at,
        waits_since=clock.now(),
    )
    db.session.add(run)
    db.session.flush()


def _watch_from(automation_id: str, moment: datetime) -> None:
    """Leaves the revision alone: an open form stays valid."""
    seen = update(Automation).where(Automation.id == automation_id)
    db.session.execute(seen.values(watched_from=moment, updated_at=Automation.updated_at))
