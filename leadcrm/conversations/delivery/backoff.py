"""When to try again."""

from datetime import datetime, timedelta

FIRST_SECONDS = 30
LONGEST_SECONDS = 3600
LONGEST_RETRY_AFTER_SECONDS = 86_400


def next_try(tries: int, now: datetime, spread: float, retry_after: float | None = None) -> datetime:
    """When the message goes out again after its `tries`-th attempt.

    30 s doubling, at most an hour, times `spread` (0.5 to 1.5, so that a crowd does not come back at once), and not
    before the `retry_after` seconds the other side asked for.
    """
    seconds = min(FIRST_SECONDS * 2 ** min(tries - 1, 10), LONGEST_SECONDS) * spread
    return now + timedelta(seconds=max(seconds, min(retry_after or 0, LONGEST_RETRY_AFTER_SECONDS)))
