"""Work that a drain does for one organization after the other, kept apart."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from leadcrm.core import tenancy
from leadcrm.core.db import db

log = logging.getLogger(__name__)


@contextmanager
def on_its_own(organization_id: str, what: str) -> Iterator[None]:
    """One piece of an organization's work. What it raises is logged as `what`: the next ones must still be done."""
    try:
        with tenancy.organization(organization_id):
            yield
    except Exception:
        log.exception("%s of organization %s broke off", what, organization_id)
        db.session.rollback()


def in_turns(
    under_way: Callable[[], Iterable[tuple[str, str]]],
    do_a_batch: Callable[[str], bool],
    what: str,
    should_stop: Callable[[], bool],
) -> int:
    """Do a batch of each piece of work in turn, until none has more to do. Returns how many batches that were.

    `under_way` gives (organization, id of a piece) over all organizations; `do_a_batch(id)` says whether it did
    something, so that there may be more. A piece that breaks off has no further turn.
    """
    batches = 0
    with tenancy.everyone():
        left = deque(under_way())
        db.session.rollback()
    while left and not should_stop():
        organization_id, piece_id = left.popleft()
        with on_its_own(organization_id, f"{what} {piece_id}"):
            if do_a_batch(piece_id):
                batches += 1
                left.append((organization_id, piece_id))
    return batches
