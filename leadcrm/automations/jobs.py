"""What the worker does for automations."""

import logging
from collections.abc import Callable

from sqlalchemy import select

from leadcrm.adapters import registry
from leadcrm.adapters.ports import OutcomeUnknown, Refused, TryLater
from leadcrm.adapters.webhook import WebhookClient
from leadcrm.automations import engine, queries, signing, silences, webhooks
from leadcrm.automations.models import Automation, AutomationRun, WebhookCall
from leadcrm.core import clock, tenancy
from leadcrm.core.apart import on_its_own
from leadcrm.core.at_rest import Misplaced, Unreadable
from leadcrm.core.db import db, perform

log = logging.getLogger(__name__)

BATCH = 50


def drain_runs(should_stop: Callable[[], bool]) -> int:
    """Go on with the waiting runs that are due, each in its own transaction. Returns how many moved or were put off."""
    done = 0
    while not should_stop():
        batch = [_resume(organization_id, run_id) for organization_id, run_id in _due()]
        done += sum(batch)
        if not any(batch):
            break
    return done


def look_for_quiet_leads() -> int:
    """Begin the runs of rules that wait for silence with a lead. Returns how many."""
    watching = select(Automation.organization_id, Automation.id).where(
        Automation.trigger == silences.NO_ACTIVITY, Automation.enabled, Automation.deleted_at.is_(None)
    )
    with tenancy.everyone():
        rules = db.session.execute(watching.order_by(Automation.id)).all()
    db.session.rollback()
    begun = 0
    for organization_id, automation_id in rules:
        with on_its_own(organization_id, f"looking for quiet leads of automation {automation_id}"):
            while (batch := perform(silences.look_for_quiet_leads, automation_id)) == silences.BATCH:
                begun += batch
            begun += batch
    return begun


def drain_webhooks(should_stop: Callable[[], bool]) -> int:
    """Make the calls that are due. Returns how many were tried."""
    client, tried = registry.webhook_client(), 0
    with tenancy.everyone():
        calls = webhooks.due_calls()
    db.session.rollback()
    for organization_id, call_id in calls:
        if should_stop():
            break
        with on_its_own(organization_id, f"webhook call {call_id}"):
            tried += _call(client, call_id)
    return tried


def _due() -> list[tuple[str, str]]:
    due = select(AutomationRun.organization_id, AutomationRun.id).where(AutomationRun.due_at <= clock.now())
    with tenancy.everyone():
        rows = db.session.execute(due.order_by(AutomationRun.due_at, AutomationRun.id).limit(BATCH)).all()
    db.session.rollback()
    return [(row.organization_id, row.id) for row in rows]


def _resume(organization_id: str, run_id: str) -> bool:
    """One run's trouble is its own: the others must still be done."""
    with tenancy.organization(organization_id):
        try:
            return perform(engine.resume, run_id)
        except Exception as error:
            log.exception("automation run %s could not begin", run_id)
            return perform(engine.put_off, run_id, error)


def _call(client: WebhookClient, call_id: str) -> int:
    call = perform(webhooks.claim_call, call_id)
    if call is None:
        return 0
    url, body = call.url, call.body.encode()
    try:
        headers = _headers(call, body)
    except Unreadable as trouble:  # the right key may come back; what belongs elsewhere stays wrong
        perform(webhooks.note_failed, call, str(trouble), for_good=isinstance(trouble, Misplaced))
        return 1
    db.session.rollback()  # nothing is held while the other side thinks
    try:
        answer = client.post(url, body, headers)
    except Refused as refusal:
        perform(webhooks.note_failed, call, refusal.reason, for_good=True)
    except TryLater as trouble:
        perform(webhooks.note_failed, call, trouble.reason, for_good=False, not_before=trouble.retry_after or 0)
    except OutcomeUnknown as trouble:  # told twice is better than not at all: the receiver knows the id
        perform(webhooks.note_failed, call, trouble.reason, for_good=False)
    except Exception as error:
        log.exception("webhook call %s broke", call_id)
        perform(webhooks.note_failed, call, repr(error), for_good=False)
    else:
        perform(webhooks.note_delivered, call, f"Answered {answer.status}{f': {answer.text}' if answer.text else ''}")
    return 1


def _headers(call: WebhookCall, body: bytes) -> dict[str, str]:
    secret = webhooks.secret_of(queries.automation(call.automation_id)) or ""
    signed = signing.headers(secret, call.id, clock.real_now(), body)
    return {"Content-Type": "application/json", "User-Agent": "LeadCRM", **signed}
