"""SQLite is told how its tables are filled; else it walks over all messages to find twenty that are due."""

from datetime import timedelta

import pytest

from leadcrm.conversations.delivery.claims import claim
from leadcrm.conversations.delivery.sweeping import sweep
from leadcrm.conversations.operations import plan_messages
from leadcrm.core import clock
from leadcrm.core.db import db, is_postgresql, perform
from leadcrm.core.statistics import refresh_statistics
from tests.conversations.conftest import make_lead
from tests.plans import plan_of, remembered

MESSAGES = 3_000
SAMPLE = 2_000  # SQLite's limit of an index's entries that it looks at


@pytest.fixture
def many_messages(acme) -> None:
    """Messages that wait for a month, a few of which are due."""
    lead, now = make_lead(phone="+12125550123"), clock.now()
    copy = {"lead_id": lead.id, "channel": "sms", "content": "Hi", "origin": "manual"}
    times = [now + timedelta(days=n % 30) for n in range(MESSAGES)]
    perform(plan_messages, [copy | {"intent_key": f"{n}", "scheduled_for": at} for n, at in enumerate(times)])


def plans(work) -> str:
    """How the statements about messages are answered."""
    with remembered("SELECT", "UPDATE", "WITH") as seen:
        work()
    if is_postgresql():  # as its vacuum does; gone with this transaction
        db.session.connection().exec_driver_sql("ANALYZE messages")
    return "\n".join(plan_of(*one) for one in seen if "messages" in one[0])


def known() -> dict[str, int]:
    """How many rows SQLite believes each table to have; empty when it was never told."""
    tables = db.session.connection().exec_driver_sql("SELECT name FROM sqlite_master WHERE name = 'sqlite_stat1'")
    rows = []
    if tables.all():
        rows = db.session.connection().exec_driver_sql("SELECT tbl, stat FROM sqlite_stat1 WHERE idx <> ''").all()
    db.session.rollback()
    return {table: max(int(stat.split()[0]) for name, stat in rows if name == table) for table, _ in rows}


def test_the_claim_and_the_sweep_find_their_rows_by_index(many_messages):
    refresh_statistics()
    found = plans(lambda: perform(claim, "sms", 20, timedelta()))
    assert "ix_messages_due" in found
    assert "ix_messages_status" not in found
    assert "ix_messages_leased" in plans(sweep)


def test_a_table_is_looked_at_again_when_it_has_grown(acme, request):
    with remembered("PRAGMA optimize") as seen:
        refresh_statistics()
        before = {} if is_postgresql() else known()
        request.getfixturevalue("many_messages")
        refresh_statistics()
    if is_postgresql():
        assert seen == [], "its own vacuum looks after that"
    else:
        assert before.get("messages", 0) == 0
        assert known()["messages"] > SAMPLE
