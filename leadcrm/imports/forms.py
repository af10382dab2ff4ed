"""What people say about a file: how it is written, and what its columns mean."""

from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, DateField, FieldList, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from leadcrm.core.forms import Form, at_most
from leadcrm.imports.columns import IGNORE, MEANINGS, doubled
from leadcrm.imports.csv_files import DELIMITERS, ENCODINGS, MOST_COLUMNS, Writing
from leadcrm.imports.data import USUAL_SOURCE, Plan
from leadcrm.imports.dates import ORDERS

MEANT = [SelectChoice(IGNORE, "Do not use"), *(SelectChoice(*meaning) for meaning in MEANINGS.items())]


class WritingForm(Form):
    encoding = SelectField("Characters", choices=[SelectChoice(*choice) for choice in ENCODINGS.items()])
    delimiter = SelectField("Cells are divided by", choices=[SelectChoice(*choice) for choice in DELIMITERS.items()])

    class Meta(Form.Meta):
        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
            """Without the filters of all forms: they would trim a tab away."""
            return unbound_field.bind(form=form, **options)

    def writing(self) -> Writing:
        return Writing(self.encoding.data, self.delimiter.data)


class PlanForm(Form):
    columns = FieldList(SelectField("Means", choices=MEANT), max_entries=MOST_COLUMNS)
    source = StringField("Source", [at_most(60)])
    owner_id = SelectField("Owner", [Optional()], default="")
    tags = StringField("Tags", [at_most(400)])
    consent_source = StringField("These people agreed to be written to", [at_most(120)])
    consent_on = DateField("On", [Optional()])
    dates = RadioField("Days are written", choices=[SelectChoice(*order) for order in ORDERS.items()])

    def offer_owners(self, owners: Sequence[tuple[str, str]]) -> None:
        """The colleagues to choose from."""
        self.owner_id.choices = [SelectChoice("", "Nobody"), *(SelectChoice(*owner) for owner in owners)]

    @classmethod
    def of(cls, plan: Plan) -> "PlanForm":
        """The form filled with what was chosen, or guessed."""
        said = vars(plan) | {"columns": list(plan.columns), "tags": ", ".join(plan.tags)}
        return cls(data=said | {"owner_id": plan.owner_id or ""})

    @classmethod
    def posted(cls, form: Mapping[str, Any], width: int) -> "PlanForm":
        """What was typed about a file of so many columns; of none that is missing is known what it means."""
        columns = {f"columns-{place}": form.get(f"columns-{place}", IGNORE) for place in range(width)}
        others = {name: form.get(name, "") for name in cls.OTHERS}
        return cls(MultiDict({**columns, **others}))

    OTHERS = ("source", "owner_id", "tags", "consent_source", "consent_on", "dates")

    def validate_columns(self, field: FieldList) -> None:
        """Two columns cannot both be the email: it says so beside the second."""
        for place in doubled([column.data for column in field]):
            if meaning := MEANINGS.get(field[place].data):
                field[place].errors = [f"Another column is “{meaning}” already."]
        if any(column.errors for column in field):
            raise ValidationError("Choose for each column something else.")

    def plan(self) -> Plan:
        return Plan(
            columns=tuple(column.data for column in self.columns),
            source=self.source.data or USUAL_SOURCE,
            owner_id=self.owner_id.data or None,
            tags=tuple(name for part in (self.tags.data or "").split(",") if (name := " ".join(part.split()))),
            consent_source=self.consent_source.data or "",
            consent_on=self.consent_on.data,
            dates=self.dates.data,
        )


class StartForm(Form):
    announces = BooleanField("Greet the new leads")
