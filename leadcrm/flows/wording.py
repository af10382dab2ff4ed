"""Words for what the flow builder shows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from leadcrm.core import clock
from leadcrm.core.values import plural
from leadcrm.core.web import TimeTeller, user_locale
from leadcrm.flows import impact
from leadcrm.flows.changes import Change, time_words, told
from leadcrm.flows.document import StepDocument
from leadcrm.flows.draft_queries import Draft
from leadcrm.flows.fates import CLICKED, INSIDE, NEVER, REPLIED, Fate
from leadcrm.flows.impact_queries import Count
from leadcrm.flows.models import INSIDE_TYPES
from leadcrm.flows.operations import Effect

ENTER_WORDS = {
    "new_lead": "When a lead is created",
    "disqualified": "When a lead is disqualified",
    "manual": "By hand, by an automation or by a campaign",
    "campaign": "By its campaign",
}
_ANYWHERE = ZoneInfo("UTC")


def wall_clock(wall: time) -> str:
    """A time of day, on whoever's clock, as the reader writes it: `14:00` or `2:00 PM`."""
    now = clock.now()
    return TimeTeller(_ANYWHERE, user_locale(), now).clock(datetime.combine(now, wall, _ANYWHERE))


def when_words(step: StepDocument) -> str:
    """When a step goes out, as the reader writes it: `day 1, 9:00 AM`."""
    return f"day {step.day}, {step_time(step)}"


def step_time(step: StepDocument) -> str:
    """When on its day, as the reader writes it."""
    return time_words(step.day, step.time, wall_clock)


def reason_words(reason: str) -> str:
    """Why a message does not go out, the time of day in it as the reader writes it."""
    return impact.told(reason, wall_clock)


def count_words(count: Count) -> str:
    """For how many leads inside a publication does what with a step: `2 leads gain it`."""
    leads = plural(count.messages, "lead")
    if count.kind == impact.NONE:
        return f"nothing changes for {leads}: {reason_words(count.reason)}"
    one, several = COUNTS[count.kind]
    return f"{leads} {one if count.messages == 1 else several}"


COUNTS = {
    impact.GAIN: ("gains it", "gain it"),
    impact.LOSE: ("loses it", "lose it"),
    impact.MOVE: ("gets it at another time", "get it at another time"),
    impact.REWORD: ("reads something else", "read something else"),
}


def change_words(change: Change) -> str:
    """One difference, its times as the reader writes them."""
    return told(change, wall_clock)


def kept_words(change: dict[str, Any]) -> str:
    """The same of a difference that was kept as JSON."""
    return change_words(Change.from_json(change))


def save_words(words: str | None, changes: Sequence[Change]) -> str | None:
    """A kept save of a draft, its times as the reader writes them; words of its own stay as they are."""
    is_told_by_changes = words == "; ".join(change.words for change in changes)
    return "; ".join(map(change_words, changes)) if changes and is_told_by_changes else words


def left_out_words(draft: Draft, step_ids: Collection[str]) -> str:
    """What an import left out of these steps, while they are off; nothing when there are none."""
    names = [f"“{step.name}”" for step in draft.document.steps if step.id in step_ids and not step.enabled]
    if not names:
        return ""
    are, their, them = ("is", "its", "it") if len(names) == 1 else ("are", "their", "them")
    return (
        f"{', '.join(names)} {are} off: {their} condition named a colleague, and a file cannot say who that is here. "
        f"Add the condition again, then switch {them} on."
    )


def effect_words(effect: Effect) -> str:
    """What a switch did to waiting messages, to follow another sentence; nothing when there were none."""
    if effect.goes_on:
        end = "will not be sent" if effect.skipped else "will be sent again"
        return f" More than {_messages(effect.skipped or effect.resumed)} {end}; the bell will say how many."
    if effect.skipped:
        return f" {_messages(effect.skipped)} will not be sent."
    return f" {_messages(effect.resumed)} will be sent again." if effect.resumed else ""


def _messages(count: int) -> str:
    return f"{count:,} waiting message{'' if count == 1 else 's'}"


@dataclass(frozen=True)
class FateWords:
    """What a badge says of a message of a flow, its tone, and what stands before the time of it."""

    words: str
    tone: str
    before: str = ""


def fate_words(fate: Fate, step_type: str) -> FateWords:
    """How the fate of a step of that type is shown."""
    return DONE if fate.status == "sent" and step_type in INSIDE_TYPES else FATES[fate.status]


DONE = FateWords("Done", "green")


FATES = {
    "scheduled": FateWords("Waiting", "blue", "For"),
    "held": FateWords("Held", "blue", "Next try"),
    "claimed": FateWords("Sending", "blue"),
    "sending": FateWords("Sending", "blue"),
    "sent": FateWords("Sent", "green"),
    "delivered": FateWords("Delivered", "green"),
    "read": FateWords("Read", "green"),
    "skipped": FateWords("Skipped", "gray", "Was planned for"),
    "canceled": FateWords("Canceled", "gray", "Was planned for"),
    "expired": FateWords("Too late", "gray", "Was planned for"),
    "failed": FateWords("Not sent", "red", "Was planned for"),
    "bounced": FateWords("Came back", "red"),
    "unknown": FateWords("Unknown", "amber", "Tried after"),
    REPLIED: FateWords("Replied", "violet"),
    CLICKED: FateWords("Clicked", "violet"),
    INSIDE: FateWords("Inside", "green", "Since"),
    NEVER: FateWords("Not sent to them", "gray"),
}
PASSAGES = {"running": ("Running", "green"), "finished": ("Finished", "gray"), "exited": ("Left", "amber")}
