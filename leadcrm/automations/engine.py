"""Running automations: an event is considered once by each rule, and the run says what was done or why nothing was.

A rule without delay runs in its listener's transaction. A delayed one waits in its row; its conditions are tested again
when it fires. An unexpected error rolls back the rule's own work only, and the run is tried again later.
"""

import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from leadcrm.automations import actions, conditions, queries
from leadcrm.automations.events import AutomationRan
from leadcrm.automations.models import Automation, AutomationRun
from leadcrm.core import clock, events
from leadcrm.core.db import db, lock
from leadcrm.core.drains import back_off
from leadcrm.core.errors import DomainError
from leadcrm.leads.models import Lead

log = logging.getLogger(__name__)

DEEPEST = 3  # events caused by events caused by events
MOST_RUNS = 5
MOST_RUNS_WITHIN = timedelta(hours=1)
MAX_TRIES = 5


def consider(event: events.Event) -> None:
    """Let every enabled automation of this fact decide. Harmless when the fact is delivered twice."""
    cause = events.cause()
    automations = queries.enabled_for(event.name)
    lead = _lead(event.lead_id) if automations else None
    if lead is None:
        return
    known = queries.considered(cause.event_id)
    recent = queries.recent_runs(lead.id, clock.now() - MOST_RUNS_WITHIN)
    facts = queries.facts(lead, event)
    runs = [
        (_begin(automation, event, cause, lead, facts, recent.get(automation.id, 0)), automation)
        for automation in automations
        if automation.id not in known
    ]  # all decide before the first acts, so that their order changes nothing
    for run, automation in runs:
        if run.state == "waiting" and not automation.delay_seconds:
            _run_safely(run, automation, event, looks_again=False)


def resume(run_id: str) -> bool:
    """Do a waiting run that is due. False when another worker has it or it is no longer due."""
    run = _waiting_run(run_id)
    if run is None:
        return False
    automation = run.automation
    if automation.deleted_at is not None or not automation.enabled:
        _settle(run, "skipped", "The automation was switched off while this waited")
        return True
    row = queries.event_row(run.event_id)
    with events.caused_by(row.id, row.depth):
        _run_safely(run, automation, events.restore(row), looks_again=True)
    return True


def put_off(run_id: str, error: Exception) -> bool:
    """A run that was due could not even begin: look again later, and give up in the end. False as with `resume`."""
    run = _waiting_run(run_id)
    if run is None:
        return False
    _look_again_later(run, error)
    return True


def _waiting_run(run_id: str) -> AutomationRun | None:
    due = select(AutomationRun).where(
        AutomationRun.id == run_id, AutomationRun.state == "waiting", AutomationRun.due_at <= clock.now()
    )
    return db.session.scalars(due.with_for_update(skip_locked=True, of=AutomationRun)).one_or_none()


def _begin(
    automation: Automation, event: events.Event, cause: events.Cause, lead: Lead, facts: dict[str, Any], recent: int
) -> AutomationRun:
    run = AutomationRun(
        automation_id=automation.id, event_id=cause.event_id, lead_id=lead.id, depth=cause.depth, state="skipped"
    )
    db.session.add(run)
    run.reason = _why_stop(event, cause, recent) or _why_unmet(automation, lead, facts)
    if not run.reason:
        run.state, run.due_at = "waiting", clock.now() + timedelta(seconds=automation.delay_seconds)
    db.session.flush()
    return run


def _why_stop(event: events.Event, cause: events.Cause, recent: int) -> str:
    if cause.depth >= DEEPEST:
        return f"Stopped: {DEEPEST} automations in a row led to this event, which looks like a loop"
    if getattr(event, "origin", "") == "automation":
        return "An automation sent this message, and automations do not react to their own messages"
    if getattr(event, "automatic", False):
        return "An automatic reply, not the lead"
    if recent >= MOST_RUNS:
        return f"Stopped: it ran {recent} times for this lead within an hour, which looks like a loop"
    return ""


def _why_unmet(automation: Automation, lead: Lead, facts: dict[str, Any]) -> str:
    if lead.archived_at is not None:
        return "The lead is archived"
    unmet = conditions.first_unmet(automation.conditions, facts)
    if unmet is None:
        return ""
    return f"Not the case: {conditions.sentence(unmet, queries.user_names())}"[:300]


def _run_safely(run: AutomationRun, automation: Automation, event: events.Event, *, looks_again: bool) -> None:
    try:
        with db.session.begin_nested():
            lead = lock(_lead(run.lead_id))
            unmet = _why_unmet(automation, lead, queries.facts(lead, event)) if looks_again else ""
            if unmet:
                _settle(run, "skipped", unmet)
            else:
                _run(run, automation, lead)
    except Exception as error:  # whatever one rule raises must not stop the others, nor the listener
        log.exception("automation %s failed on event %s", automation.id, run.event_id)
        _look_again_later(run, error)


def _look_again_later(run: AutomationRun, error: Exception) -> None:
    run.tries += 1
    if run.tries >= MAX_TRIES:
        _settle(run, "failed", f"Gave up after {run.tries} tries: {error}")
    else:
        run.due_at = back_off(run.tries, clock.now())


def _run(run: AutomationRun, automation: Automation, lead: Lead) -> None:
    with events.acting_as(f"automation:{automation.id}"):
        outcomes = [_act(action, lead, run, index) for index, action in enumerate(automation.actions)]
        run.details = [
            {"kind": action["kind"], "state": outcome.state, "text": outcome.text}
            for action, outcome in zip(automation.actions, outcomes, strict=True)
        ]
        states = {outcome.state for outcome in outcomes}
        state = next(state for state in ("failed", "done", "skipped") if state in states)
        _settle(run, state, "; ".join(outcome.text for outcome in outcomes if outcome.state != "done"))
        if "done" in states:
            events.record(AutomationRan(lead_id=lead.id, automation_id=automation.id, run_id=run.id))


def _act(action: conditions.Condition, lead: Lead, run: AutomationRun, index: int) -> actions.Outcome:
    """One action; another feature's refusal undoes this action only."""
    try:
        with db.session.begin_nested():
            return actions.do(action, lead, run, index)
    except DomainError as error:
        return actions.Outcome("failed", error.message)


def _settle(run: AutomationRun, state: str, reason: str) -> None:
    run.state, run.reason, run.due_at = state, reason[:300], None
    db.session.flush()


def _lead(lead_id: str) -> Lead | None:
    return db.session.scalars(select(Lead).where(Lead.id == lead_id)).one_or_none()
