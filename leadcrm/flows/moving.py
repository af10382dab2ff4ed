"""Where a step lands that is dragged to another place: its day, and the time that is proposed for it. Pure."""

from datetime import time

from leadcrm.flows.document import FlowDocument, StepDocument

ROUND_MINUTES = 5
APART_MINUTES = 60  # from the first or the last of the day
DAY_MINUTES = 24 * 60
EMPTY_DAY_TIME = time(9)


def time_between(before: StepDocument | None, after: StepDocument | None) -> time | None:
    """The time proposed for what is dropped between two steps of a day; None: immediately, as what follows.

    Halfway in full five minutes; in full minutes when they are that close; the earlier one's own time when there is no
    room at all (then the older step goes first). Beside one step only: an hour from it, else halfway to midnight.
    """
    if after is not None and after.time is None:
        return None
    first = None if before is None or before.time is None else _minutes(before.time)
    last = None if after is None else _minutes(after.time)
    if first is None and last is None:
        return EMPTY_DAY_TIME
    if last is None:
        later = first + APART_MINUTES
        return _time(later if later < DAY_MINUTES else _halfway(first, DAY_MINUTES))
    if first is None:
        earlier = last - APART_MINUTES
        return _time(earlier if earlier >= 0 else _halfway(-1, last))
    return _time(_halfway(first, last))


def proposed_move(document: FlowDocument, step_id: str, day: int, position: int) -> tuple[int, time | None]:
    """Day and time for a step that is dropped on a day, as the `position`-th (from 0) among that day's other steps.

    Another day keeps the time. Within its day the time follows from the neighbours, unless it lies between them
    already. Raises NotFound for an unknown step.
    """
    step = document.step(step_id)
    if step.day != day:
        return day, step.time
    others = [other for other in document.of_day(day) if other.id != step_id]
    position = max(0, min(position, len(others)))
    if position == document.of_day(day).index(step):
        return day, step.time
    before = others[position - 1] if position else None
    after = others[position] if position < len(others) else None
    return day, time_between(before, after)


def _halfway(first: int, last: int) -> int:
    """A minute between two, both exclusive, in full five minutes where possible; `first` when there is none."""
    middle = (first + last) / 2
    rounded = round(middle / ROUND_MINUTES) * ROUND_MINUTES
    for candidate in (rounded, int(middle)):
        if first < candidate < last:
            return candidate
    return max(first, 0)


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _time(minutes: int) -> time:
    return time(*divmod(minutes, 60))
