"""The crowd is as large as asked, and leaves the schema as it found it."""

import gc

import pytest
from sqlalchemy import func, inspect, select
from sqlalchemy.exc import IntegrityError

from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.bookings.models import Booking
from leadcrm.conversations.models import Conversation, Message
from leadcrm.core import clock
from leadcrm.core.bulk import fill
from leadcrm.core.db import db, writing
from leadcrm.core.models import EventRow
from leadcrm.core.values import new_id
from leadcrm.demo import crowd
from leadcrm.demo.bulk import bared
from leadcrm.leads.models import Conversion, Lead
from leadcrm.tasks.models import Task
from tests.databases import BACKEND

LEADS, MESSAGES = 5, 7
FOLLOWED = 200  # enough for some of everything that seldom happens


def number(model: type, *where) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where))


def structure() -> dict[str, object]:
    """Indexes and foreign keys of the tables that the crowd fills."""
    looker = inspect(db.engine)
    return {
        table.name: (
            sorted(index["name"] for index in looker.get_indexes(table.name)),
            sorted(key["name"] for key in looker.get_foreign_keys(table.name)),
        )
        for table in crowd.TABLES
    }


@pytest.fixture(params=["kept", "rebuilt"])
def indexes(request, monkeypatch):
    if request.param == "rebuilt":
        monkeypatch.setattr(crowd, "WORTH_BARING", 1)


def test_everybody_has_exchanged_so_many_messages(acme, indexes, monkeypatch):
    monkeypatch.setattr(crowd, "BATCH_MESSAGES", 2 * MESSAGES)
    before = structure()
    crowd.add_crowd_to(acme.id, LEADS, MESSAGES)
    assert structure() == before
    assert (number(Lead), number(Conversation)) == (LEADS, LEADS)
    assert number(Message) == LEADS * MESSAGES
    assert number(EventRow, EventRow.lead_id.is_not(None)) == LEADS * (MESSAGES + 1)
    last = select(func.max(Message.position_at)).where(Message.conversation_id == Conversation.id)
    assert db.session.scalars(select(Conversation.last_message_at == last.scalar_subquery())).all() == [True] * LEADS
    assert gc.isenabled()


def test_what_came_of_them_is_as_the_verbs_would_have_left_it(acme, cast, indexes):
    crowd.add_crowd_to(acme.id, FOLLOWED)
    converted = number(Lead, Lead.status == "converted")
    theirs = (Account, Contact, Opportunity, Conversion)
    assert {number(model) for model in theirs} == {converted} != {0}
    linked = select(func.count(Lead.id)).join(Contact, Contact.lead_id == Lead.id)
    assert db.session.scalar(linked.where(Lead.account_id == Contact.account_id)) == converted
    assert number(Task, Task.state == "done") > number(Task, Task.state == "open") > 0
    assert number(Booking) > number(Booking, Booking.state == "canceled") > 0
    assert number(Booking, Booking.ends_at > clock.now()) == 0
    assert all(deal.amount > 0 for deal in db.session.scalars(select(Opportunity)))


def test_what_was_filled_is_read_as_it_was_given(acme):
    said = 'He said "yes",\n\\N and \t it was\\n so'
    lead = next(crowd.Crowd(acme.id, [], 1, acme.created_at).batches(0))[crowd.LEADS][0]
    lead |= {"name": said, "company": "", "score": 1, "status_by_hand": True, "archived_at": None}
    with writing():
        fill(crowd.LEADS, [lead])
    read = db.session.scalar(select(Lead))
    assert {name: getattr(read, name) for name in lead} == lead


if BACKEND == "postgresql":

    def fill_bared(rows: crowd.Rows) -> None:
        with writing(), bared(crowd.TABLES):
            for table in crowd.TABLES:
                fill(table, rows[table])

    def test_rows_that_break_a_foreign_key_leave_nothing_behind(acme):
        before = structure()
        rows = next(crowd.Crowd(acme.id, [], 1, acme.created_at).batches(0))
        rows[crowd.POINTS][0]["lead_id"] = new_id()
        with pytest.raises(IntegrityError):
            fill_bared(rows)
        assert structure() == before
        assert number(Lead) == 0
