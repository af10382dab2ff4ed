"""What became of each step for one lead, and why; also of a step that they will never get. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from leadcrm.conversations.models import WAITING

BUCKETS = {
    "waiting": ("scheduled", "held", "claimed", "sending"),
    "sent": ("sent", "delivered", "read"),
    "skipped": ("skipped", "canceled", "expired"),
    "failed": ("failed", "bounced"),
    "unknown": ("unknown",),
}
BUCKET_OF = {status: bucket for bucket, statuses in BUCKETS.items() for status in statuses}
REPLIED, CLICKED = "replied", "clicked"  # what a lead did after a step, beside the buckets of its messages
INSIDE = "inside"  # the passage of a lead still runs
NEVER = "never"  # no message was planned for the lead, nor will be
CAME_LATER = "It was published after the lead had come in, for new leads only"
WAS_OFF = "It was switched off when the lead came in"


class Passage(Protocol):
    """What is asked of an enrolment."""

    started_at: datetime


class Step(Protocol):
    """What is asked of a step, be it deleted by now."""

    id: str
    created_at: datetime
    joined_at: datetime | None
    deleted_at: datetime | None


class Planned(Protocol):
    """What is asked of a message of the passage."""

    status: str
    reason: str
    scheduled_for: datetime
    due_at: datetime | None
    sent_at: datetime | None


class PlannedRow(Planned, Protocol):
    """The same, known by its id."""

    id: str


StepRow = TypeVar("StepRow", bound=Step)


@dataclass(frozen=True)
class Fate:
    """One step for one lead: `status` of its message or NEVER, when that is or was, and why.

    `message_id` is of a message that can still be canceled.
    """

    status: str
    at: datetime | None = None
    reason: str = ""
    message_id: str | None = None

    @property
    def bucket(self) -> str:
        return BUCKET_OF.get(self.status, self.status)


def fates(
    steps: Iterable[StepRow], messages: Mapping[str, PlannedRow], passage: Passage
) -> Iterator[tuple[StepRow, Fate]]:
    """Every step with its fate, in the order given; deleted ones only where they left a message.

    `messages` by step id, all of this passage.
    """
    for step in steps:
        if message := messages.get(step.id):
            cancelable = message.id if message.status in WAITING else None
            yield step, replace(of_message(message), message_id=cancelable)
        elif step.deleted_at is None:
            is_later = max(step.created_at, step.joined_at or step.created_at) > passage.started_at
            yield step, Fate(NEVER, reason=CAME_LATER if is_later else WAS_OFF)


def of_message(message: Planned) -> Fate:
    """When a message was sent, will be looked at next, or was meant to leave."""
    at = message.sent_at or (message.due_at if message.status == "held" else message.scheduled_for)
    return Fate(message.status, at, message.reason)
