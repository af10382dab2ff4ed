"""Reads of imports: what the worker has to do, and what the pages show."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Row, bindparam, exists, select, union_all
from sqlalchemy.orm import joinedload

from leadcrm.core.db import db
from leadcrm.core.errors import Conflict
from leadcrm.core.models import EventRow
from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.imports.finding import Finder
from leadcrm.imports.models import AT_WORK, Import, ImportFile, ImportRow
from leadcrm.leads.models import Lead

READ_AT_ONCE = 500
STARTED = "The import was started in the meantime. Reload the page to see it."
SHOWN = ("", "new", "known", "repeat", "refused", "left")  # rows: all, of one outcome, or left alone by a revert


def under_way() -> list[Row]:
    """(organization_id, id) of imports the worker has to look after, of every organization when all are in scope."""
    at_work = bindparam("at_work", AT_WORK, expanding=True, literal_execute=True)  # as the index has it, for SQLite
    statement = select(Import.organization_id, Import.id).where(Import.state.in_(at_work))
    return list(db.session.execute(statement.order_by(Import.created_at, Import.id)).all())


def unstarted_before(moment: datetime) -> list[Row]:
    """(organization_id, id) of imports that were brought before and never started."""
    statement = select(Import.organization_id, Import.id)
    return list(db.session.execute(statement.where(Import.started_at.is_(None), Import.created_at < moment)).all())


def with_rows_quiet_since(moment: datetime) -> list[Row]:
    """(organization_id, id) of imports that ended or were stopped before, or began and never did; rows still known."""
    known = select(Import.organization_id, Import.id).where(Import.forgotten_at.is_(None))
    ended = known.where(Import.ended_at < moment)
    began = known.where(Import.ended_at.is_(None), Import.started_at < moment)
    return list(db.session.execute(union_all(ended, began)).all())


def content_of(import_id: str) -> bytes:
    """The bytes of the file. Raises Conflict once the import was started: its rows were kept then, not the file."""
    content = db.session.scalar(select(ImportFile.content).where(ImportFile.import_id == import_id))
    if content is None:
        raise Conflict(STARTED)
    return content


def rows_in_state(import_id: str, state: str, limit: int) -> Sequence[ImportRow]:
    """The first rows of an import that are in a state."""
    rows = select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.state == state)
    return db.session.scalars(rows.order_by(ImportRow.number).limit(limit)).all()


def same_people(import_id: str, emails: Collection[str], phones: Collection[str]) -> Sequence[Row]:
    """(number, email, phone) of rows that hold one of these addresses, in two looks: an OR would read them all."""
    columns = (ImportRow.number, ImportRow.email, ImportRow.phone)
    found = {}
    for column, values in ((ImportRow.email, emails), (ImportRow.phone, phones)):
        rows = select(*columns).where(
            ImportRow.import_id == import_id, column.in_(values), ImportRow.state == "waiting"
        )
        found |= {row.number: row for row in db.session.execute(rows)}
    return [found[number] for number in sorted(found)]


def import_page(cursor: str | None, limit: int = 25) -> Page:
    """Imports with who began them, the newest first. Raises BadCursor."""
    order = Order("newest", (Import.created_at, Import.id))
    return keyset_page(select(Import).options(joinedload(Import.author)), order, cursor, limit)


def row_page(import_id: str, shown: str, cursor: str | None, limit: int = 25) -> Page:
    """Rows as the file has them, those that one of SHOWN names. Raises BadCursor."""
    rows = select(ImportRow).where(ImportRow.import_id == import_id)
    if shown:
        rows = rows.where(ImportRow.state == "left" if shown == "left" else ImportRow.outcome == shown)
    return keyset_page(rows, Order(f"rows {shown}", (ImportRow.number,), descending=False), cursor, limit)


def is_as_imported() -> ColumnElement[bool]:
    """Criterion on leads: a file brought them that was to greet nobody, and nothing was said with them since."""
    return exists().where(
        ImportRow.lead_id == Lead.id,
        ImportRow.outcome == "new",
        Import.id == ImportRow.import_id,
        Import.announces.is_(False),
        EventRow.id == ImportRow.last_fact,
        EventRow.at >= Lead.last_activity_at,
    )


def rows_that_hold(addresses: Collection[str]) -> Iterator[ImportRow]:
    """Rows of any import that are no lead's (refused, waiting, repeated) and hold one of these addresses.

    Reads them all, a few at once.
    """
    finder = Finder(addresses)
    loose = select(ImportRow).where(ImportRow.lead_id.is_(None)).order_by(ImportRow.import_id, ImportRow.number)
    rows = db.session.scalars(loose.execution_options(yield_per=READ_AT_ONCE))
    return (row for row in rows if finder.finds(row.cells))


def names_of(lead_ids: Collection[str | None]) -> dict[str, str]:
    """Names of leads by their ids."""
    return dict(db.session.execute(select(Lead.id, Lead.name).where(Lead.id.in_(lead_ids))).all())


def refused_rows(import_id: str) -> Iterator[Row]:
    """(cells, reason) of every row that was refused, as the file has them, read in batches."""
    columns, last = (ImportRow.number, ImportRow.cells, ImportRow.reason), 0
    refused = select(*columns).where(ImportRow.import_id == import_id, ImportRow.state == "refused")
    while rows := db.session.execute(
        refused.where(ImportRow.number > last).order_by(ImportRow.number).limit(500)
    ).all():
        yield from rows
        last = rows[-1].number
