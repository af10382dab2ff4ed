"""What one more message costs a drain: turns of talk with PostgreSQL, which are most of its time there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from leadcrm.core.db import db
from leadcrm.core.values import new_id
from tests.conversations.conftest import FakeTransport, make_lead, plan
from tests.databases import only_on

FEW, MANY = 6, 16
TURNS = 4  # BEGIN; the outcome before with this one's beginning; what follows from both; COMMIT
PREPARING = 8  # psycopg has a statement prepared when it comes for the sixth time: a turn of its own


@pytest.fixture
def turns(acme, tmp_path: Path) -> Iterator[Callable[[], int]]:
    """How often the server was waited for: it ends each of its turns with ReadyForQuery."""
    protocol = tmp_path / "protocol"
    with protocol.open("wb") as file:

        def trace(connection, record, proxy) -> None:
            connection.pgconn.trace(file.fileno())

        db.engine.dispose()  # what earlier tests had prepared would be dropped for ours, a turn each
        event.listen(db.engine, "checkout", trace)
        yield lambda: protocol.read_bytes().count(b"ReadyForQuery")
        event.remove(db.engine, "checkout", trace)
        db.engine.dispose()


@only_on("postgresql", "SQLite is not talked with")
def test_a_message_costs_four_turns(turns):
    def cost_of(messages: int) -> int:
        for _ in range(messages):
            lead = make_lead(email=f"{new_id()}@leads.test")
            plan(lead, lead.id, origin="flow")
        before, transport = turns(), FakeTransport()
        transport.drain()
        assert len(transport.sent) == messages
        return turns() - before

    for _ in range(PREPARING):
        cost_of(1)
    assert cost_of(MANY) - cost_of(FEW) == TURNS * (MANY - FEW)
