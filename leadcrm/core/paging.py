"""Keyset pages: a page is found by its neighbour's key, so page 2,000 costs what page 2 costs."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, Select, literal, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute

from leadcrm.core.db import db
from leadcrm.core.errors import DomainError

Item = TypeVar("Item")


class BadCursor(DomainError):
    """The cursor is not one we gave for this order."""

    status = 400
    code = "bad_cursor"

    def __init__(self) -> None:
        super().__init__("This page address is not valid. Start again from the first page.", "cursor")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Items in order, and the cursors of the pages beside it (None at an end)."""

    items: Sequence[Item]
    next: str | None
    previous: str | None


@dataclass(frozen=True)
class Order:
    """Columns that together are unique and never NULL, all in one direction, as their index has them."""

    name: str
    columns: tuple[InstrumentedAttribute, ...]
    descending: bool = True


class Keyset:
    """A list that is read page by page: `statement` in an order, `limit` items at a time.

    Items are the statement's first entity, or whole rows with `rows=True`.
    """

    def __init__(self, statement: Select, order: Order, limit: int = 50, *, rows: bool = False):
        keys = (column.label(f"_key{n}") for n, column in enumerate(order.columns))
        self._statement = statement.add_columns(*keys)
        self._first_page = self._sorted(self._statement, order.descending, order, limit)
        self._order, self._limit, self._rows = order, limit, rows

    def page(self, cursor: str | None = None, **parameters: Any) -> Page:
        """The page after (or before) `cursor`; reads `limit` + 1 rows by one index range. Raises BadCursor."""
        backwards, key = _decode(self._order, cursor) if cursor else (False, None)
        found = db.session.execute(self._statement_of(key, backwards), parameters)
        found = (found if self._rows else found.unique()).all()
        more, found = len(found) > self._limit, found[: self._limit]
        if backwards:
            found.reverse()
        if not found:
            return Page([], None, None)
        width = len(self._order.columns)
        first, last = found[0][-width:], found[-1][-width:]
        return Page(
            items=found if self._rows else [row[0] for row in found],
            next=_encode(self._order, last, False) if more or backwards else None,
            previous=_encode(self._order, first, True) if (more if backwards else key is not None) else None,
        )

    def reads_back(self, cursor: str | None) -> bool:
        """Whether it leads to the page before, not after. Raises BadCursor."""
        return cursor is not None and _decode(self._order, cursor)[0]

    def _statement_of(self, key: Sequence[Any] | None, backwards: bool) -> Select:
        if key is None:
            return self._first_page
        order = self._order
        descending = order.descending is not backwards
        left = tuple_(*order.columns)
        right = tuple_(*(_typed(column, value) for column, value in zip(order.columns, key, strict=True)))
        beyond = left < right if descending else left > right
        once = self._statement.where(beyond).execution_options(leadcrm_made_once=False)
        return self._sorted(once, descending, order, self._limit)

    @staticmethod
    def _sorted(statement: Select, descending: bool, order: Order, limit: int) -> Select:
        directions = (column.desc() if descending else column.asc() for column in order.columns)
        return statement.order_by(*directions).limit(limit + 1)


class MergedKeyset(Keyset):
    """Several lists in one order, read as one; of each at most `limit` + 1 rows, by its own index range.

    For `status IN (…)`, whose rows an index has in as many stretches. Items are rows of the labels all parts share.
    """

    def __init__(self, parts: Sequence[Select], order: Order, limit: int = 50):
        self._parts = [Keyset(part, order, limit, rows=True) for part in parts]
        self._order, self._limit, self._rows = order, limit, True

    def _statement_of(self, key: Sequence[Any] | None, backwards: bool) -> Select:
        stretches = (part._statement_of(key, backwards).subquery() for part in self._parts)
        merged = union_all(*(select(stretch) for stretch in stretches)).subquery()
        descending = self._order.descending is not backwards
        keys = (merged.c[f"_key{n}"] for n in range(len(self._order.columns)))
        return (
            select(merged).order_by(*(key.desc() if descending else key.asc() for key in keys)).limit(self._limit + 1)
        )


def keyset_page(
    statement: Select, order: Order, cursor: str | None = None, limit: int = 50, *, rows: bool = False
) -> Page:
    """One page of a list that is put together for it (see Keyset). Raises BadCursor."""
    return Keyset(statement, order, limit, rows=rows).page(cursor)


def _typed(column: InstrumentedAttribute, value: Any) -> Any:
    return literal(value, column.type)


def _encode(order: Order, key: Sequence[Any], backwards: bool) -> str:
    values = [{"t": value.isoformat()} if isinstance(value, datetime) else value for value in key]
    text = json.dumps([order.name, int(backwards), *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(order: Order, cursor: str) -> tuple[bool, list[Any]]:
    try:
        name, backwards, *values = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=="))
        key = [_decode_value(value) for value in values]
    except (ValueError, TypeError, KeyError, OverflowError, binascii.Error, UnicodeError, RecursionError):
        raise BadCursor from None
    if name != order.name or len(key) != len(order.columns):
        raise BadCursor
    if not all(_may_stand_in(column, value) for column, value in zip(order.columns, key, strict=True)):
        raise BadCursor
    return bool(backwards), key


def _may_stand_in(column: InstrumentedAttribute, value: Any) -> bool:
    """Whether it has the column's type, and of a number its width: PostgreSQL cannot be asked for a larger one."""
    if not isinstance(value, column.type.python_type):
        return False
    bound = 2**63 if isinstance(column.type, BigInteger) else 2**31
    return not isinstance(value, int) or -bound <= value < bound


def _decode_value(value: Any) -> Any:
    """What stood in the key. Raises ValueError and the like for what no database could even be asked for."""
    if isinstance(value, dict):
        moment = datetime.fromisoformat(value["t"])
        if moment.tzinfo is None:
            raise ValueError("A naive datetime is not a moment.")
        return moment.astimezone(UTC)
    if isinstance(value, str) and b"\x00" in value.encode():
        raise ValueError("NUL")
    return value
