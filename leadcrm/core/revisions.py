"""A change is refused when it would go over another's: whoever asks says which revision of the row they read."""

from collections.abc import Iterator
from contextlib import contextmanager

from leadcrm.core.db import Row, db, lock
from leadcrm.core.errors import Conflict


@contextmanager
def as_read(row: Row, revision: int | None) -> Iterator[Row]:
    """The row, locked, to be changed inside. Raises Conflict when it is, and was not at `revision` before.

    None: whoever asks does not mind. What says only what is there already is never refused.
    """
    row = lock(row)
    found = row.revision
    yield row
    db.session.flush()
    if revision not in (None, found) and row.revision != found:
        raise Conflict("It was changed since you read it.")
