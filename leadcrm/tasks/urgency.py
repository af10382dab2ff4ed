"""How soon something is to be done, by its priority: call within 2 hours, e-mail within 24 hours, nurture."""

from datetime import datetime, timedelta

PROMISES = {
    "high": ("call", timedelta(hours=2)),
    "medium": ("email", timedelta(hours=24)),
    "low": ("other", timedelta(days=7)),
}


def usual_kind(priority: str) -> str:
    """What one does first for somebody of this priority."""
    return PROMISES[priority][0]


def usual_due(priority: str, now: datetime) -> datetime:
    """By when, counted from `now`."""
    return now + PROMISES[priority][1]
