"""What every form does with what was typed."""

from wtforms import StringField

from leadcrm.core.forms import Form


class Loud(Form):
    word = StringField(filters=[str.upper])


def test_text_is_tidied_before_a_fields_own_filters():
    assert Loud(data={"word": " e\u0301t\r\n "}).word.data == "ÉT"


def test_making_a_form_again_and_again_stays_as_cheap_as_the_first():
    for _ in range(3):
        form = Loud(data={"word": ""})
    assert len(form.word.filters) == 2


def test_control_characters_are_refused():
    form = Loud(data={"word": "a\x00b"})
    assert not form.validate()
    assert form.word.errors
