"""Rows of a file as a person looks through them: who each one is, and what becomes of it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from leadcrm.imports.csv_files import Record
from leadcrm.imports.data import RowRefused
from leadcrm.imports.models import ImportRow
from leadcrm.imports.reading import RowReader, plain
from leadcrm.imports.wording import field_words
from leadcrm.leads.addresses import phone_as_read
from leadcrm.leads.operations.creating import shown_name

WHO = ("name", "first_name", "last_name", "company", "email", "phone")  # columns that show a row that is refused


@dataclass(frozen=True)
class Line:
    """One row: `words` say what it fills, where it differs, or why it is refused."""

    number: int
    outcome: str
    name: str
    email: str
    phone: str
    words: tuple[str, ...]
    lead_id: str | None
    state: str = "waiting"


def line_of(row: ImportRow, reader: RowReader) -> Line:
    """A row as it will be, or as it was taken in."""
    try:
        data = reader.read(Record(row.number, tuple(row.cells))).submission.data
        name = shown_name(data, row.email or row.phone)
    except RowRefused:
        name = ""
    said = {meaning: plain(cell) for meaning, cell in zip(reader.plan.columns, row.cells, strict=False) if cell}
    name = name or " ".join(said[meaning] for meaning in WHO[:3] if meaning in said) or said.get("company", "")
    phone = phone_as_read(row.phone) if row.phone else said.get("phone", "")
    return Line(
        row.number, row.outcome, name, row.email or said.get("email", ""), phone, _words(row), row.lead_id, row.state
    )


def _words(row: ImportRow) -> tuple[str, ...]:
    reasons = (row.reason,) if row.reason else ()
    return reasons + (tuple(_changes(row.detail)) if row.outcome in ("known", "repeat") else ())


def _changes(detail: Mapping[str, Any]) -> Iterator[str]:
    filled = [*detail.get("texts", ()), *(kind for kind, _ in detail.get("addresses", ()))]
    if detail.get("timezone"):
        filled.append("timezone")
    if filled:
        yield f"Fills {', '.join(map(field_words, filled))}"
    if tags := detail.get("tags"):
        yield f"Adds {', '.join(f'“{tag}”' for tag in tags)}"
    for field, difference in detail.get("differences", {}).items():
        yield f"Keeps {field_words(field)} “{difference['held']}”, not “{difference['said']}”"
