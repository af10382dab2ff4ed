"""Ids, and how a person without a picture is shown."""

import uuid

import pytest

from leadcrm.core.values import TONES, initials, new_id, tone_of


def test_ids_are_unique_and_sort_by_their_making():
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert ids == sorted(ids)
    assert uuid.UUID(ids[0]).version == 7


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Lovelace", "AL"),
        ("ada", "A"),
        ("Ada King Lovelace", "AL"),
        ("  Ada \t Lovelace ", "AL"),
        ("Ødegård Ñandú", "ØÑ"),
        ("(Ada) Lovelace", "L"),
        ("مريم حسن", "مح"),
        ("😀", "?"),
        ("", "?"),
    ],
)
def test_initials(name, letters):
    assert initials(name) == letters


def test_a_tone_stays_and_all_tones_occur():
    ids = [new_id() for _ in range(500)]
    assert {tone_of(row_id) for row_id in ids} == set(TONES)
    assert [tone_of(row_id) for row_id in ids] == [tone_of(row_id) for row_id in ids]
