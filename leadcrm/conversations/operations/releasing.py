"""After a restore: messages wait, channel by channel, until a person lets them leave."""

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from leadcrm.conversations.events import SendingReleased
from leadcrm.conversations.models import Message, SendingPause
from leadcrm.core import clock, events, jobs
from leadcrm.core.db import after_commit, db
from leadcrm.core.errors import Conflict

RESTORED = "a backup was restored: sending waits for a person's release"  # why such messages are held


def release_sending(channel: str) -> int:
    """Let the organization's messages of a channel leave again; those that were held meanwhile are due at once.

    Returns how many leave now. Raises Conflict when the channel is not paused.
    """
    end_pause(channel)
    waiting = db.session.scalar(select(func.count(Message.id)).where(Message.channel == channel, *would_leave()))
    held = update(Message).where(Message.channel == channel, *_held_by_the_pause())
    due_now = held.values(status="scheduled", due_at=clock.now(), reason="")
    db.session.execute(due_now.execution_options(synchronize_session=False))
    events.record(SendingReleased(channel=channel, waiting=waiting))
    after_commit(jobs.ring_now)
    return waiting


def end_pause(kind: str) -> None:
    """Note who released one of PAUSABLE. Raises Conflict when it is not paused."""
    pause = db.session.scalar(
        select(SendingPause)
        .where(SendingPause.channel == kind, SendingPause.released_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if pause is None:
        raise Conflict("This is not paused.")
    pause.released_at, pause.released_by = clock.real_now(), events.actor()


def would_leave() -> tuple[ColumnElement[bool], ...]:
    """Criteria of the messages that leave at once when their channel is released."""
    return Message.due_at.is_not(None), or_(Message.due_at <= clock.now(), and_(*_held_by_the_pause()))


def _held_by_the_pause() -> tuple[ColumnElement[bool], ...]:
    return Message.status == "held", Message.reason == RESTORED
