"""Lists of leads: filtered, ordered, page by page, counted, exported."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Select, Subquery, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute

from leadcrm.core.db import MADE_ONCE, db, is_postgresql
from leadcrm.core.hints import told
from leadcrm.core.paging import Keyset, Order, Page
from leadcrm.identity.models import User
from leadcrm.identity.permissions import Reader, visible_leads_filter
from leadcrm.leads import search
from leadcrm.leads.data import Filters
from leadcrm.leads.models import ContactPoint, Lead, LeadTag, Tag
from leadcrm.leads.queries.addresses import main_addresses
from leadcrm.leads.queries.records import tag_names

SORTS: dict[str, InstrumentedAttribute] = {
    "activity": Lead.last_activity_at,
    "created": Lead.created_at,
    "name": Lead.name,
    "score": Lead.score,
}
OWNER_NAME = User.name.label("owner_name")
LISTED = (
    Lead.id,
    Lead.name,
    Lead.company,
    Lead.interest,
    Lead.status,
    Lead.score,
    Lead.source,
    OWNER_NAME,
    Lead.created_at,
    Lead.last_activity_at,
)
EXPORTED = (*LISTED, Lead.city, Lead.country)
COUNTED_UP_TO = 1_000
FOUND_UP_TO = 200  # by a search, which looks each of them up
OFTEN_FOUND = 40  # among few: then it is worth looking among many
EXPORT_BATCH = 500
SEES_ALL = "owner"  # a role for which nobody is left out


def lead_list(
    user: User,
    filters: Filters,
    sort: str | None = None,
    *,
    descending: bool = True,
    cursor: str | None = None,
    limit: int = 50,
    columns: tuple[ColumnElement, ...] = LISTED,
    counted: bool = False,
) -> Page:
    """A page of what a list shows of each lead: rows of `columns`; with `matching` when `counted`.

    `sort` is one of SORTS; without one a search comes newest first, anything else by last activity. Raises BadCursor.
    """
    asked = (user.role, filters, sort, descending, limit, columns, counted, is_postgresql())
    if is_postgresql() and sort is None and search.terms_of(filters.q):
        return _newest_found(asked, filters, cursor, user.id)
    return _listing(*asked).page(cursor, reader=user.id)


def _newest_found(asked: tuple, filters: Filters, cursor: str | None, reader_id: str) -> Page:
    """A page of a search on PostgreSQL: of the newest leads where they fill it and its count, else of all."""
    few = _listing(*asked, search.among_few)
    goes_back = few.reads_back(cursor)
    if not goes_back:
        page = few.page(cursor, reader=reader_id)
        if len(page.items) >= OFTEN_FOUND and not _is_whole(page):
            page = _listing(*asked, search.among_many).page(cursor, reader=reader_id)
        if _is_whole(page):
            return page
    may_be_common = goes_back or filters != Filters(q=filters.q)
    is_common = may_be_common and db.session.scalar(search.is_common(filters.q))
    return _listing(*asked, None if is_common else search.by_index).page(cursor, reader=reader_id)


def _is_whole(page: Page) -> bool:
    """Whether the page, and the count beside it, could hold nothing else if more leads had been looked at."""
    return page.next is not None and getattr(page.items[0], "matching", FOUND_UP_TO + 1) > FOUND_UP_TO


@lru_cache(maxsize=256)
def _listing(
    role: str,
    filters: Filters,
    sort: str | None,
    descending: bool,
    limit: int,
    columns: tuple[ColumnElement, ...],
    counted: bool,
    on_postgresql: bool,  # where a search is another one
    look: Callable[[str], Subquery] | None = None,  # for what is searched, instead of as the planner thinks best
) -> Keyset:
    """Most lists are asked for again and again: putting one together costs more than reading it."""
    found = look(filters.q) if look else None
    if counted:
        matching = _counting(role, filters, counted_up_to(filters), found).scalar_subquery()
        columns = (*columns, matching.label("matching"))
    statement, newest = _filtered(select(*columns), Reader(role), filters, found)
    statement = statement.execution_options(**MADE_ONCE)
    if any(column is OWNER_NAME for column in columns):
        statement = statement.outerjoin(User, User.id == Lead.owner_id)
    if sort is None and newest is not None:
        return Keyset(statement, Order("found", (newest,)), limit, rows=True)
    sort = sort if sort in SORTS else "activity"
    order = Order(f"{sort}{'-' if descending else '+'}", (SORTS[sort], Lead.id), descending)
    return Keyset(statement, order, limit, rows=True)


def counted_up_to(filters: Filters) -> int:
    """Where counting stops: one more than this means "more than this"."""
    return FOUND_UP_TO if search.terms_of(filters.q) else COUNTED_UP_TO


def count_leads(user: User, filters: Filters) -> int:
    """How many leads match, exactly."""
    return db.session.scalar(counting(user.role, filters, None, is_postgresql()), {"reader": user.id})


@lru_cache(maxsize=256)
def counting(role: str, filters: Filters, up_to: int | None, on_postgresql: bool) -> Select:
    """How many leads match, up to `up_to` + 1, as a statement that is executed with the person's id as `reader`."""
    return _counting(role, filters, up_to)


def _counting(role: str, filters: Filters, up_to: int | None, found: Subquery | None = None) -> Select:
    matching, _ = _filtered(select(Lead.id), Reader(role), filters, found)
    if up_to is not None:
        matching = matching.limit(told(up_to + 1))
    return select(func.count()).select_from(matching.subquery()).execution_options(**MADE_ONCE)


def segment(filters: Filters, cursor: str | None = None, limit: int = EXPORT_BATCH) -> Page:
    """Everyone who matches, whoever asks, newest first: a page of rows with `id`. Raises BadCursor."""
    return _listing(SEES_ALL, filters, "created", True, limit, (Lead.id,), False, is_postgresql()).page(cursor)


def segment_ids(filters: Filters) -> Select:
    """The ids of everyone who matches, whoever asks, for another statement to look in."""
    return _filtered(select(Lead.id), Reader(SEES_ALL), filters)[0]


def segment_size(filters: Filters) -> int:
    """How many leads match, exactly."""
    return db.session.scalar(counting(SEES_ALL, filters, None, is_postgresql())) or 0


def exported(user: User, filters: Filters) -> Iterator[Sequence[Any]]:
    """Every matching lead in batches of rows of `EXPORTED`, `email`, `phone` and `tags`, newest first."""
    cursor = None
    while True:
        page = lead_list(user, filters, "created", cursor=cursor, limit=EXPORT_BATCH, columns=EXPORTED)
        lead_ids = [row.id for row in page.items]
        points, tags = main_addresses(lead_ids, ("email", "phone")), tag_names(lead_ids)
        yield [
            (row, points.get((row.id, "email"), ""), points.get((row.id, "phone"), ""), tags.get(row.id, []))
            for row in page.items
        ]
        cursor = page.next
        if cursor is None:
            return


def _filtered(statement: Select, reader: Reader, filters: Filters, found: Subquery | None = None) -> tuple[Select, Any]:
    """The statement with every filter, and the column that orders a search newest first (None without a search).

    `found` is what the search has found, where that was looked for apart.
    """
    newest = None
    if found is not None:
        statement, newest = statement.join(found, found.c.lead_id == Lead.id), found.c.id
    elif search.terms_of(filters.q):
        statement, newest = search.matching(statement, filters.q)
    return statement.where(visible_leads_filter(reader, Lead.owner_id), *_criteria(filters)), newest


def _criteria(filters: Filters) -> Iterator[ColumnElement[bool]]:
    yield Lead.archived_at.is_not(None) if filters.archived else Lead.archived_at.is_(None)
    if filters.statuses:
        yield Lead.status.in_(filters.statuses)
    if filters.owner == "none":
        yield Lead.owner_id.is_(None)
    elif filters.owner:
        yield Lead.owner_id == filters.owner
    if filters.source:
        yield Lead.source == filters.source
    if filters.tag_id:
        yield Lead.id.in_(select(LeadTag.lead_id).where(LeadTag.tag_id == filters.tag_id))
    if filters.score_at_least is not None:
        yield Lead.score >= filters.score_at_least
    if filters.created_from is not None:
        yield Lead.created_at >= filters.created_from
    if filters.created_before is not None:
        yield Lead.created_at < filters.created_before
    if filters.booked:
        yield Lead.id.in_(current_app.extensions["booked_leads"]())  # a higher floor knows them (extensions.py)
    for kind in filters.has:
        yield exists().where(ContactPoint.lead_id == Lead.id, ContactPoint.kind == kind, ContactPoint.is_primary)


@dataclass(frozen=True)
class FilterNames:
    """The words for what filters point at by id."""

    owner: str
    tag: str


def names_of(filters: Filters) -> FilterNames:
    """Names of the filters' owner and tag; no query when they point at none."""
    owner = tag = None
    if filters.owner and filters.owner != "none":
        owner = db.session.scalar(select(User.name).where(User.id == filters.owner))
    if filters.tag_id:
        tag = db.session.scalar(select(Tag.name).where(Tag.id == filters.tag_id))
    return FilterNames(owner or "someone who left", tag or "a tag that is gone")
