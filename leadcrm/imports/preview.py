"""Rows of a file as a person looks through them: who each one is, and what becomes of it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from leadcrm.core.addresses import phone_as_read
from leadcrm.imports.csv_files import Record
from leadcrm.imports.data import RowRefused
from leadcrm.imports.models import ImportRow
from leadcrm.imports.reading import RowReader, plain
from leadcrm.imports.wording import field_words
from leadcrm.leads.operations.creating import shown_name

NAMES = ("name", "first_name", "last_name", "company")  # columns that name a row that is refused


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
    state: str


def line_of(row: ImportRow, reader: RowReader, lead: str) -> Line:
    """A row as it will be, or as it was taken in; `lead` is the name of the lead it belongs to, "" for none yet."""
    said = {meaning: plain(cell) for meaning, cell in zip(reader.plan.columns, row.cells, strict=False) if cell}
    return Line(
        number=row.number,
        outcome=row.outcome,
        name=lead or _name(row, reader) or " ".join(said[meaning] for meaning in NAMES if meaning in said),
        email=row.email or said.get("email", ""),
        phone=phone_as_read(row.phone) if row.phone else said.get("phone", ""),
        words=_words(row),
        lead_id=row.lead_id,
        state=row.state,
    )


def _name(row: ImportRow, reader: RowReader) -> str:
    """What the lead will be called; "" when the row makes none."""
    try:
        data = reader.read(Record(row.number, tuple(row.cells))).submission.data
    except RowRefused:
        return ""
    return shown_name(data, row.email or row.phone)


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
        kept = f"{field_words(field)} “{difference['held']}”" if difference["held"] else f"no {field_words(field)}"
        yield f"Keeps {kept}, not “{difference['said']}”"
