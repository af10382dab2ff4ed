"""Somebody's address in a row nobody could read, however it is written there."""

import pytest

from leadcrm.imports.finding import Finder

JANE = Finder(["jane@example.com", "+12125559731"])


@pytest.mark.parametrize("cell", [
    "jane@example.com", "JANE@Example.COM", "Jane Doe <jane@example.com>", "x@y.test; jane@example.com.",
    "+12125559731", "(212) 555-9731", "001 212 555 9731", "212.555.9731 / 030 1", "tel:1-212-555-9731",
])  # fmt: skip
def test_it_is_found(cell):
    assert JANE.finds(["Jane", cell])


@pytest.mark.parametrize("cell", [
    "", "mary.jane@example.com", "mary-jane@example.com", "jane@example.com.au", "jane@example.community",
    "555-9731", "2125559732", "jane",
])  # fmt: skip
def test_somebody_elses_is_not(cell):
    assert not JANE.finds([cell])


def test_two_cells_are_not_read_as_one():
    assert not JANE.finds(["212555", "9731"])


def test_a_number_from_abroad_is_found_with_a_zero_instead_of_its_country():
    assert Finder(["+27821234567"]).finds(["082 123 4567"])


@pytest.mark.parametrize("addresses", [[], [""], ["x"], ["12345"]])
def test_who_has_no_address_is_found_nowhere(addresses):
    assert not Finder(addresses).finds(["", "x", "12345 67"])
