"""The worker looks at the rows of a file: what each would do, written down beside it. Nothing is done yet."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from leadcrm.core import bulk, tenancy
from leadcrm.core.db import get_or_404, lock
from leadcrm.imports import queries
from leadcrm.imports.csv_files import Record
from leadcrm.imports.data import Reading, RowRefused
from leadcrm.imports.models import LONGEST_REASON, Import, ImportRow
from leadcrm.imports.reading import RowReader
from leadcrm.leads.filling import filling_of
from leadcrm.leads.models import Lead
from leadcrm.leads.operations import recognise


@dataclass(frozen=True)
class Seen:
    """A row that was looked at: what would become of it."""

    record: Record
    outcome: str
    reason: str = ""
    email: str = ""
    phone: str = ""
    lead_id: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    def row(self, import_id: str) -> bulk.Row:
        return {
            "organization_id": tenancy.current_id(),
            "import_id": import_id,
            "number": self.record.number,
            "cells": list(self.record.cells),
            "email": self.email,
            "phone": self.phone,
            "outcome": self.outcome,
            "state": "refused" if self.outcome == "refused" else "waiting",
            "reason": self.reason[:LONGEST_REASON],
            "lead_id": self.lead_id,
            "detail": self.detail,
        }


def look_at(import_id: str, reader: RowReader, records: Sequence[Record]) -> list[Seen]:
    """What would become of these rows; only reads."""
    readings: dict[int, Reading] = {}
    refused: dict[int, Seen] = {}
    for record in records:
        try:
            readings[record.number] = reader.read(record)
        except RowRefused as refusal:
            refused[record.number] = Seen(record, "refused", str(refusal))
    known = dict(zip(readings, recognise([reading.submission for reading in readings.values()]), strict=True))
    earlier = _Earlier(import_id, list(readings.values()))
    return [
        refused.get(record.number) or _seen(record, readings[record.number], known[record.number], earlier)
        for record in records
    ]


def note_seen(import_id: str, checked: int, seen: Sequence[Seen]) -> bool:
    """Write down what was seen of the rows behind the first `checked`. Returns whether to go on."""
    found = lock(get_or_404(Import, import_id))
    if found.state != "checking" or found.checked != checked:
        return found.state == "checking"
    bulk.fill(ImportRow.__table__, [row.row(import_id) for row in seen])
    found.checked += len(seen)
    found.foreseen = dict(Counter(found.foreseen) + Counter(row.outcome for row in seen))
    if found.checked < found.rows:
        return True
    found.state = "ready"
    return False


class _Earlier:
    """Who stood in an earlier row of the same file: they are one lead, as when both came by themselves."""

    def __init__(self, import_id: str, readings: Sequence[Reading]):
        emails = {reading.submission.email for reading in readings} - {""}
        phones = {reading.submission.phone for reading in readings} - {""}
        self.by_phone: dict[str, int] = {}
        self.by_email: dict[str, tuple[int, str]] = {}  # with the phone number that stood there
        for number, email, phone in queries.same_people(import_id, emails, phones):
            self.add(number, email, phone)

    def row_of(self, email: str, phone: str) -> int | None:
        if phone in self.by_phone:
            return self.by_phone[phone]
        number, other_phone = self.by_email.get(email, (None, ""))
        return None if phone and other_phone else number

    def add(self, number: int, email: str, phone: str) -> None:
        if phone:
            self.by_phone.setdefault(phone, number)
        if email:
            first, known_phone = self.by_email.get(email, (number, ""))
            self.by_email[email] = (first, known_phone or phone)


def _seen(record: Record, reading: Reading, lead: Lead | None, earlier: _Earlier) -> Seen:
    submission = reading.submission
    email, phone = submission.email, submission.phone
    twin = earlier.row_of(email, phone)
    earlier.add(record.number, email, phone)
    if lead is not None:
        filling = asdict(filling_of(lead, submission.data, submission.addresses))
        return Seen(record, "known", "", email, phone, lead.id, filling)
    if twin is not None:
        return Seen(record, "repeat", f"The same person as in row {twin:,}", email, phone)
    return Seen(record, "new", "", email, phone)
