"""The stage: time is moved to where a scene plays, reactions follow at once, and messages leave by nobody's hand.

Everything happens in the one transaction of the caller: a worker that runs beside never sees a demo message that is
due, so it sends none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, select

from leadcrm.conversations import merge
from leadcrm.conversations.events import MessageFailed, MessageOutcomeUnknown, MessageSent
from leadcrm.conversations.models import Attempt, Message
from leadcrm.conversations.operations.threads import open_conversations, refresh_conversation
from leadcrm.conversations.search import index_message
from leadcrm.core import clock, events
from leadcrm.core.db import db
from leadcrm.core.models import Debt, EventRow
from leadcrm.flows.operations import finish_passages
from leadcrm.leads import queries as leads

HANDED_OVER_WITHIN = timedelta(seconds=3)
OUTCOMES = {
    "sent": ("sent", MessageSent),
    "failed": ("refused", MessageFailed),
    "unknown": ("unknown", MessageOutcomeUnknown),
}


class Stage:
    """Plays scenes of one organization in the order of time; the caller has its scope and a write transaction open."""

    def __init__(self) -> None:
        self.fates: dict[str, str] = {}  # message id → sent, failed:<reason>, unknown:<reason>

    @contextmanager
    def at(self, moment: datetime, actor: str = "system") -> Iterator[None]:
        """Play a scene at that moment: what was due before leaves first, then come the scene and its reactions."""
        self.deliver_until(moment)
        travel_to(max(moment, clock.now()))
        with events.acting_as(actor):
            yield
        db.session.flush()
        _react()

    def deliver_until(self, moment: datetime) -> None:
        """Let every message leave that is due by then, each at its own time, with what follows from it."""
        while (message := _next_due(moment)) is not None:
            travel_to(max(message.due_at + HANDED_OVER_WITHIN, clock.now()))
            self._leave(message)
            db.session.flush()
            if message.enrolment_id is not None:
                finish_passages([message.enrolment_id])
            _react()

    def _leave(self, message: Message) -> None:
        fate, _, reason = self.fates.get(message.id, "sent").partition(":")
        verdict, fact = OUTCOMES[fate]
        open_conversations([message.id])
        db.session.refresh(message, ["conversation_id"])
        _fill(message)
        now = clock.now()
        message.status, message.reason, message.due_at, message.position_at = fate, reason, None, now
        message.sent_at = now if fate == "sent" else None
        message.tries = 1
        db.session.add(
            Attempt(message_id=message.id, n=1, started_at=now, ended_at=now, outcome=verdict, detail=reason)
        )
        refresh_conversation(message.lead_id, message.channel, "outbound", message.content, now)
        index_message(message)
        names = {"lead_id": message.lead_id, "message_id": message.id}
        names |= {"channel": message.channel, "origin": message.origin}
        events.record(fact(**names) if fate == "sent" else fact(**names, reason=reason))


@contextmanager
def moved_clock() -> Iterator[None]:
    """Give the clock back as the settings have it."""
    try:
        yield
    finally:
        clock.move(current_app.settings.clock_offset_seconds)


def travel_to(moment: datetime) -> None:
    """Move this process's clock."""
    clock.move((moment - clock.real_now()).total_seconds())


def _next_due(moment: datetime) -> Message | None:
    due = select(Message).where(Message.due_at <= moment).order_by(Message.due_at, Message.id).limit(1)
    return db.session.scalar(due.execution_options(populate_existing=True))


def _fill(message: Message) -> None:
    """The words and the address as the delivery would have written them down."""
    values = leads.merge_values([message.lead_id])[message.lead_id]
    message.subject = merge.render(message.subject, values)
    message.content = merge.render(message.content, values)
    message.address = leads.address_of([message.lead_id], message.channel)[message.lead_id]
    message.rendered = True
    key = f"{message.id}@{current_app.settings.hostname}"
    message.external_id = f"<{key}>" if message.channel == "email" else None
    message.provider_message_id = f"demo-{message.id}"


def _react() -> None:
    """Pay the debts of what was just recorded, and of what that led to, as the worker would."""
    while debts := db.session.execute(select(Debt.id, Debt.event_id, Debt.listener).order_by(Debt.id)).all():
        for debt in debts:
            db.session.execute(delete(Debt).where(Debt.id == debt.id))
            row = db.session.scalars(select(EventRow).where(EventRow.id == debt.event_id)).one()
            with events.caused_by(row.id, row.depth), events.acting_as("system"):
                events.listener_for(row.name, debt.listener)(events.restore(row))
            db.session.flush()
