"""Files as Excel, Google, LibreOffice and old CRMs write them, and files that are bombs."""

import pytest

from leadcrm.imports.csv_files import (
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    Record,
    Unreadable,
    Writing,
    headings_of,
    rows_of,
    writing_of,
)
from leadcrm.imports.first_look import first_look

TEXT = 'Name{0}City{0}Note\r\nZoë Peña{0}München{0}"one,\ntwo; ""three"""\r\nAnna{0}Köln{0}\r\n'
NOTE = 'one,\ntwo; "three"'


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("codec", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16"),
        ("cp1252", "cp1252"),
    ],
)
def test_what_programs_write_is_read_as_it_was_meant(codec, encoding, delimiter):
    data = TEXT.format(delimiter).encode(codec)
    writing = writing_of(data, "DE")
    assert writing == Writing(encoding, delimiter)
    assert headings_of(data, writing) == ["Name", "City", "Note"]
    first, second = rows_of(data, writing)
    assert first == Record(2, ("Zoë Peña", "München", NOTE))
    assert second == Record(3, ("Anna", "Köln", ""))


def test_utf_16_of_the_other_end_says_so_by_its_mark():
    data = b"\xfe\xff" + TEXT.format(";").encode("utf-16-be")
    assert writing_of(data, "US") == Writing("utf-16", ";")
    assert next(rows_of(data, Writing("utf-16", ";"))).cells[0] == "Zoë Peña"


@pytest.mark.parametrize(
    ("country", "codec", "name"),
    [("CZ", "cp1250", "Řehoř"), ("BG", "cp1251", "Иван"), ("GR", "cp1253", "Γιώργος"), ("FR", "cp1252", "Éloïse")],
)
def test_windows_code_page_is_guessed_by_the_country(country, codec, name):
    data = f"Name;Email\r\n{name};a@x.example\r\n".encode(codec)
    writing = writing_of(data, country)
    assert next(rows_of(data, writing)).cells[0] == name


def test_one_column_alone_and_commas_in_quotes_mislead_nobody():
    assert writing_of(b"Email\na@x.example\nb@x.example\n", "US").delimiter == ","
    data = b'Name;Address\n"Doe, Jo";"1, Main St, Town"\n"Roe, Al";"2, Side St, Town"\n'
    assert writing_of(data, "US").delimiter == ";"


def test_numbers_are_those_of_the_spreadsheet():
    data = b"\n\nName,Email\nJo,\n\n,,\nAl,\n"
    assert [(row.number, row.cells[0]) for row in rows_of(data, Writing("utf-8", ","))] == [(2, "Jo"), (5, "Al")]


def test_short_rows_are_filled_up_and_empty_columns_at_the_end_dropped():
    data = b"Name,Email,,\nJo\nAl,a@x.example,,\n"
    assert [row.cells for row in rows_of(data, Writing("utf-8", ","))] == [("Jo", ""), ("Al", "a@x.example")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"Name,Email\n", "no rows"),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "a workbook"),
        (b"Name\n\x7fELF\x00\x01\n", "no text file"),
        (b"Name,Email\nJo,a@x.example,more\n", "Row 2 has more cells"),
        (b"Name\n" + b"x" * (LONGEST_CELL + 1), "Row 2 has a cell of more than"),
        (b'Name,Email\n"Jo' + b"x,\n" * LONGEST_CELL, "a quote that never ends"),
        (b",".join(b"n" for _ in range(MOST_COLUMNS + 1)) + b"\n1\n", "more than 100 columns"),
        (b"n\n" + b"1\n" * (MOST_ROWS + 1), "more than 20,000 rows"),
        (b"n\n" + b"1" * 10_000_000, "larger than 10 MB"),
    ],
)
def test_what_cannot_be_imported_says_why(data, words):
    with pytest.raises(Unreadable, match=words):
        first_look(data, "US")


@pytest.mark.parametrize("data", [b"\xff\xfe", b"\x00" * 100, bytes(range(256)) * 20, b'"' * 9999, b"\xfe\xff\xd8\x00"])
def test_no_bytes_make_it_fall_over(data):
    with pytest.raises(Unreadable):
        first_look(data, "US")


def test_characters_that_the_encoding_does_not_know_are_seen_not_guessed():
    assert next(rows_of(b"Name\nZo\xeb\n", Writing("utf-8", ","))).cells == ("Zo\ufffd",)
