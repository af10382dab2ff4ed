"""What happened to an account, its people and its deals, newest first, in sentences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import select

from leadcrm.accounts import queries
from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.accounts.telling import Background, sentence_of
from leadcrm.core import events
from leadcrm.core.db import db
from leadcrm.core.models import EventRow
from leadcrm.identity import queries as identity


@dataclass(frozen=True)
class Happening:
    """One line: who did what and when."""

    id: int
    icon: str
    sentence: str
    at: datetime


@dataclass(frozen=True)
class Listing:
    """Some lines, and the number before which the next ones stand (None at the end)."""

    items: Sequence[Happening]
    next: int | None


def of_account(account: Account, before: int | None = None) -> Listing:
    """A page of the account's timeline, in one query and one for each kind of thing it names."""
    rows = queries.facts_of(account.id, before)
    background = _background(rows)
    happenings = [Happening(row.id, _icon(row), sentence_of(row, background), row.at) for row in rows]
    return Listing(happenings, rows[-1].id if len(rows) == queries.MOST_FACTS else None)


def _background(rows: Sequence[EventRow]) -> Background:
    automations = _actors(rows, "automation") | _ids(rows, "automation_id")
    named_automations = current_app.extensions["names"]["automation"](automations) if automations else {}
    return Background(
        people=identity.names_of(_actors(rows, "user") | _ids(rows, "owner_id")),
        contacts=_names(Contact, _ids(rows, "contact_id")),
        deals=_names(Opportunity, _ids(rows, "opportunity_id")),
        automations=named_automations,
    )


def _icon(row: EventRow) -> str:
    event_class = events.known().get(row.name)
    return event_class.icon if event_class else "circle-check"


def _ids(rows: Iterable[EventRow], field: str) -> set[str]:
    return {row.told[field] for row in rows if row.told.get(field)}


def _actors(rows: Iterable[EventRow], kind: str) -> set[str]:
    return events.ids_among((row.actor for row in rows), kind)


def _names(model: type, ids: set[str]) -> dict[str, str]:
    if not ids:
        return {}
    return dict(db.session.execute(select(model.id, model.name).where(model.id.in_(ids))).all())
