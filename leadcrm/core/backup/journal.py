"""The journal of erasures outside of the database: a backup that is restored must not bring anybody back.

One line of JSON for each erased person, without anything about them. The file lies beside the uploads, outlives the
database, and should be kept with the backups. What it says is put into a restored database together with the data;
the worker then erases again whoever is there.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Executable, Table, and_, exists, insert, inspect, literal, select

from leadcrm.core.backup.archive import Damaged
from leadcrm.core.db import Base, Moment, db
from leadcrm.core.models import Erasure
from leadcrm.core.values import new_id

NAME = "erasures.jsonl"
ERASURES = Erasure.__table__


@dataclass(frozen=True)
class Entry:
    """Who was erased, when (ISO 8601) and by whom (an actor, as in events).

    By the id of a lead or a contact; an account's says that its facts spelled one of them.
    """

    organization_id: str
    lead_id: str
    erased_at: str
    erased_by: str


def write_entry(path: Path, entry: Entry) -> None:
    """Add a line, unless it is there, and make sure it stays."""
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        line = json.dumps(asdict(entry)) + "\n"
        if line not in file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


def read_entries(path: Path) -> list[Entry]:
    """What a journal says; nothing when there is none. Raises Damaged."""
    if not path.exists():
        return []
    try:
        return [Entry(**json.loads(line)) for line in path.read_text().splitlines() if line.strip()]
    except (ValueError, TypeError) as error:
        raise Damaged(f"The journal of erasures {path} cannot be read: {error}.") from error


def entries_of_database() -> list[Entry]:
    """The journal in the running installation's database, which may be empty or not there."""
    if not inspect(db.engine).has_table(ERASURES.name):
        return []
    rows = db.session.execute(select(ERASURES).order_by(ERASURES.c.erased_at, ERASURES.c.id)).all()
    db.session.rollback()
    return [entry_of(row) for row in rows]


def entry_of(row) -> Entry:
    """An entry from a row of the table."""
    return Entry(row.organization_id, row.lead_id, row.erased_at.isoformat(), row.erased_by)


def replaying(entries: Iterable[Entry]) -> Sequence[Executable]:
    """Statements that put into a restored database what its journal lacks, as work still to be done."""
    return [_insert(entry) for entry in dict.fromkeys(entries)]


def _insert(entry: Entry) -> Executable:
    organizations: Table = Base.metadata.tables["organizations"]
    same = and_(ERASURES.c.organization_id == entry.organization_id, ERASURES.c.lead_id == entry.lead_id)
    row = select(
        literal(new_id()),
        organizations.c.id,
        literal(entry.lead_id),
        literal(datetime.fromisoformat(entry.erased_at), Moment()),
        literal(entry.erased_by),
    ).where(organizations.c.id == entry.organization_id, ~exists().where(same))
    columns = ["id", "organization_id", "lead_id", "erased_at", "erased_by"]
    return insert(ERASURES).from_select(columns, row)
