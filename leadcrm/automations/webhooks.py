"""What other programs are told: written down with the run, called by the worker, tried again until they heard.

A call leaves at least once and carries the same id each time. Its try is counted before it is made.
"""

import json
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, select, update

from leadcrm.accounts.models import Account
from leadcrm.automations.events import CallGivenUp
from leadcrm.automations.models import Automation, AutomationRun, WebhookCall
from leadcrm.automations.signing import new_secret
from leadcrm.automations.webhook_pause import is_paused
from leadcrm.core import clock, jobs
from leadcrm.core.at_rest import Place, decrypt, encrypt
from leadcrm.core.db import after_commit, db
from leadcrm.core.events import Event, record
from leadcrm.core.values import new_id
from leadcrm.identity.queries import active_managers
from leadcrm.leads.models import Lead
from leadcrm.notifications.operations import notify

LEASE = timedelta(minutes=2)  # longer than the longest call
NEXT_TRIES_SECONDS = (10, 60, 300, 1_800, 7_200, 18_000, 36_000, 36_000)  # after the first, second … try
MOST_TRIES = len(NEXT_TRIES_SECONDS) + 1
BROKE_OFF = "Calling it broke off again and again"
SWITCHED_OFF = "The automation was switched off before it was told"
BATCH = 50


def queue_call(
    url: str, run: AutomationRun, position: int, lead: Lead | None, account: Account | None, event: Event | None
) -> None:
    """Have the worker tell a program what happened, with the lead and the account as they are now.

    `lead` is null where nobody at the account can be reached, `account` where the lead belongs to none.
    """
    call_id = new_id()
    told = {
        "id": call_id,
        "type": event.name if event is not None else run.automation.trigger,
        "at": clock.now().isoformat(),
        "automation": {"id": run.automation_id, "name": run.automation.name},
        "lead": lead_data(lead) if lead else None,
        "account": account_data(account) if account else None,
        "event": _facts(event),
    }
    call = WebhookCall(
        id=call_id, run_id=run.id, automation_id=run.automation_id, lead_id=run.lead_id, position=position, url=url,
        body=json.dumps(told, ensure_ascii=False),
    )  # fmt: skip
    db.session.add(call)
    db.session.flush()
    after_commit(jobs.ring_slow)


def lead_data(lead: Lead) -> dict[str, Any]:
    """A lead as other programs are told of it."""
    return {
        "id": lead.id,
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "name": lead.name,
        "company": lead.company,
        "email": lead.address("email") or None,
        "phone": lead.address("phone") or None,
        "status": lead.status,
        "score": lead.score,
        "priority": lead.priority,
        "source": lead.source,
        "interest": lead.interest,
        "owner_id": lead.owner_id,
        "city": lead.city,
        "country": lead.country,
        "timezone": lead.timezone,
        "tags": [tag.name for tag in lead.tags],
    }


def account_data(account: Account) -> dict[str, Any]:
    """An account as other programs are told of it."""
    return {
        "id": account.id,
        "name": account.name,
        "industry": account.industry,
        "website": account.website,
        "health": account.health,
        "owner_id": account.owner_id,
    }


def due_calls() -> Sequence[tuple[str, str]]:
    """(organization, call) of what is to be tried now, longest due first; after a restore nothing, until released."""
    may_leave = ~is_paused(WebhookCall.organization_id)
    due = select(WebhookCall.organization_id, WebhookCall.id).where(WebhookCall.due_at <= clock.real_now(), may_leave)
    return db.session.execute(due.order_by(WebhookCall.due_at, WebhookCall.id).limit(BATCH)).all()


def claim_call(call_id: str) -> WebhookCall | None:
    """Take a due call. None when another worker has it.

    One whose rule was switched off or deleted since is not made any more, and one that ended its caller too often is
    given up.
    """
    now = clock.real_now()
    due = (
        update(WebhookCall)
        .where(WebhookCall.id == call_id, WebhookCall.due_at <= now)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(due.values(due_at=now + LEASE, tries=WebhookCall.tries + 1)).rowcount != 1:
        return None
    call = db.session.scalars(select(WebhookCall).where(WebhookCall.id == call_id)).one()
    if not db.session.scalar(_is_on(call.automation_id)):
        call.tries -= 1
        _fail(call, SWITCHED_OFF)
        return None
    if call.tries > MOST_TRIES:
        call.tries = MOST_TRIES
        _give_up(call, BROKE_OFF)
        return None
    return call


def note_delivered(call: WebhookCall, answer: str) -> None:
    """The other side took it."""
    call.state, call.due_at, call.settled_at, call.answer = "delivered", None, clock.real_now(), answer[:300]


def note_failed(call: WebhookCall, reason: str, *, for_good: bool, not_before: float = 0) -> None:
    """It was not taken: tried again later, in `not_before` seconds at the earliest, unless that is pointless."""
    if for_good or call.tries == MOST_TRIES:
        _give_up(call, reason)
        return
    call.answer = reason[:300]
    seconds = NEXT_TRIES_SECONDS[call.tries - 1] * random.uniform(0.9, 1.1)
    call.due_at = clock.real_now() + timedelta(seconds=min(max(seconds, not_before), NEXT_TRIES_SECONDS[-1]))


def _give_up(call: WebhookCall, reason: str) -> None:
    """It is not tried again. Who runs the team is told once a day for each rule: one fault gives up many."""
    _fail(call, reason)
    about = select(AutomationRun.lead_id, AutomationRun.account_id).where(AutomationRun.id == call.run_id)
    ids = db.session.execute(about).mappings().one()
    reason = call.answer if ids["lead_id"] else ""  # a fact's words go with a lead, and stay with an account
    record(CallGivenUp(**ids, automation_id=call.automation_id, run_id=call.run_id, reason=reason))
    name = db.session.scalars(select(Automation.name).where(Automation.id == call.automation_id)).one()
    notify(
        active_managers(), f"webhook:{call.automation_id}:{clock.now():%Y-%m-%d}",
        f"{name}: another program could not be told", f"/automations/runs?automation={call.automation_id}", "plug",
    )  # fmt: skip


def _fail(call: WebhookCall, reason: str) -> None:
    call.state, call.due_at, call.settled_at, call.answer = "failed", None, clock.real_now(), reason[:300]


def _is_on(automation_id: str) -> Select:
    return select(Automation.id).where(
        Automation.id == automation_id, Automation.enabled, Automation.deleted_at.is_(None)
    )


def secret_of(automation: Automation) -> str | None:
    """What the rule's calls are signed with; None when it makes none. Raises at_rest.Unreadable."""
    if automation.webhook_secret is None:
        return None
    return decrypt(automation.webhook_secret, Place.of(Automation.webhook_secret, automation))


def ensure_secret(automation: Automation) -> None:
    """Give a rule that calls webhooks its secret, once; the row must have its id."""
    calls = any(action["kind"] == "webhook" for action in automation.actions)
    if calls and automation.webhook_secret is None:
        place = Place.of(Automation.webhook_secret, automation)
        automation.webhook_secret = encrypt(new_secret(), place)


def _facts(event: Event | None) -> dict[str, Any]:
    if event is None:
        return {}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(event).items()}
