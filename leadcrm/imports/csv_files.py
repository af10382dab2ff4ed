"""CSV files as programs export them: how they are written, and their records. Pure.

Nothing of a file is believed: not its name, not its size, not that its quotes end. Neither csv.Sniffer nor
charset-normalizer is asked: the first took commas inside of quoted cells for delimiters, the second reads Windows-1252,
which is what Excel writes in Western Europe, as Windows-1250 or MacRoman ("Peńa"). What cannot be known (which of
Windows' code pages) is guessed by the organization's country, shown, and can be changed.
"""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

LARGEST_FILE = 10_000_000  # bytes
MOST_ROWS = 20_000
MOST_COLUMNS = 100
LONGEST_CELL = 32_767  # characters: the most a cell of Excel holds
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}
SAMPLED = 100_000  # characters, to see what divides the cells
ENCODINGS = {
    "utf-8": "Unicode (UTF-8)",
    "utf-16": "Unicode (UTF-16)",
    "cp1252": "Western European (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "mac_roman": "Western European (Mac)",
}
CODE_PAGES = {
    "cp1250": ("AL", "BA", "CZ", "HR", "HU", "ME", "PL", "RO", "RS", "SI", "SK"),
    "cp1251": ("BG", "BY", "KG", "KZ", "MK", "MN", "RU", "UA"),
    "cp1253": ("CY", "GR"),
    "cp1254": ("AZ", "TR"),
    "cp1255": ("IL",),
    "cp1256": ("AE", "BH", "DZ", "EG", "IQ", "IR", "JO", "KW", "LB", "LY", "MA", "OM", "QA", "SA", "SY", "TN", "YE"),
    "cp1257": ("EE", "LT", "LV"),
}
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods, .xls


class Unreadable(ValueError):
    """This is no file that could be imported; the message says why, and what to do."""


@dataclass(frozen=True)
class Writing:
    """How a file is written: a key of ENCODINGS and one of DELIMITERS."""

    encoding: str
    delimiter: str


@dataclass(frozen=True)
class Record:
    """One record of a file; `number` is the row it has in a spreadsheet, where the headings are row 1."""

    number: int
    cells: tuple[str, ...]


def writing_of(data: bytes, country: str) -> Writing:
    """How the file of somebody in `country` (ISO 3166) is written. Raises Unreadable for one that is no text."""
    if data.startswith(WORKBOOKS):
        raise Unreadable("This is a workbook. Save the sheet as CSV, and choose that file.")
    encoding = _encoding_of(data, country)
    return Writing(encoding, _delimiter_of(decoded(data, encoding)))


def decoded(data: bytes, encoding: str) -> str:
    """The file's text; what the encoding does not know is U+FFFD. Raises Unreadable."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif encoding == "utf-16":
        encoding = "utf-16-le"  # as Windows writes it; without a mark Python would take the machine's own order
    text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")
    if "\x00" in text:
        raise Unreadable("This is no text file. Save the sheet as CSV, and choose that file.")
    return text


def headings_of(data: bytes, writing: Writing) -> list[str]:
    """The names of the columns: the first record. Raises Unreadable."""
    return list(next(_records(data, writing)).cells)


def rows_of(data: bytes, writing: Writing) -> Iterator[Record]:
    """The records after the headings, without empty ones. Raises Unreadable, also later on the way."""
    records = _records(data, writing)
    next(records)
    for count, record in enumerate((it for it in records if any(it.cells)), 1):
        if count > MOST_ROWS:
            raise Unreadable(
                f"The file has more than {MOST_ROWS:,} rows. Split it, and import one part after the other."
            )
        yield record


def _records(data: bytes, writing: Writing) -> Iterator[Record]:
    reader = _reader(decoded(data, writing.encoding), writing.delimiter)
    width, number = 0, 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error:
            raise Unreadable(
                f"Row {number:,} has a cell of more than {LONGEST_CELL:,} characters, or a quote that never ends."
            ) from None
        if cells is None:
            break
        cells = [cell.strip() for cell in cells]
        if not width:
            if not any(cells):
                continue  # blank lines before the headings
            width, number = _checked_width(cells), 1
        if any(cells[width:]):
            raise Unreadable(f"Row {number:,} has more cells than there are headings ({width}).")
        yield Record(number, tuple(cells[:width] + [""] * (width - len(cells))))
    if not width:
        raise Unreadable("The file is empty.")


def _checked_width(headings: list[str]) -> int:
    while not headings[-1]:
        headings.pop()
    if len(headings) > MOST_COLUMNS:
        raise Unreadable(f"The file has more than {MOST_COLUMNS} columns.")
    return len(headings)


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_CELL)  # of the process, which reads no other CSV
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _encoding_of(data: bytes, country: str) -> str:
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return encoding
    if data[1:200:2].count(0) > len(data[1:200:2]) // 2:
        return "utf-16"
    try:
        data.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        return next((page for page, countries in CODE_PAGES.items() if country in countries), "cp1252")


def _delimiter_of(text: str) -> str:
    """The one that cuts most records into as many cells as the headings have; the one of most columns wins."""
    return max(DELIMITERS, key=lambda delimiter: _agreement(text[:SAMPLED], delimiter))


def _agreement(text: str, delimiter: str) -> tuple[float, int]:
    try:
        widths = [len(cells) for cells in _reader(text, delimiter) if any(cells)]
    except csv.Error:
        return 0.0, 0
    if not widths or widths[0] == 1:
        return 0.0, 0
    return Counter(widths)[widths[0]] / len(widths), widths[0]
