"""Files of leads, brought to Acme and taken in."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from leadcrm.core import events
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.drains import drain_events
from leadcrm.imports import operations
from leadcrm.imports.data import Plan
from leadcrm.imports.first_look import first_look
from leadcrm.imports.jobs import drain_imports
from leadcrm.imports.models import Import, ImportRow
from leadcrm.leads.models import Lead

PEOPLE = (
    "Name,Email,Phone,Company\nNaledi Khumalo,naledi@mail.example,+12125550123,Khumalo & Co\nJo Doe,jo@mail.example,,\n"
)


@pytest.fixture
def bring(acme, cast):
    """`bring("Name,Email\\n…", tags=("fair",))` → the import when the worker has looked at every row."""

    def make(text: str | bytes, *, by=None, name: str = "fair.csv", **plan) -> Import:
        data = text if isinstance(text, bytes) else text.encode()
        look = first_look(data, acme.country)
        plan = Plan(**{**vars(look.plan(acme.country)), **plan})
        person = by or cast.ada
        with events.acting_as(f"user:{person.id}"):
            arguments = (name, data, look.writing, look.headings, look.rows, plan, person)
            found = perform(operations.begin_import, *arguments)
            perform(operations.choose_plan, found, plan)
        work()
        return again(found)

    return make


@pytest.fixture
def take_in(bring) -> Callable[..., Import]:
    """The same, and taken in."""

    def make(text: str | bytes, *, announces: bool = False, **plan) -> Import:
        found = bring(text, **plan)
        perform(operations.start_import, found, announces=announces)
        work()
        return again(found)

    return make


def work() -> None:
    """Let the worker do what is to be done."""
    drain_imports(lambda: False)
    drain_events(lambda: False)


def again(found: Import) -> Import:
    """The import as it is in the database now."""
    db.session.rollback()
    db.session.expire_all()
    return get_or_404(Import, found.id)


def rows_of(found: Import) -> list[ImportRow]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(ImportRow).where(ImportRow.import_id == found.id).order_by(ImportRow.number)))


def leads() -> list[Lead]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Lead).order_by(Lead.id)))


def lead_of(name: str) -> Lead:
    return next(lead for lead in leads() if lead.name == name)


def address_of(lead: Lead, kind: str) -> str:
    return next((point.value for point in lead.contact_points if point.kind == kind and point.is_primary), "")
