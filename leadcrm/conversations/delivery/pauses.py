"""Why a whole channel waits.

A connection that keeps saying "try later" rests, so that one hour of outage costs no message its chances. And after a
restore nothing leaves until a person releases the channel.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from leadcrm.conversations.models import ChannelPause, SendingPause
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db
from leadcrm.core.upserts import upsert

FAILURES_BEFORE_PAUSE = 5
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=30)


@dataclass(frozen=True)
class Health:
    """How a channel's connection does: failures in a row, and until when it rests (by the real clock)."""

    failures: int = 0
    paused_until: datetime | None = None
    reason: str = ""

    @property
    def rests(self) -> bool:
        return self.paused_until is not None and self.paused_until > clock.real_now()

    @property
    def is_doubtful(self) -> bool:
        """Whether one message should try the ground before the others follow."""
        return self.failures >= FAILURES_BEFORE_PAUSE

    @property
    def wakes_at(self) -> datetime:
        """The end of the rest, by the clock messages are due by."""
        return clock.now() + (self.paused_until - clock.real_now())


def health_of(channel: str) -> Health:
    """What is known about the organization's connection on a channel."""
    row = db.session.execute(
        select(ChannelPause.failures, ChannelPause.paused_until, ChannelPause.reason).where(
            ChannelPause.channel == channel
        )
    ).one_or_none()
    return Health(*row) if row else Health()


def note_failure(channel: str, reason: str) -> Health:
    """One more "try later" in a row; from the fifth on the connection rests, each time twice as long."""
    row = {"organization_id": tenancy.current_id(), "channel": channel, "failures": 0, "reason": ""}
    db.session.execute(upsert(ChannelPause).values(row).on_conflict_do_nothing())
    failures = db.session.scalar(
        update(ChannelPause)
        .where(ChannelPause.channel == channel)
        .values(failures=ChannelPause.failures + 1, reason=reason[:200])
        .returning(ChannelPause.failures)
        .execution_options(synchronize_session=False)
    )
    until = _rest_until(failures)
    if until is not None:
        statement = update(ChannelPause).where(ChannelPause.channel == channel).values(paused_until=until)
        db.session.execute(statement.execution_options(synchronize_session=False))
    return Health(failures, until, reason[:200])


def note_success(channel: str) -> Health:
    """The connection works: nothing is held against it any more."""
    statement = delete(ChannelPause).where(ChannelPause.channel == channel)
    db.session.execute(statement.execution_options(synchronize_session=False))
    return Health()


def waits_for_release(channel: str) -> bool:
    """Whether nothing may leave on the channel since a backup was restored."""
    pause = select(SendingPause.id).where(SendingPause.channel == channel, SendingPause.released_at.is_(None))
    return db.session.scalar(pause) is not None


def _rest_until(failures: int) -> datetime | None:
    if failures < FAILURES_BEFORE_PAUSE:
        return None
    doublings = min(failures - FAILURES_BEFORE_PAUSE, 10)
    return clock.real_now() + min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE)
