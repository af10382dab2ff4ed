"""After a restore: messages wait, channel by channel, until a person lets them leave."""

from sqlalchemy import select, update

from leadcrm.conversations.events import SendingReleased
from leadcrm.conversations.models import Message, SendingPause
from leadcrm.core import clock, events, jobs
from leadcrm.core.db import after_commit, db
from leadcrm.core.errors import Conflict

RESTORED = "a backup was restored: sending waits for a person's release"  # why such messages are held


def release_sending(channel: str) -> int:
    """Let the organization's messages of a channel leave again; those that were held meanwhile are due at once.

    Returns how many. Raises Conflict when the channel is not paused.
    """
    pause = db.session.scalar(
        select(SendingPause)
        .where(SendingPause.channel == channel, SendingPause.released_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if pause is None:
        raise Conflict("Sending is not paused on this channel.")
    pause.released_at, pause.released_by = clock.real_now(), events.actor()
    held = update(Message).where(Message.channel == channel, Message.status == "held", Message.reason == RESTORED)
    due_now = held.values(status="scheduled", due_at=clock.now(), reason="")
    waiting = db.session.execute(due_now.execution_options(synchronize_session=False)).rowcount
    events.record(SendingReleased(channel=channel, waiting=waiting))
    after_commit(jobs.ring_now)
    return waiting
