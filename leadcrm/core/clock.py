"""The only source of time: aware UTC datetimes.

`now()` may be moved for rehearsals (CLOCK_OFFSET_SECONDS). Leases never use it: `real_now()` is the host's own clock.
"""

from datetime import UTC, datetime, timedelta

_offset = timedelta(0)


def now() -> datetime:
    """The moment it is for the business: the host's clock plus the rehearsal offset, aware, UTC."""
    return real_now() + _offset


def real_now() -> datetime:
    """The host's clock, aware, UTC, never moved: for leases, heartbeats and back-off of machinery."""
    return datetime.now(UTC)


def move(seconds: int) -> None:
    """Set the rehearsal offset of this process, in seconds."""
    global _offset
    _offset = timedelta(seconds=seconds)
