"""What is different between two documents of a flow, in words and as steps from one to the other. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import time
from typing import Any

from leadcrm.conversations.conditions import sentence
from leadcrm.flows.document import FlowDocument, StepDocument

ADDED, REMOVED, NAMED = "added", "removed", "named"
RENAMED, RETYPED, MOVED, REWORDED = "renamed", "retyped", "moved", "reworded"
SWITCHED, GREETING, LATENESS, CONDITIONED = "switched", "greeting", "lateness", "conditioned"
FIELDS_OF = {
    RENAMED: ("name",),
    RETYPED: ("type",),
    MOVED: ("day", "time"),
    REWORDED: ("subject", "content"),
    SWITCHED: ("enabled",),
    GREETING: ("greets",),
    LATENESS: ("when_late",),
    CONDITIONED: ("only_if",),
}
TYPE_WORDS = {
    "email": "an email",
    "text": "a text",
    "whatsapp": "a WhatsApp message",
    "task": "a task",
    "notify": "a notice to the owner",
}

Values = dict[str, Any]
SayTime = Callable[[time], str]


@dataclass(frozen=True)
class Change:
    """One difference. `before` and `after` hold the JSON of a whole step, or of those fields that differ."""

    kind: str
    words: str
    step_id: str | None  # None: of the flow itself
    before: Values | None  # None: the step is added
    after: Values | None  # None: the step is removed

    def to_json(self) -> Values:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Values) -> "Change":
        """What `to_json` wrote."""
        return cls(**value)

    @property
    def inverse(self) -> "Change":
        """What takes it back. Its words are still those of the change itself."""
        kind = {ADDED: REMOVED, REMOVED: ADDED}.get(self.kind, self.kind)
        return replace(self, kind=kind, before=self.after, after=self.before)


def differences(before: FlowDocument, after: FlowDocument) -> list[Change]:
    """All that leads from one document to the other, in the order of the flow, what is removed last."""
    found = []
    if before.name != after.name:
        words = f"The flow is now called “{after.name}”"
        found.append(Change(NAMED, words, None, {"name": before.name}, {"name": after.name}))
    old = {step.id: step for step in before.steps}
    for step in after.steps:
        found += _of_step(old.pop(step.id), step) if step.id in old else [_added(step)]
    return found + [_removed(step) for step in before.steps if step.id in old]


def applied(document: FlowDocument, changes: Iterable[Change]) -> FlowDocument:
    """The document after these changes. Raises DomainError when they do not lead to one that can be sent."""
    name, steps = document.name, {step.id: step.to_json() for step in document.steps}
    for change in changes:  # one of them alone may leave an email without a subject
        if change.step_id is None:
            name = change.after["name"]
        elif change.after is None:
            steps.pop(change.step_id, None)
        else:
            steps[change.step_id] = steps.get(change.step_id, {}) | change.after
    return FlowDocument.from_json({"name": name, "steps": list(steps.values())})


def taken_back(document: FlowDocument, changes: Sequence[Change]) -> FlowDocument:
    """The document before these changes: undoes `applied`."""
    return applied(document, [change.inverse for change in reversed(changes)])


def at(step: StepDocument) -> str:
    """When it goes out, in words that are kept: `day 1, 9:00`."""
    return f"day {step.day}, {time_words(step.day, step.time, clock_words)}"


def time_words(day: int, wall: time | None, say_time: SayTime) -> str:
    """When on its day a step goes out; one without a time leaves on a later day when the lead came in."""
    if wall is not None:
        return say_time(wall)
    return "same time of day" if day else "immediately"


def clock_words(wall: time) -> str:
    """A time of day in words that are kept, whoever reads them: `9:00`."""
    return f"{wall.hour}:{wall.minute:02}"


def told(change: Change, say_time: SayTime) -> str:
    """The words of a change with its times as `say_time` writes them: kept words hold them as `clock_words` does."""
    for kept in (_when(change, clock_words), _when(change, clock_words, _time_words_once)):
        if kept and change.words.endswith(kept):
            return change.words.removesuffix(kept) + _when(change, say_time)
    return change.words


def _time_words_once(day: int, wall: time | None, say_time: SayTime) -> str:
    """As words were kept that called it immediately on every day."""
    return time_words(0, wall, say_time)


def _when(change: Change, say_time: SayTime, say: Callable[[int, time | None, SayTime], str] = time_words) -> str:
    """How the words of a change end that tell of a time; nothing for those that tell of none."""

    def at(values: Values) -> str:
        wall = values["time"] and time.fromisoformat(values["time"])
        return f"day {values['day']}, {say(values['day'], wall, say_time)}"

    if change.kind == ADDED:
        return f"is added on {at(change.after)}: {TYPE_WORDS[change.after['type']]}"
    if change.kind == REMOVED:
        return f"is removed from {at(change.before)}"
    return f"moves from {at(change.before)} to {at(change.after)}" if change.kind == MOVED else ""


def _of_step(before: StepDocument, after: StepDocument) -> Iterator[Change]:
    old, new = before.to_json(), after.to_json()
    for kind, names in FIELDS_OF.items():
        was, now = ({name: values[name] for name in names} for values in (old, new))
        if was != now:
            yield Change(kind, f"“{after.name}” {_WORDS[kind](before, after)}", after.id, was, now)


def _added(step: StepDocument) -> Change:
    words = f"“{step.name}” is added on {at(step)}: {TYPE_WORDS[step.type]}"
    return Change(ADDED, words, step.id, None, step.to_json())


def _removed(step: StepDocument) -> Change:
    return Change(REMOVED, f"“{step.name}” is removed from {at(step)}", step.id, step.to_json(), None)


def _reworded(before: StepDocument, after: StepDocument) -> str:
    if before.content == after.content:
        return f"has another subject: “{after.subject}”" if after.subject else "has no subject any more"
    return "says something else" if before.subject == after.subject else "says something else, with another subject"


class _SomeColleague(dict[str, str]):
    """Names of people that nobody looked up."""

    def get(self, key: str, default: str | None = None) -> str:
        return "a certain colleague"


def _conditioned(before: StepDocument, after: StepDocument) -> str:
    if after.only_if is None:
        return "is sent without a condition"
    return f"is sent only if {sentence(after.only_if, _SomeColleague())}"


_WORDS = {
    RENAMED: lambda before, after: f"is the new name of “{before.name}”",
    RETYPED: lambda before, after: f"becomes {TYPE_WORDS[after.type]} and is no longer {TYPE_WORDS[before.type]}",
    MOVED: lambda before, after: f"moves from {at(before)} to {at(after)}",
    REWORDED: _reworded,
    SWITCHED: lambda before, after: f"is switched {'on' if after.enabled else 'off'}",
    LATENESS: lambda before, after: "is skipped when late" if after.when_late == "skip" else "is sent although late",
    GREETING: lambda before, after: f"is {'' if after.greets else 'no longer '}the lead's first hello",
    CONDITIONED: _conditioned,
}
