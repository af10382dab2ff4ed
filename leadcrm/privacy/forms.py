"""What a person types before somebody is erased."""

from wtforms import StringField
from wtforms.validators import ValidationError

from leadcrm.core.forms import Form

WORD = "erase"


class ErasureForm(Form):
    """A word that nobody types by mistake."""

    word = StringField("Type “erase”")

    def validate_word(self, field: StringField) -> None:
        if (field.data or "").casefold() != WORD:
            raise ValidationError("Type the word erase to confirm.")
