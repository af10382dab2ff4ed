"""When a message may leave: sending windows on the lead's own clock, the gap between two, and what is too late.

Pure: the worker asks with its clock, a simulation with another one. Instants are aware, answers are UTC.

Which rule concerns which message:

- What machines say of their own accord (`automatic`: flows and automations, campaigns among them) keeps every rule:
  the channel's quiet hours and sending days, the gap to the automatic message before, the step's choice when late.
- What a person wrote to this lead keeps the quiet hours of texts alone. A person who writes on a Sunday, or twice in
  an hour, means it; but a phone must not ring at night because somebody far away is still at work. Mail waits for
  nobody. A text that is sent "now, at any hour" (`waived`) keeps no rule.

A lead whose zone is not certain has several candidates, the most likely first. Texts go when every candidate allows
it; mail, which wakes nobody, by the first. Where the candidates have no hour in common there is nothing to wait for:
the message is skipped with that reason, and a person can tell us the lead's zone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from leadcrm.conversations.models.words import TEXTS
from leadcrm.core.zones import in_quiet_hours, turning_points

EVERY_DAY = frozenset(range(7))
GRACE = timedelta(hours=2)  # of hours in which it could have left
SEARCHED = timedelta(days=15)  # a week's pattern comes round twice, a clock change in between or not

QUIET = "quiet hours of the lead"
QUIET_SOMEWHERE = "quiet hours where the lead may be"
CLOSED_DAY = "no sending day for the lead"
TOO_SOON = "the message before it was sent too recently"
TOO_LATE = "more than 2 hours late"
NO_HOUR = "no hour is allowed in every time zone the lead may be in"
NOT_YET = "not its time yet"
SPENT = "as many texts as are allowed in a day have left today"
WAITS = (QUIET, QUIET_SOMEWHERE, CLOSED_DAY, TOO_SOON, SPENT)  # what other rules may end

WhenLate = Literal["next_window", "skip"]


@dataclass(frozen=True)
class Window:
    """When a channel is open, by the lead's wall clock: outside the quiet hours, on the days given.

    Quiet hours are half-open and may run over midnight; equal ends mean none. A day (0 is Monday) is the lead's own,
    from midnight to midnight. Raises ValueError for a window that is never open.
    """

    quiet_from: time = time.min
    quiet_until: time = time.min
    days: frozenset[int] = EVERY_DAY

    def __post_init__(self) -> None:
        if not self.days or not self.days <= EVERY_DAY:
            raise ValueError(f"sending days are some of 0 to 6, not {sorted(self.days)}")

    def is_open(self, moment: datetime, local: ZoneInfo) -> bool:
        """Whether the lead's clock and calendar allow sending at `moment`."""
        return self.is_sending_day(moment, local) and not self.is_quiet(moment, local)

    def is_sending_day(self, moment: datetime, local: ZoneInfo) -> bool:
        """Whether `moment` lies on one of the days."""
        return moment.astimezone(local).weekday() in self.days

    def is_quiet(self, moment: datetime, local: ZoneInfo) -> bool:
        """Whether `moment` lies in the quiet hours."""
        return in_quiet_hours(moment, local, self.quiet_from, self.quiet_until)

    def opening(self, moment: datetime, local: ZoneInfo) -> datetime:
        """The first instant from `moment` on at which it is open."""
        return self._first(moment, local, is_open=True)

    def closing(self, moment: datetime, local: ZoneInfo) -> datetime | None:
        """The first instant from `moment` on at which it is closed; None when it never is."""
        if self.quiet_from == self.quiet_until and self.days == EVERY_DAY:
            return None
        return self._first(moment, local, is_open=False)

    def _first(self, moment: datetime, local: ZoneInfo, *, is_open: bool) -> datetime:
        if self.is_open(moment, local) == is_open:
            return moment
        turns = turning_points(moment, local, {time.min, self.quiet_from, self.quiet_until})
        return next(turn for turn in turns if self.is_open(turn, local) == is_open)


ALWAYS_OPEN = Window()
NIGHT = Window(time(21), time(8))
DEFAULT_WINDOWS: Mapping[str, Window] = {"email": ALWAYS_OPEN, "sms": NIGHT, "whatsapp": NIGHT}


def days_in(bits: int) -> frozenset[int]:
    """The days of a bit field in which 1 is Monday and 64 is Sunday."""
    return frozenset(day for day in EVERY_DAY if bits & 1 << day)


def bits_of(days: frozenset[int]) -> int:
    """The bit field `days_in` reads."""
    return sum(1 << day for day in days)


@dataclass(frozen=True)
class Hours:
    """A window in every zone that counts."""

    window: Window
    zones: Sequence[ZoneInfo]

    def opening(self, moment: datetime) -> datetime | None:
        """The first instant from `moment` on that is open in every zone; None when there is none in sight."""
        give_up = moment + SEARCHED
        while moment < give_up:
            latest = max(self.window.opening(moment, local) for local in self.zones)
            if latest == moment:
                return moment
            moment = latest
        return None

    def closing(self, moment: datetime) -> datetime | None:
        """The first instant from `moment` on that is closed in some zone; None when there is none."""
        ends = (self.window.closing(moment, local) for local in self.zones)
        return min((end for end in ends if end is not None), default=None)

    def open_for_more_than(self, limit: timedelta, since: datetime, until: datetime) -> bool:
        """Whether more than `limit` of the time from `since` to `until` was open."""
        total, start = timedelta(0), self.opening(since)
        while start is not None and start < until and total <= limit:
            end = min(self.closing(start) or until, until)
            total += end - start
            start = self.opening(end)
        return total > limit

    def why_closed(self, moment: datetime) -> str:
        """What is closed at `moment`, in words; empty when everything is open."""
        closed = [local for local in self.zones if not self.window.is_open(moment, local)]
        if not closed:
            return ""
        if closed[0] != self.zones[0]:
            return QUIET_SOMEWHERE
        return QUIET if self.window.is_sending_day(moment, closed[0]) else CLOSED_DAY


@dataclass(frozen=True)
class Policy:
    """An organization's rules: a window per channel (none: always open), and the gap between automatic messages."""

    windows: Mapping[str, Window]
    gap: timedelta = timedelta(0)

    def hours(self, channel: str, zones: Sequence[ZoneInfo], *, automatic: bool, waived: bool = False) -> Hours:
        """When such a message may leave, but for the gap. `zones` are the lead's candidates, the likeliest first."""
        window = self.windows.get(channel, ALWAYS_OPEN)
        is_text = channel in TEXTS
        if waived or not (automatic or is_text):
            window = ALWAYS_OPEN
        elif not automatic:
            window = replace(window, days=EVERY_DAY)
        return Hours(window, zones if is_text else zones[:1])


@dataclass(frozen=True)
class Verdict:
    """Whether a message leaves now; if it waits, when to ask anew; if it does not leave, why."""

    action: Literal["send", "wait", "skip"]
    at: datetime | None = None
    reason: str = ""


SEND = Verdict("send")


def decide(
    policy: Policy,
    *,
    channel: str,
    scheduled_for: datetime,
    now: datetime,
    zones: Sequence[ZoneInfo],
    automatic: bool,
    last_sent_at: datetime | None,
    when_late: WhenLate,
    waived: bool,
) -> Verdict:
    """What to do at `now` with a message meant for `scheduled_for`.

    `zones` are the lead's candidates, the likeliest first; `last_sent_at` is when the lead's last automatic message
    left, on whatever channel. A message is late when it could have left for more than GRACE and did not: waiting for
    its window or for the gap is no lateness. A late one leaves as soon as its window is open, or never (`skip`).
    """
    meant = {"scheduled_for": scheduled_for, "automatic": automatic, "last_sent_at": last_sent_at, "waived": waived}
    leaves = departure(policy, channel=channel, zones=zones, **meant)
    if leaves is None:
        return Verdict("skip", reason=NO_HOUR)
    hours = policy.hours(channel, zones, automatic=automatic, waived=waived)
    may_be_late = automatic and not waived and now - leaves > GRACE
    if may_be_late and when_late == "skip" and hours.open_for_more_than(GRACE, leaves, now):
        return Verdict("skip", reason=TOO_LATE)
    leaves = hours.opening(max(leaves, now))
    if leaves is None:
        return Verdict("skip", reason=NO_HOUR)
    if leaves <= now:
        return SEND
    return Verdict("wait", leaves, hours.why_closed(now) or (NOT_YET if scheduled_for > now else TOO_SOON))


def departure(
    policy: Policy,
    *,
    channel: str,
    scheduled_for: datetime,
    zones: Sequence[ZoneInfo],
    automatic: bool,
    last_sent_at: datetime | None = None,
    waived: bool = False,
) -> datetime | None:
    """When a message meant for `scheduled_for` leaves if nobody is late; None when no hour suits every candidate zone.

    The arguments are those of `decide`.
    """
    at = scheduled_for.astimezone(UTC)
    if automatic and not waived and policy.gap and last_sent_at is not None:
        at = max(at, last_sent_at.astimezone(UTC) + policy.gap)
    return policy.hours(channel, zones, automatic=automatic, waived=waived).opening(at)
