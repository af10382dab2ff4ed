"""Everything held about a person as one file: a ZIP with JSON, the same as CSV for spreadsheets, and the files."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from leadcrm.core.csv_cells import BYTE_ORDER_MARK, csv_lines
from leadcrm.privacy import queries
from leadcrm.privacy.data import Person

Rows = list[dict[str, Any]]
README = """Everything {organization} holds about {name}, as of {at}.

person.json    all of it, by table
tables/        the same, one file per table, for spreadsheets
files/         of messages and drafts; the names are those of the table "attachments"
mails/         mails as they came in; the names are those of the table "raw_inbound"

Ids of people of the team stand for their names. Moments are in UTC.
"""


def write_dossier(person: Person, organization: str, at: datetime, uploads: Path) -> IO[bytes]:
    """An open file without a name, at its beginning; it is gone when it is closed."""
    target = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README.format(organization=organization, name=person.name, at=at.isoformat()))
        tables = {name: _without_bytes(archive, name, rows) for name, rows in queries.rows_about(person)}
        archive.writestr("person.json", json.dumps(tables, indent=1, ensure_ascii=False, default=_text))
        for name, rows in tables.items():
            if rows:
                archive.writestr(f"tables/{name}.csv", _csv(rows))
        for attachment in queries.attachments_of(person):
            path = uploads / "inbound" / attachment.stored_as
            if path.is_file():
                archive.write(path, f"files/{attachment.id}{_ending(attachment.filename)}")
    target.seek(0)
    return target


def _without_bytes(archive: ZipFile, table: str, rows: Rows) -> Rows:
    """The rows with the names of files in the place of raw bytes, which are written to these files."""
    return [{column: _as_file(archive, table, row, value) for column, value in row.items()} for row in rows]


def _as_file(archive: ZipFile, table: str, row: dict[str, Any], value: Any) -> Any:
    if not isinstance(value, bytes | memoryview):
        return value
    folder, ending = ("mails", ".eml") if table == "raw_inbound" else ("bytes", "")
    name = f"{folder}/{row['id']}{ending}"
    archive.writestr(name, bytes(value))
    return name


def _csv(rows: Rows) -> str:
    return BYTE_ORDER_MARK + csv_lines([rows[0], *map(_cells, rows)])


def _cells(row: dict[str, Any]) -> Iterator[str]:
    for value in row.values():
        if value is None:
            yield ""
        elif isinstance(value, dict | list):
            yield json.dumps(value, ensure_ascii=False)
        else:
            yield _text(value)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def _ending(filename: str) -> str:
    """The file's ending as it came, when it is a plain one."""
    ending = Path(filename).suffix
    return ending if ending[1:].isalnum() and len(ending) <= 10 else ""
