"""How long a claim holds, and whose clock says so."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from leadcrm.core import clock
from leadcrm.core.db import db, is_postgresql

CLAIM_LEASE = timedelta(seconds=120)
SEND_LEASE = timedelta(seconds=400)  # the longest send 360 (adapters/smtp.py), and 40 to write it down
LONGEST_LEASE = SEND_LEASE


def clock_skew() -> timedelta:
    """How far the database's clock is ahead of ours: leases live by its clock, because hosts disagree.

    Zero on SQLite, whose file is on this host.
    """
    if not is_postgresql():
        return timedelta(0)
    theirs = db.session.scalar(select(func.clock_timestamp()))
    return theirs - clock.real_now()


def lease_now(skew: timedelta) -> datetime:
    """The moment leases are measured by; never the rehearsal clock."""
    return clock.real_now() + skew
