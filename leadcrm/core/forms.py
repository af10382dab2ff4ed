"""What all typed input shares."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from wtforms import DateField, Field, FieldList, FormField, IntegerField, SelectField, StringField
from wtforms import Form as BaseForm
from wtforms.validators import Length, Regexp, ValidationError
from wtforms.widgets import TextInput

from leadcrm.core import money

UNWANTED = {"Cc", "Cs"}  # control characters and lone surrogates; line breaks and tabs are wanted
KEPT = "\n\t"
FIRST_YEAR, LAST_YEAR = 1970, 2099
TOO_FAR = "This is too far from now."
# of fields that no person types into
ID = Regexp(r"[0-9a-f-]{36}$", message="Reload the page and try again.")
REVISION = Regexp(r"\d{1,9}$", message="Reload the page and try again.")

Difference = tuple[str, str, str]  # a field's label, what is kept by now, what was typed


class Form(BaseForm):
    """Trims and normalises (NFC) every text field; refuses control characters with a clear error."""

    class Meta:
        def bind_field(self, form, unbound_field, options):
            if unbound_field.field_class in (FieldList, FormField):  # whose own fields are tidied
                return unbound_field.bind(form=form, **options)
            filters = [tidy, *unbound_field.kwargs.get("filters", ())]
            return unbound_field.bind(form=form, **options, filters=filters)

    def validate(self, extra_validators=None) -> bool:
        extra = {name: [no_control_characters] for name in self._fields}
        for name, validators in (extra_validators or {}).items():
            extra[name] = [*extra.get(name, []), *validators]
        return super().validate(extra)


def tidy(value):
    """Text as we keep it: NFC, line breaks as \\n, no blanks at its ends. Other values pass through."""
    if not isinstance(value, str):
        return value
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()


def has_control_characters(value: object) -> bool:
    """Whether a text holds what PostgreSQL cannot store (NUL, lone surrogates) or what no person types."""
    return isinstance(value, str) and any(unicodedata.category(c) in UNWANTED and c not in KEPT for c in value)


def no_control_characters(form, field) -> None:
    """The validator every field has."""
    if has_control_characters(field.data):
        raise ValidationError("This contains characters that cannot be saved. Please type it again.")


def at_most(length: int) -> Length:
    """The validator of a text with a limit."""
    return Length(max=length, message="At most %(max)d characters.")


def differences(held: Form, typed: Form, names: Iterable[str]) -> list[Difference]:
    """Where what is held after a colleague's change is not what was typed; of a choice its label."""
    texts = ((typed[name], held[name].data, typed[name].data) for name in names)
    return [
        (field.label.text, _words(field, theirs), _words(field, mine))
        for field, theirs, mine in texts
        if (theirs or "") != (mine or "")
    ]


def _words(field: Field, value: Any) -> str:
    labels = {choice.value: choice.label for choice in field.choices or ()} if isinstance(field, SelectField) else {}
    return str(labels.get(value, value) or "")


def near(form: Any, field: DateField) -> None:
    """The validator of a day."""
    if field.data and not FIRST_YEAR <= field.data.year <= LAST_YEAR:
        raise ValidationError(TOO_FAR)


class LocalMomentField(StringField):
    """`2026-11-25T14:00` as a browser's date and time field sends it: `wall` is a naive wall time, or None."""

    wall: datetime | None = None

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        try:
            self.wall = datetime.strptime(self.data[:16], "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - a wall time has no zone
        except ValueError:
            raise ValidationError("Choose a date and a time.") from None
        if not FIRST_YEAR <= self.wall.year <= LAST_YEAR:
            raise ValidationError(TOO_FAR)


class WholeNumberField(IntegerField):
    """A number that may be left out: what is none is sent as typed and refused: a number field sends nothing."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Type a whole number, like 200.") from None


class AmountField(StringField):
    """An amount of money as the person of `locale` writes it: `amount` is its number, None for an empty field.

    The form says whose locale it is before it validates.
    """

    locale = "en"
    amount: Decimal | None = None

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        try:
            self.amount = money.read(self.data, self.locale)
        except ValueError:
            example = money.typed(Decimal("12500.50"), self.locale)
            raise ValidationError(f"Write the amount like {example}.") from None
