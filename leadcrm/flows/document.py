"""A flow as one value: what a person edits as a draft, what is published, kept as a version, and compared."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import time
from typing import Any, Protocol

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from leadcrm.conversations import conditions, merge
from leadcrm.conversations.conditions import BadCondition, Group
from leadcrm.conversations.models import WHEN_LATE
from leadcrm.core.errors import DomainError, NotFound
from leadcrm.flows.models import CHANNEL_OF_TYPE, INSIDE_TYPES, LAST_DAY, STEP_TYPES

LONGEST_NAME, LONGEST_SUBJECT = 80, 300
LONGEST_CONTENT = {
    "email": 20_000,
    "text": 1_530,
    "whatsapp": 4_096,
    "task": 2_000,
    "notify": 180,
}  # a text: ten segments
MOST_STEPS = 100


@dataclass(frozen=True)
class StepData:
    """What a person writes about a step. `time` is the lead's wall clock; None sends it immediately."""

    type: str
    name: str
    content: str
    day: int
    time: time | None
    subject: str = ""
    greets: bool = False
    when_late: str = WHEN_LATE[0]
    only_if: Group | None = None  # what has to hold of the lead when it is about to leave


@dataclass(frozen=True)
class StepDocument:
    """One step. Its id is, or will be when it is published, that of its row in `flow_steps`."""

    id: str
    type: str
    name: str
    subject: str
    content: str
    day: int
    time: time | None
    enabled: bool = True
    greets: bool = False
    when_late: str = WHEN_LATE[0]  # more than two hours late: leave with the next window, or be skipped
    only_if: Group | None = None

    @property
    def time_type(self) -> str:
        return "immediately" if self.time is None else "specific"

    @property
    def channel(self) -> str:
        return CHANNEL_OF_TYPE[self.type]

    @property
    def place(self) -> tuple[int, bool, time, str]:
        """Sorts steps as they go out: by day, what goes out immediately first, then by time and age."""
        return self.day, self.time is not None, self.time or time(), self.id

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"time": self.time and f"{self.time:%H:%M}"}

    @classmethod
    def from_json(cls, value: Any) -> "StepDocument":
        """The step that `to_json` wrote, or that a stranger posted. Raises DomainError naming the field."""
        return cls(**_loaded(_StepSchema(), value)).checked()

    @classmethod
    def of(cls, step: "StepRow") -> "StepDocument":
        """A step's row as a value."""
        return cls(
            step.id,
            step.type,
            step.name,
            step.subject,
            step.content,
            step.day,
            step.time,
            enabled=step.enabled,
            greets=step.greets,
            when_late=step.when_late,
            only_if=step.only_if,
        )

    @classmethod
    def made(cls, step_id: str, data: StepData) -> "StepDocument":
        """A new step, switched on. Raises DomainError for what cannot be sent."""
        check_words(data)
        return cls(id=step_id, enabled=True, **asdict(data)).checked()

    def edited(self, data: StepData) -> "StepDocument":
        """This step with other words or times. Raises DomainError for what cannot be sent."""
        check_words(data)
        return replace(self, **asdict(data)).checked()

    def checked(self) -> "StepDocument":
        """Itself, without a subject or a first hello where there is none to be said.

        Raises DomainError for what cannot be sent.
        """
        check_words(self, merge.unknown_fields)
        subject = self.subject if self.type == "email" else ""
        return replace(self, subject=subject, greets=self.greets and self.type not in INSIDE_TYPES)


@dataclass(frozen=True)
class FlowDocument:
    """A flow's name and its steps in the order they go out, whatever order they were given in."""

    name: str
    steps: tuple[StepDocument, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(sorted(self.steps, key=lambda step: step.place)))

    def step(self, step_id: str) -> StepDocument:
        """The step with this id. Raises NotFound."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise NotFound

    def of_day(self, day: int) -> tuple[StepDocument, ...]:
        """The steps of one day."""
        return tuple(step for step in self.steps if step.day == day)

    def with_step(self, step: StepDocument) -> "FlowDocument":
        """With this step added, or in the place of the one that has its id."""
        return replace(self, steps=(*self.without(step.id).steps, step))

    def without(self, step_id: str) -> "FlowDocument":
        return replace(self, steps=tuple(step for step in self.steps if step.id != step_id))

    def with_switches(self, switches: Mapping[str, bool]) -> "FlowDocument":
        """With steps on or off as `switches` (step id → on) has them; others stay as they are."""
        steps = (replace(step, enabled=switches.get(step.id, step.enabled)) for step in self.steps)
        return replace(self, steps=tuple(steps))

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "steps": [step.to_json() for step in self.steps]}

    @classmethod
    def from_json(cls, value: Any) -> "FlowDocument":
        """The flow that `to_json` wrote, or that a stranger posted. Raises DomainError naming the field."""
        loaded = _loaded(_FlowSchema(), value)
        steps = tuple(StepDocument(**step).checked() for step in loaded["steps"])
        if len({step.id for step in steps}) < len(steps):
            raise DomainError("Two steps have the same id.", "steps")
        return cls(loaded["name"], steps)


class StepRow(Protocol):
    """What a document takes from a row of `flow_steps`."""

    id: str
    type: str
    name: str
    subject: str
    content: str
    day: int
    time: time | None
    enabled: bool
    greets: bool
    when_late: str
    only_if: Group | None


class FlowRow(Protocol):
    name: str


class Wording(Protocol):
    """What is looked at to say whether a step can be sent."""

    @property
    def type(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def content(self) -> str: ...


def of_flow(flow: FlowRow, steps: Iterable[StepRow]) -> FlowDocument:
    """What is live, as a value."""
    return FlowDocument(flow.name, tuple(StepDocument.of(step) for step in steps))


def check_words(step: Wording, unknown_fields: Callable[[str], list[str]] = merge.misspelt_fields) -> None:
    """Raises DomainError for words that are too long, an email without a subject, and unknown merge fields."""
    longest = LONGEST_CONTENT[step.type]
    if len(step.content) > longest:
        raise DomainError(f"At most {longest:,} characters; this has {len(step.content):,}.", "content")
    if step.type == "email" and not step.subject:
        raise DomainError("An email needs a subject.", "subject")
    for field in ("subject", "content"):
        unknown = unknown_fields(getattr(step, field))
        if unknown:
            names = ", ".join(f"{{{name}}}" for name in unknown)
            raise DomainError(f"We do not know {names}. Choose a field from the list.", field)


class _WallTime(fields.Field):
    """A time of day to the minute, `09:00`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> time:
        try:
            clock = time.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError("Not a time of day like 09:00.") from None
        if clock.tzinfo is not None or clock.second or clock.microsecond:
            raise ValidationError("A time of day has hours and minutes only.")
        return clock


class _Condition(fields.Field):
    """A group of conditions; whom it names may have left, or be of another house: then it holds of nobody."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Group | None:
        try:
            group = conditions.check(value, _Anybody())
        except BadCondition as error:
            raise ValidationError(error.message) from None
        except (TypeError, AttributeError, KeyError, ValueError, RecursionError):
            raise ValidationError("Not a group of conditions.") from None
        return group if conditions.members(group) else None


class _Anybody(frozenset[str]):
    """Every person there may be."""

    def __contains__(self, item: object) -> bool:
        return True


class _Flag(fields.Boolean):
    truthy = {True}
    falsy = {False}


def _text(longest: int, shortest: int = 1) -> fields.String:
    # PostgreSQL's text holds no NUL
    rules = [validate.Length(shortest, longest), validate.ContainsNoneOf("\x00")]
    return fields.String(required=True, validate=rules)


class _StepSchema(Schema):
    class Meta:
        unknown = RAISE

    id = _text(36)
    type = fields.String(required=True, validate=validate.OneOf(STEP_TYPES))
    name = _text(LONGEST_NAME)
    subject = _text(LONGEST_SUBJECT, 0)
    content = _text(max(LONGEST_CONTENT.values()))
    day = fields.Integer(required=True, strict=True, validate=validate.Range(0, LAST_DAY))
    time = _WallTime(required=True, allow_none=True)
    enabled = _Flag(load_default=True)
    greets = _Flag(load_default=False)
    when_late = fields.String(load_default=WHEN_LATE[0], validate=validate.OneOf(WHEN_LATE))
    only_if = _Condition(load_default=None, allow_none=True)


class _FlowSchema(Schema):
    class Meta:
        unknown = RAISE

    name = _text(LONGEST_NAME)
    steps = fields.List(fields.Nested(_StepSchema), required=True, validate=validate.Length(max=MOST_STEPS))


def _loaded(schema: Schema, value: Any) -> dict[str, Any]:
    try:
        return schema.load(value)
    except ValidationError as error:
        field, message = _first(error.messages)
        raise DomainError(message, field) from None


def _first(messages: Any, field: str | None = None) -> tuple[str | None, str]:
    """The first complaint and the innermost field it is about."""
    if isinstance(messages, Mapping):
        key, inner = next(iter(messages.items()))
        return _first(inner, key if isinstance(key, str) and key != "_schema" else field)
    return field, str(messages[0])
