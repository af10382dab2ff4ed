"""Files of cells that a spreadsheet shows and never runs."""

import csv
import io
import unicodedata
from collections.abc import Iterable

BYTE_ORDER_MARK = "\ufeff"  # at a file's beginning: spreadsheets need it to believe that it is UTF-8
FORMULA_STARTS = "=+-@"
INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp"}  # controls, zero-width characters, all kinds of blanks


def safe_cell(value: str) -> str:
    """The text; behind an apostrophe when a spreadsheet could read it as a formula. `+` and digits stay a number.

    What counts is the first visible character in its plain form: full-width signs, tabs, byte order marks and
    zero-width characters before it hide nothing.
    """
    plain = unicodedata.normalize("NFKC", value)
    visible = next((c for c in plain if unicodedata.category(c) not in INVISIBLE), "")
    is_phone = value.startswith("+") and value[1:].isascii() and value[1:].isdigit()
    return f"'{value}" if visible and visible in FORMULA_STARTS and not is_phone else value


def csv_lines(rows: Iterable[Iterable[str]]) -> str:
    """The rows as they stand in a file, each cell made safe."""
    text = io.StringIO()
    csv.writer(text).writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue()
