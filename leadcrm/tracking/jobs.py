"""What the worker does for tracking: weighs what was noted, forgets what is old."""

from collections.abc import Callable
from datetime import timedelta

from leadcrm.core import clock, tenancy
from leadcrm.core.apart import on_its_own
from leadcrm.core.db import end_reading, perform
from leadcrm.tracking import operations, queries

KEPT = timedelta(days=396)  # thirteen months
FORGET_BATCH = 500  # in one transaction: more would make web requests on SQLite wait


def drain_engagements(should_stop: Callable[[], bool]) -> int:
    """Weigh the opens and clicks whose time has come. Returns how many were settled."""
    settled = 0
    with tenancy.everyone():
        due = list(queries.engagements_due())
        end_reading()
    for organization_id, message_id in due:
        if should_stop():
            break
        with on_its_own(organization_id, f"weighing what was done with message {message_id}"):
            settled += perform(operations.settle_engagements, message_id)
    return settled


def forget_old_tracks() -> int:
    """Forget opens, clicks and visits after thirteen months; the facts stay. Returns how many rows."""
    gone = 0
    with tenancy.everyone():
        for forget in (operations.forget_engagements, operations.forget_visits):
            while batch := perform(forget, clock.now() - KEPT, FORGET_BATCH):
                gone += batch
    return gone
