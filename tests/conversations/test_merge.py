"""Merge fields: what is filled, what is refused, and that nothing else can be made of a template."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadcrm.conversations.merge import (
    FIELDS,
    MAX_LENGTH,
    Hole,
    TooLong,
    fields_in,
    misspelt_fields,
    pieces,
    render,
    unknown_fields,
)

ANNA = {"first_name": "Anna", "last_name": "Berg", "company": ""}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", ""),
        ("Hi {first_name}!", "Hi Anna!"),
        ("{first_name}{last_name}", "AnnaBerg"),
        ("Hi {phone|there}", "Hi there"),
        ("Hi {first_name|there}", "Hi Anna"),
        ("At {company|your company} today", "At your company today"),
        ("Hi{company|}", "Hi"),
        ("Hi {nickname|friend}", "Hi friend"),
    ],
)
def test_tags_are_filled(template, expected):
    assert render(template, ANNA) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "{7*7}",
        "{{first_name}}",
        "{{{first_name}}}",
        "{first_name|{last_name}}",
        "{first_name|a {last_name} b}",
        "{first_name|{last_name|{company}}}",
        "{first_name.__class__}",
        "{first_name[0]}",
        "{first_name()}",
        "{first_name!r}",
        "{first_name:>99}",
        "{ first_name }",
        "{0}",
        "{}",
        "{% for x in y %}",
        "${first_name",
        "a } b { c",
        "{first_name",
        "first_name}",
    ],
)
def test_everything_else_stays_text(text):
    assert render(text, ANNA) == text


def test_holes_are_named_each_once():
    with pytest.raises(Hole) as raised:
        render("{company} {phone} {company} {first_name} {frist_name}", ANNA)
    assert raised.value.names == ["company", "phone", "frist_name"]
    assert "{phone}" in str(raised.value)


def test_blank_and_missing_values_are_holes():
    for value in ("", "  \n", None):
        with pytest.raises(Hole):
            render("{company}", {"company": value})


def test_values_are_not_read_as_templates():
    assert render("{first_name}", {"first_name": "{last_name}", "last_name": "secret"}) == "{last_name}"


def test_only_listed_names_are_ever_looked_up():
    with pytest.raises(Hole):
        render("{secret_key}", {"secret_key": "hunter2"})


def test_the_editor_can_ask_for_names():
    template = "{last_name} {frist_name|x} {first_name} {last_name}"
    assert fields_in(template) == ["last_name", "first_name"]
    assert unknown_fields(template) == ["frist_name"]


def test_fields_as_other_programs_write_them_are_spelling_mistakes():
    template = "{{first_name}} { company } {city}} {{phone|none}} {{z}} {last_name|a {name} b}"
    assert misspelt_fields(template) == ["{first_name}", " company ", "city}", "{phone|none}"]
    assert misspelt_fields("{frist_name} {first_name} {{first_name}}") == ["frist_name", "{first_name}"]


def test_size_is_limited_before_and_after():
    with pytest.raises(TooLong):
        render("x" * (MAX_LENGTH + 1), {})
    with pytest.raises(TooLong):
        render("{name}" * 5000, {"name": "x" * 1000})


@pytest.mark.parametrize("piece", ["{", "{a|", "{a|{", "{a|{}", "{{7*7}}", "a", "}", "{first_name|x", "{first_name|x}"])
def test_the_worst_templates_take_linear_time(piece):
    template = (piece * MAX_LENGTH)[:MAX_LENGTH]
    started = process_time()
    fields_in(template)
    misspelt_fields(template)
    assert process_time() - started < 0.5  # under 30 ms; the rest is for a busy machine


plain = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=20)
known = st.sampled_from(sorted(FIELDS))


@given(st.lists(st.tuples(plain, known, plain), max_size=8), st.dictionaries(known, st.text(max_size=20)))
def test_the_output_is_the_template_with_listed_values_only(pieces, values):
    template = "".join(f"{text}{{{name}|{fallback}}}" for text, name, fallback in pieces)
    expected = "".join(text + (values.get(name, "").strip() or fallback) for text, name, fallback in pieces)
    assert render(template, values) == expected


@given(st.text(st.sampled_from("{}|ab_ *7."), max_size=60), st.dictionaries(known, plain))
def test_junk_is_kept_or_refused_never_changed(template, values):
    try:
        rendered = render(template, values)
    except Hole:
        assert unknown_fields(template)
    else:
        assert len(rendered) <= len(template)
        if not unknown_fields(template):
            assert rendered == template


def test_a_text_is_cut_at_its_tags():
    assert pieces("Hi {company}, {x|y} {{z}}") == [
        ("Hi ", False),
        ("{company}", True),
        (", ", False),
        ("{x|y}", True),
        (" {{z}}", False),
    ]
    assert pieces("") == []
