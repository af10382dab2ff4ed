"""INSERTs that may meet a row which is there already."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from leadcrm.core.db import is_postgresql


def upsert(table: Any) -> postgresql.Insert | sqlite.Insert:
    """An INSERT with `on_conflict_do_nothing` and `on_conflict_do_update`, as the database at hand has them."""
    return postgresql.insert(table) if is_postgresql() else sqlite.insert(table)
