"""How many messages of a campaign leave in an hour. Pure.

A generic cell rate: each message that leaves moves the moment at which the next would leave, if they left evenly, by
one interval. A few may leave ahead of it, so that a worker can send in batches; the interval is longer for it, and
no hour, whenever it begins, sees more than the limit.
"""

from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
AHEAD_SHARE = 30  # one in so many of an hour's messages may leave ahead of the even flow


def ahead(per_hour: int) -> int:
    """How many may leave at once."""
    return max(1, per_hour // AHEAD_SHARE)


def interval(per_hour: int) -> timedelta:
    """The time between two messages that leave evenly, beside those that leave ahead."""
    return HOUR / (per_hour - ahead(per_hour) + 1)


def earliest(per_hour: int, free_at: datetime) -> datetime:
    """When the next message may leave."""
    return free_at - interval(per_hour) * (ahead(per_hour) - 1)


def after_one(per_hour: int, free_at: datetime, now: datetime) -> datetime:
    """`free_at` once a message has left now."""
    return max(free_at, now) + interval(per_hour)


def place_in_line(per_hour: int, free_at: datetime, line_at: datetime) -> datetime:
    """When a message that would be too fast is looked at again; the next place in the line is one interval later."""
    return max(line_at, earliest(per_hour, free_at))
