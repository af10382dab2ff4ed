"""What a publication does to a lead who is already inside: the preview and the worker both ask here. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

from leadcrm.conversations.models import WAITING
from leadcrm.flows.changes import ADDED, MOVED, REMOVED, REWORDED, Change, clock_words
from leadcrm.flows.document import FlowDocument, StepDocument
from leadcrm.flows.planning import NOTHING, why_unreachable
from leadcrm.flows.reasons import ALREADY_GREETED, FLOW_OFF, PARKED, STEP_DELETED
from leadcrm.flows.timing import meant_for

GAIN, LOSE, MOVE, REWORD, NONE = KINDS = ("gain", "lose", "move", "reword", "none")
ON_ITS_WAY = "It is on its way"
WAS_TRIED = "It was tried already, and will be tried again as it is"
CONCERNING = (ADDED, REMOVED, MOVED, REWORDED)
HURRIED = "A person lets it go now"
IS_DUE = "It is due already"
GOT_IT = "The lead had it before"


_PASSED = re.compile(r"\b(\d{1,2}):(\d\d)(?= has passed\Z)")


class Passage(Protocol):
    """What is asked of an enrolment."""

    id: str
    lead_id: str
    number: int
    started_at: datetime
    days_behind: int


class Planned(Protocol):
    """What is asked of a message of a passage."""

    id: str
    status: str
    reason: str
    scheduled_for: datetime
    rendered: bool
    at_any_hour: bool


@dataclass(frozen=True)
class Effects:
    """Which steps a publication adds, removes, moves and rewords, and whom that concerns."""

    added: tuple[StepDocument, ...] = ()
    removed: tuple[str, ...] = ()
    moved: tuple[StepDocument, ...] = ()
    reworded: tuple[StepDocument, ...] = ()
    flow_is_on: bool = True

    @classmethod
    def of(
        cls, changes: Sequence[Change], document: FlowDocument, audience: str, *, flow_is_on: bool = True
    ) -> "Effects":
        """Words and removals concern everybody inside; new steps and times only with the audience `running`."""
        ids = {kind: {change.step_id for change in changes if change.kind == kind} for kind in CONCERNING}
        inside = document.steps if audience == "running" else ()
        return cls(
            added=tuple(step for step in inside if step.id in ids[ADDED] and step.enabled),
            removed=tuple(sorted(ids[REMOVED])),
            moved=tuple(step for step in inside if step.id in ids[MOVED]),
            reworded=tuple(step for step in document.steps if step.id in ids[REWORDED]),
            flow_is_on=flow_is_on,
        )

    @property
    def step_ids(self) -> list[str]:
        """Every step it concerns."""
        steps = (*self.added, *self.moved, *self.reworded)
        return sorted({*self.removed, *(step.id for step in steps)})

    @property
    def greets(self) -> bool:
        """Whether a lead could be said hello to for a second time."""
        return any(step.greets for step in self.added)


@dataclass(frozen=True)
class Adjustment:
    """What one message of one lead gains by it, and why it does not when it might have."""

    kind: str
    step_id: str
    at: datetime | None  # when it will leave, or would have; of a message that is put aside: if it is taken back
    before: datetime | None = None  # when it was meant to leave
    reason: str = ""
    message_id: str | None = None  # of the message there is


def adjustments(
    passage: Passage,
    effects: Effects,
    messages: Mapping[str, Planned],
    addresses: Mapping[str, str],
    local: ZoneInfo,
    now: datetime,
    *,
    barred: Mapping[str, str] = NOTHING,
    greeted: bool = False,
) -> list[Adjustment]:
    """All that changes for a passage that runs; what is as it was, because it is over, is not mentioned.

    `messages` by step id, `addresses` by channel, and so `barred`: why the lead must not be written to there. `now` is
    the moment of the publication. `greeted`: somebody said the lead's first hello; of several steps that would say it,
    only the first that can does.
    """

    def meant(step: StepDocument) -> datetime:
        return meant_for(step.day + passage.days_behind, step.time, passage.started_at, local)

    found = [_lost(step_id, messages[step_id]) for step_id in effects.removed if step_id in messages]
    found += [_moved(step, messages.get(step.id), meant(step), local, now) for step in effects.moved]
    found += [_reworded(step.id, messages[step.id]) for step in effects.reworded if step.id in messages]
    for step in effects.added:
        at = meant(step)
        unreachable = why_unreachable(step.channel, addresses, barred)
        if step.id in messages:
            found.append(_back(step, messages[step.id], at, unreachable, effects, local, now))
            continue
        again = greeted and step.greets and passage.number == 1
        gained = _gained(step, at, ALREADY_GREETED if again and not unreachable else unreachable, effects, local, now)
        greeted = greeted or (step.greets and gained.reason in ("", FLOW_OFF))
        found.append(gained)
    return [adjustment for adjustment in found if adjustment is not None]


def _lost(step_id: str, message: Planned) -> Adjustment | None:
    if message.status == "sending":
        return Adjustment(NONE, step_id, message.scheduled_for, reason=ON_ITS_WAY, message_id=message.id)
    if message.status not in WAITING:
        return None
    when = message.scheduled_for
    return Adjustment(LOSE, step_id, None, when, STEP_DELETED, message.id)


def _reworded(step_id: str, message: Planned) -> Adjustment | None:
    when = message.scheduled_for
    if (reason := _too_late(message)) is not None:
        return Adjustment(NONE, step_id, when, when, reason, message.id)
    return Adjustment(REWORD, step_id, when, when, message_id=message.id) if message.status in WAITING else None


def _moved(
    step: StepDocument, message: Planned | None, at: datetime, local: ZoneInfo, now: datetime
) -> Adjustment | None:
    if message is None or not (message.status in (*WAITING, "sending") or is_parked(message)):
        return None
    was = message.scheduled_for
    if (reason := _stays(step, message, at, local, now)) is not None:
        return Adjustment(NONE, step.id, was, was, reason, message.id)
    if at == was:
        return None
    if is_parked(message):
        return Adjustment(NONE, step.id, at, was, message.reason, message.id)
    return Adjustment(MOVE, step.id, at, was, message_id=message.id)


def _stays(step: StepDocument, message: Planned, at: datetime, local: ZoneInfo, now: datetime) -> str | None:
    if (reason := _too_late(message)) is not None:
        return reason
    if message.at_any_hour:
        return HURRIED
    if message.scheduled_for <= now:
        return IS_DUE
    return passed(step, at, local, now) if at <= now else None


def _back(
    step: StepDocument,
    message: Planned,
    at: datetime,
    unreachable: str,
    effects: Effects,
    local: ZoneInfo,
    now: datetime,
) -> Adjustment:
    """A step that was removed once and comes back: whoever had it does not get it again."""
    was = message.scheduled_for
    if not is_parked(message):
        return Adjustment(NONE, step.id, was, was, message.reason or GOT_IT, message.id)
    if at <= now:
        return Adjustment(NONE, step.id, was, was, passed(step, at, local, now), message.id)
    if unreachable:
        return Adjustment(NONE, step.id, was, was, unreachable, message.id)
    if not effects.flow_is_on:
        return Adjustment(NONE, step.id, at, was, FLOW_OFF, message.id)
    return Adjustment(GAIN, step.id, at, was, message_id=message.id)


def _gained(
    step: StepDocument, at: datetime, obstacle: str, effects: Effects, local: ZoneInfo, now: datetime
) -> Adjustment:
    """`obstacle`: why the step would not be sent to this lead at any time."""
    reason = obstacle if effects.flow_is_on else obstacle or FLOW_OFF
    if at <= now:
        reason = passed(step, at, local, now)
    return Adjustment(NONE if reason else GAIN, step.id, at, reason=reason)


def is_parked(message: Planned) -> bool:
    """Whether a switch put it aside, and another may take it back."""
    return message.status == "skipped" and message.reason in PARKED


def _too_late(message: Planned) -> str | None:
    """Why nothing about it changes any more: it is being sent, or was tried and will say what it said."""
    if message.status == "sending":
        return ON_ITS_WAY
    return WAS_TRIED if message.status in WAITING and message.rendered else None


def passed(step: StepDocument, at: datetime, local: ZoneInfo, now: datetime) -> str:
    """Why a step comes too late for a lead: `Day 1 was 3 days ago`."""
    days = (now.astimezone(local).date() - at.astimezone(local).date()).days
    if days <= 0:
        return f"Day {step.day} is today, and {clock_words(step.time or at.astimezone(local).time())} has passed"
    return f"Day {step.day} was {'yesterday' if days == 1 else f'{days} days ago'}"


def told(reason: str, say_time: Callable[[time], str]) -> str:
    """A reason with the time of day in it as `say_time` writes it: kept reasons hold it as `clock_words` does."""
    return _PASSED.sub(lambda kept: say_time(time(int(kept[1]), int(kept[2]))), reason)


def counted(found: Iterable[Adjustment]) -> dict[tuple[str, str, str], int]:
    """Messages by (step id, kind, reason)."""
    counts: dict[tuple[str, str, str], int] = {}
    for adjustment in found:
        key = adjustment.step_id, adjustment.kind, adjustment.reason
        counts[key] = counts.get(key, 0) + 1
    return counts
