"""Running automations: an event is considered once by each rule, and the run says what was done or why nothing was.

A rule acts in its listener's transaction up to its first wait. A waiting run keeps its place in its row; what it does
after the wait and the new place commit together. Before it goes on, everything is looked at again. An unexpected error
rolls back the rule's own work only, and the run is tried again later.

Where nobody at an account can be reached, the run is about the account, and what needs no lead is done.
"""

import logging
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import timedelta

from sqlalchemy import select

from leadcrm.automations import doing, loop_queries, queries, reach, silences, subjects
from leadcrm.automations.actions import Action
from leadcrm.automations.deciding import why_not_begun, why_stop, why_unmet
from leadcrm.automations.events import AutomationRan
from leadcrm.automations.models import Automation, AutomationRun
from leadcrm.automations.occasions import Occasion, Outcome
from leadcrm.automations.subjects import Subject
from leadcrm.automations.triggers import FIRST_IN_REACH, SILENCES
from leadcrm.conversations import conditions
from leadcrm.core import clock, events
from leadcrm.core.db import db, lock
from leadcrm.core.drains import back_off
from leadcrm.core.errors import DomainError
from leadcrm.leads.models import Lead

log = logging.getLogger(__name__)

MOST_RUNS = 5  # because of what rules did; what comes from outside may come as often as it does
MOST_RUNS_WITHIN = timedelta(hours=1)
MAX_TRIES = 5
SWITCHED_OFF = "The automation was switched off while this waited"
REPLIED = "The lead replied while this waited"


def consider(event: events.Event) -> None:
    """Let every enabled automation of this fact decide. Harmless when the fact is delivered twice.

    An account is mostly made before anybody at it can be reached. Rules of its making that need a lead begin when the
    first one can be.
    """
    automations = queries.enabled_for(event.name)
    subject = subjects.concerned(event) if automations else None
    if subject is not None:
        _consider(event, automations, subject)
    row = queries.made_before(event.account_id) if event.name in FIRST_IN_REACH and event.account_id else None
    if row is not None:
        unchanged = [rule for rule in queries.enabled_for(row.name) if rule.updated_at <= row.at]
        made = events.restore(row)
        subject = subjects.concerned(made) if unchanged else None
        if isinstance(subject, Lead):
            with events.caused_by(row.id, row.depth):
                _consider(made, unchanged, subject)


def _consider(event: events.Event, automations: list[Automation], subject: Subject) -> None:
    cause = events.cause()
    if event.name == reach.HOPEFUL:  # this fact and the first in reach may be heard of at once
        subjects.hold(subject, event.account_id)
    hopeful = queries.hopeful(cause.event_id) if isinstance(subject, Lead) else {}
    known = queries.considered(cause.event_id) - hopeful.keys()
    news = [automation for automation in automations if automation.id not in known]
    at_once = [automation for automation in news if automation.trigger not in SILENCES]
    for run, automation in _begin_all(at_once, event, cause, subject, hopeful):
        if run.state == "waiting":
            _run_safely(run, automation, event, looks_again=False)
    for automation in news:
        if automation.trigger in SILENCES:
            silences.begin(automation, event, cause, subject)


def resume(run_id: str) -> bool:
    """Go on with a waiting run that is due. False when another worker has it or it is no longer due."""
    run = _waiting_run(run_id)
    if run is None:
        return False
    automation = run.automation
    if automation.deleted_at is not None or not automation.enabled:
        _settle(run, _verdict(run), SWITCHED_OFF)
        return True
    lasts_until = silences.lasts_until(run)
    if lasts_until is not None and lasts_until > clock.now():  # the rule was told to wait longer
        run.due_at = lasts_until
        return True
    row = queries.event_row(run.event_id) if run.event_id is not None else None
    with events.caused_by(row.id, row.depth) if row is not None else nullcontext():
        _run_safely(run, automation, events.restore(row) if row is not None else None, looks_again=True)
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


def _begin_all(
    automations: list[Automation],
    event: events.Event,
    cause: events.Cause,
    subject: Subject,
    hopeful: Mapping[str, AutomationRun],
) -> list[tuple[AutomationRun, Automation]]:
    """All decide before the first acts, so that their order changes nothing."""
    if not automations:
        return []
    often = loop_queries.echoes(automations, subject, cause.event_id, clock.now() - MOST_RUNS_WITHIN)
    fields = set().union(*(conditions.fields_of(automation.conditions) for automation in automations))
    facts = queries.facts_of_one(subject, event, fields)
    runs = []
    for automation in automations:
        reason = why_stop(event, cause.depth) or _why_often(often.get(automation.id, 0), subject)
        reason = reason or why_not_begun(automation, subject, event, facts)
        run = hopeful.get(automation.id) or AutomationRun(automation_id=automation.id, event_id=cause.event_id)
        _begin(run, subject, cause.depth, reason)
        runs.append((run, automation))
    if any(run.state == "waiting" for run, _ in runs):
        lock(subject)  # before rows name them: two workers that had each done so would wait for each other
    db.session.add_all(run for run, _ in runs)
    db.session.flush()
    return runs


def _begin(run: AutomationRun, subject: Subject, depth: int, reason: str) -> None:
    """New, or one that hoped for a lead: it counts from now."""
    subjects.name(run, subject)
    run.hopes_for_lead, run.depth, run.created_at = reason == reach.NOBODY_YET, depth, clock.now()
    run.state, run.due_at = ("skipped", None) if reason else ("waiting", clock.now())
    run.reason = reason[:300]


def _why_often(times: int, subject: Subject) -> str:
    if times < MOST_RUNS:
        return ""
    whom = "lead" if isinstance(subject, Lead) else "account"
    return f"Stopped: it ran {times} times for this {whom} within an hour, which looks like a loop"


def _run_safely(run: AutomationRun, automation: Automation, event: events.Event | None, *, looks_again: bool) -> None:
    try:
        with db.session.begin_nested():
            subject = subjects.held_for(run, looks_again=looks_again)
            reason = _why_no_more(run, automation, subject, event) if looks_again else ""
            if reason:
                _settle(run, _verdict(run), reason)
            else:
                _go_on(run, Occasion(automation.id, automation.name, run.lead, event, run), automation)
    except Exception as error:  # whatever one rule raises must not stop the others, nor the listener
        log.exception("automation %s failed on event %s", automation.id, run.event_id)
        _look_again_later(run, error)


def _why_no_more(run: AutomationRun, automation: Automation, subject: Subject, event: events.Event | None) -> str:
    """Why a run that waited does not go on, as things are now."""
    if run.quiet_since is not None and not run.position:
        broken = silences.why_broken(automation.trigger, event, subject, run.quiet_since)
        if broken:
            return broken
    wait = run.actions[run.position - 1] if run.actions and run.position else None
    waited_for_reply = wait is not None and wait.get("stops_on_reply") and run.lead_id
    if waited_for_reply and queries.replied_since(run.lead_id, run.waits_since):
        return REPLIED
    facts = queries.facts_of_one(subject, event, conditions.fields_of(automation.conditions))
    return why_unmet(automation, subject, event, facts)


def _look_again_later(run: AutomationRun, error: Exception) -> None:
    run.tries += 1
    if run.tries >= MAX_TRIES:
        _settle(run, "failed", f"Gave up after {run.tries} tries: {error}")
    else:
        run.due_at = back_off(run.tries, clock.now())


def _go_on(run: AutomationRun, occasion: Occasion, automation: Automation) -> None:
    """From where the run stands to its next wait, or to its end."""
    actions = run.actions or automation.actions
    with events.acting_as(f"automation:{automation.id}"):
        for index in range(run.position, len(actions)):
            action = actions[index]
            if action["kind"] == "wait":
                _wait(run, actions, index)
                return
            outcome = _act(action, occasion.at(index))
            run.details = [*run.details, {"kind": action["kind"], "state": outcome.state, "text": outcome.text}]
        _finish(run)


def _wait(run: AutomationRun, actions: list[Action], index: int) -> None:
    """Stand still after action `index`; the run keeps what follows, whatever becomes of the rule's words."""
    run.actions, run.position, run.tries = list(actions), index + 1, 0
    run.state, run.waits_since = "waiting", clock.now()
    run.due_at = run.waits_since + timedelta(seconds=actions[index]["seconds"])
    db.session.flush()


def _finish(run: AutomationRun) -> None:
    _settle(run, _verdict(run), "; ".join(line["text"] for line in run.details if line["state"] != "done"))


def _verdict(run: AutomationRun) -> str:
    """What the actions so far amount to; a run that did none was skipped."""
    states = {line["state"] for line in run.details}
    return next((state for state in ("failed", "done") if state in states), "skipped")


def _act(action: Action, occasion: Occasion) -> Outcome:
    """One action; another feature's refusal undoes this action only."""
    try:
        with db.session.begin_nested():
            return doing.do(action, occasion)
    except DomainError as error:
        return Outcome("failed", error.message)


def _settle(run: AutomationRun, state: str, reason: str) -> None:
    run.state, run.reason, run.due_at, run.waits_since, run.actions = state, reason[:300], None, None, []
    db.session.flush()
    if any(line["state"] == "done" for line in run.details):
        ids = {"lead_id": run.lead_id, "account_id": run.account_id}
        events.record(AutomationRan(**ids, automation_id=run.automation_id, run_id=run.id))
