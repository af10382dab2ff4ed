"""Fields of JSON bodies and queries: strict types, clean text, clear limits, the same in the OpenAPI document."""

import math
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from marshmallow import Schema, ValidationError, fields, validate

from leadcrm.core import countries
from leadcrm.core.forms import has_control_characters, tidy

LARGEST_INTEGER = 2**53  # beyond it JSON readers disagree
LARGEST_ANSWERS = 100
LONGEST_ANSWER = 5000
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
ISO_EXAMPLE = "2026-11-24T09:00:00+00:00"


def clean_text(value: str) -> str:
    """Trimmed, NFC. Raises ValidationError for NUL, lone surrogates and other control characters."""
    if has_control_characters(value.replace("\r", "\n")):
        raise ValidationError("This contains characters that cannot be saved.")
    return tidy(value)


class Text(fields.String):
    """A string of at most `longest` characters, cleaned; with `needed` not blank, with `one_line` unbroken."""

    default_error_messages = {"blank": "This may not be empty.", "broken": "This must be one line."}

    def __init__(self, longest: int, *, needed: bool = False, one_line: bool = False, **kwargs: Any):
        self.needed = needed
        self.one_line = one_line
        limits = validate.Length(min=1 if needed else None, max=longest)
        super().__init__(required=needed, validate=limits, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = clean_text(super()._deserialize(value, attr, data, **kwargs))
        if self.needed and not text:
            raise self.make_error("blank")
        if self.one_line and "\n" in text:
            raise self.make_error("broken")
        return text


class Uuid(fields.UUID):
    """An id of ours, as a lower-case string."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid_uuid")
        return str(super()._deserialize(value, attr, data, **kwargs))


class Choice(fields.String):
    """One of a few words."""

    def __init__(self, words: tuple[str, ...], **kwargs: Any):
        super().__init__(validate=validate.OneOf(words), **kwargs)


class Instant(fields.AwareDateTime):
    """ISO 8601 with an offset, from 1970 to 2100."""

    def __init__(self, **kwargs: Any):
        metadata = {"example": ISO_EXAMPLE, **kwargs.pop("metadata", {})}
        super().__init__(format="iso", metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        moment = super()._deserialize(value, attr, data, **kwargs)
        if not EARLIEST <= moment <= LATEST:
            raise ValidationError("This is too far from now.")
        return moment


class Day(fields.Date):
    """A date, ISO 8601, from 1970 to 2099."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        day = super()._deserialize(value, attr, data, **kwargs)
        if not EARLIEST.date() <= day < LATEST.date():
            raise ValidationError("This is too far from now.")
        return day


class Flag(fields.Boolean):
    """JSON's true or false, and nothing that only looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Revision(fields.Integer):
    """Which revision of a row was read, so that a stale change can be refused."""

    def __init__(self) -> None:
        told = {"description": "The revision you read; 409 when something was changed since."}
        super().__init__(strict=True, validate=validate.Range(1, 2**31 - 1), metadata=told)


class Zone(fields.String):
    """The name of an IANA time zone, like `Europe/London`."""

    def __init__(self, **kwargs: Any):
        super().__init__(metadata={"example": "Europe/London"}, validate=validate.Length(max=60), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if name not in _zones():
            raise ValidationError("This is not an IANA time zone, like Europe/London.")
        return name


class Country(fields.String):
    """The ISO 3166-1 code of a country, like `ZA`; empty for none."""

    def __init__(self, **kwargs: Any):
        told = {"example": "ZA", "description": "ISO 3166-1, two letters."}
        super().__init__(metadata=told, validate=validate.Length(max=2), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        code = super()._deserialize(value, attr, data, **kwargs)
        if code and code not in countries.codes():
            raise ValidationError("This is not the code of a country, like ZA.")
        return code


@cache
def _zones() -> frozenset[str]:
    return frozenset(name for name in available_timezones() if "/" in name or name in ("UTC", "GMT"))


class Answers(fields.Dict):
    """Questions and what was answered: a string, a number, true or false, null, or a list of these."""

    def __init__(self, **kwargs: Any):
        super().__init__(
            keys=fields.String(),
            metadata={
                "maxProperties": LARGEST_ANSWERS,
                "additionalProperties": True,
                "example": {"budget": "500000", "rooms": 3, "areas": ["Camps Bay", "Sea Point"]},
            },
            **kwargs,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.make_error("invalid")
        if len(value) > LARGEST_ANSWERS:
            raise ValidationError(f"No more than {LARGEST_ANSWERS} answers.")
        return {_question(key): _answer(answer) for key, answer in value.items()}


def _question(key: str) -> str:
    key = clean_text(key)
    if not 1 <= len(key) <= 120:
        raise ValidationError("A question has 1 to 120 characters.")
    return key


def _answer(value: Any) -> Any:
    if isinstance(value, list):
        if len(value) > LARGEST_ANSWERS:
            raise ValidationError(f"No more than {LARGEST_ANSWERS} entries in one answer.")
        return [_scalar(entry) for entry in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        value = clean_text(value)
        if len(value) > LONGEST_ANSWER:
            raise ValidationError(f"An answer has at most {LONGEST_ANSWER} characters.")
        return value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) <= LARGEST_INTEGER:
        return value
    raise ValidationError("An answer is a string, a number, true, false, null, or a list of these.")


class PageQuery(Schema):
    """How every list is asked for."""

    cursor = Text(500, metadata={"description": "`next` of the page before."})
    limit = fields.Integer(
        load_default=50, validate=validate.Range(1, 200), metadata={"description": "Items on a page."}
    )


def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of a list: `items`, and the cursor of the next page or null."""
    name = item.__name__.removesuffix("Schema")
    return type(
        f"{name}Page",
        (Schema,),
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(
                required=True, allow_none=True, metadata={"description": "Cursor of the next page; null at the end."}
            ),
        },
    )
