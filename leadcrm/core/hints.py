"""What a statement tells the planner of its database, which knows less of our rows than we do."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, func, literal_column

from leadcrm.core.db import is_postgresql


def sharper(criterion: ColumnElement[bool]) -> ColumnElement[bool]:
    """A criterion that fewer rows meet than are of the organization, which SQLite takes to be few."""
    return criterion if is_postgresql() else func.unlikely(criterion)


def unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column, in a criterion by which SQLite is not to look rows up: it takes no heed of how few are wanted."""
    return column if is_postgresql() else func.likely(column, type_=column.type)


def told(number: int) -> ColumnElement[int]:
    """A number that stands in the statement itself: a plan that PostgreSQL keeps knows a LIMIT only so."""
    return literal_column(str(int(number)), Integer)
