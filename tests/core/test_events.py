"""Facts are written with the change; each listener's effect happens once; failures keep only their own debt."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from leadcrm.core import clock, events, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.drains import MAX_TRIES, back_off, drain_events
from leadcrm.core.models import Debt, EventRow
from leadcrm.leads.events import LeadArchived, LeadCreated
from leadcrm.leads.models import Tag
from leadcrm.reactions import REACTIONS
from tests.databases import only_on


@pytest.fixture
def reactions():
    """A map of the test's own; the product's comes back afterwards."""
    chosen: dict = {}

    def choose(*listeners):
        for listener in listeners:
            listener.__module__ = "leadcrm.flows.listeners"
        events.subscribe({LeadCreated: list(listeners)})
        return chosen

    yield choose
    events.subscribe(REACTIONS)


def create(*, fail: bool = False) -> None:
    events.record(LeadCreated(lead_id="lead", source="test"))
    if fail:
        raise RuntimeError("the change itself failed")


def add_tag(event: LeadCreated) -> None:
    db.session.add(Tag(name=f"tag {db.session.scalar(select(func.count(Tag.id)))}"))


def facts() -> list[EventRow]:
    """The leads' facts; the cast's joining is older."""
    return db.session.scalars(select(EventRow).where(EventRow.name.like("lead.%")).order_by(EventRow.id)).all()


def tags() -> int:
    return db.session.scalar(select(func.count(Tag.id)))


def pay() -> int:
    return drain_events(lambda: False)


def make_due() -> None:
    def now() -> None:
        for debt in db.session.scalars(select(Debt)):
            debt.due_at = clock.real_now() - timedelta(seconds=1)

    perform(now)


def test_a_fact_and_its_debts_are_written_with_the_change_or_not_at_all(acme, reactions):
    reactions(add_tag)
    with pytest.raises(RuntimeError):
        perform(create, fail=True)
    assert facts() == []
    perform(create)
    assert len(facts()) == 1
    assert db.session.scalar(select(func.count(Debt.id))) == 1


def test_a_listener_works_once_in_its_organization(acme, reactions):
    reactions(add_tag)
    perform(create)
    assert pay() == 1
    assert pay() == 0
    assert tags() == 1


def test_a_failing_listener_undoes_its_work_and_keeps_only_its_own_debt(acme, reactions):
    def break_off(event):
        db.session.add(Tag(name="half"))
        db.session.flush()
        raise ValueError("no")

    reactions(break_off, add_tag)
    perform(create)
    assert pay() == 1
    assert [tag.name for tag in db.session.scalars(select(Tag))] == ["tag 0"]
    debt = db.session.scalars(select(Debt)).one()
    assert (debt.listener, debt.tries, debt.error) == ("flows.break_off", 1, "ValueError: no")
    assert debt.due_at > clock.real_now()


@only_on("postgresql", "SQLite has one writer at a time: no worker looks at debts while another holds some")
def test_what_another_worker_has_in_hand_is_not_waited_for(app, acme, reactions):
    reactions(add_tag)
    perform(create)
    in_hand, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with app.app_context(), tenancy.organization(acme.id), writing() as session:
            session.execute(select(Debt).with_for_update())
            in_hand.set()
            may_end.wait(20)

    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(hold)
        assert in_hand.wait(10)
        looks = itertools.count()
        assert drain_events(lambda: next(looks) > 50) == 0
        may_end.set()
        other.result()
    assert next(looks) <= 2, "it went on to other work"


def test_after_eight_tries_a_debt_waits_for_a_person(acme, reactions):
    def break_off(event):
        raise ValueError("no")

    reactions(break_off)
    perform(create)
    for _ in range(MAX_TRIES):
        make_due()
        pay()
        db.session.rollback()
    debt = db.session.scalars(select(Debt)).one()
    assert (debt.tries, debt.due_at) == (MAX_TRIES, None)
    assert pay() == 0


def test_what_a_listener_records_is_one_deeper_and_names_its_cause(acme, reactions):
    reactions(lambda_free_archive)
    perform(create)
    pay()
    first, second = facts()
    assert (first.depth, second.depth, second.cause_id) == (0, 1, first.id)


def lambda_free_archive(event: LeadCreated) -> None:
    events.record(LeadArchived(lead_id=event.lead_id))


def test_many_facts_keep_their_order(acme, reactions):
    reactions()
    ids = perform(events.record_all, [LeadCreated(lead_id=str(n), source="x") for n in range(500)])
    assert [(row.id, row.lead_id) for row in facts()] == list(zip(ids, map(str, range(500)), strict=True))


def test_back_off_doubles_and_stays_below_an_hour_and_a_half():
    now = clock.real_now()
    assert timedelta(seconds=1) <= back_off(1, now) - now <= timedelta(seconds=3)
    assert back_off(30, now) - now <= timedelta(seconds=5400)


def test_events_refuse_change_and_deletion(acme, reactions):
    reactions()
    perform(create)
    row_id = facts()[0].id

    def tamper() -> None:
        db.session.scalars(select(EventRow).where(EventRow.id == row_id)).one().name = "lead.forged"

    with pytest.raises(Exception, match="immutable"):
        perform(tamper)

    def remove() -> None:
        db.session.delete(db.session.scalars(select(EventRow).where(EventRow.id == row_id)).one())

    with pytest.raises(Exception, match="immutable"):
        perform(remove)


def test_nothing_is_read_without_an_organization(app):
    with pytest.raises(tenancy.TenantMissing):
        db.session.scalars(select(Tag)).all()
