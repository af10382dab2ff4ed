"""Any change to a sealed fact shows, whatever was done to hide it; sealing never misses a late writer."""

import threading

import pytest
from sqlalchemy import Connection, func, insert, select, text

from leadcrm.core import audit, clock, events, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.models import AuditSeal, EventRow
from leadcrm.leads.events import LeadCreated
from tests.conftest import count_queries
from tests.databases import BACKEND, only_on

LONG_AGO = "'2020-01-01 00:00:00+00:00'" if BACKEND == "postgresql" else "'2020-01-01 00:00:00.000000'"


@pytest.fixture
def facts(acme, monkeypatch) -> None:
    """Ten facts of ours after the cast's, under seals of four."""
    monkeypatch.setattr(audit, "BATCH", 4)
    add_facts(10)
    audit.seal_new_facts(most_seals=None)


def add_facts(count: int) -> None:
    perform(events.record_all, [LeadCreated(lead_id=f"lead {n}", source="test") for n in range(count)])


def walk(must_contain: str | None = None) -> audit.Chain:
    chain = audit.walk(db.session.connection(), must_contain)
    db.session.rollback()
    return chain


def tamper(*statements: str) -> None:
    """As somebody who owns the database, and can switch its triggers off."""
    with writing() as session:
        connection = session.connection()
        _switch_triggers_off(connection)
        for statement in statements:
            assert connection.execute(text(statement)).rowcount == 1
        session.commit()


def _switch_triggers_off(connection: Connection) -> None:
    """On PostgreSQL for this transaction: the next test uses the same database, where SQLite's file is copied anew."""
    if BACKEND == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        return
    for table in ("events", "audit_seals"):
        connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_update"))
        connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_delete"))


def newest_fact() -> int:
    return db.session.scalar(select(func.max(EventRow.__table__.c.id)))


def test_all_facts_come_under_seals(facts):
    chain = walk()
    total = db.session.scalar(select(func.count()).select_from(EventRow.__table__))
    assert (chain.facts, chain.unsealed, chain.broken) == (total, 0, None)
    assert chain.seals == -(-total // 4)
    assert chain.newest == audit.newest_seal(db.session.connection())


def test_what_is_recorded_later_is_sealed_later(facts):
    add_facts(3)
    assert walk().unsealed == 3
    assert audit.seal_new_facts() == 3
    assert audit.seal_new_facts() == 0
    assert walk().unsealed == 0


@pytest.mark.parametrize(
    "change",
    [
        "organization_id = (SELECT id FROM organizations WHERE slug = 'rival')",
        "name = 'lead.archived'",
        'data = \'{"lead_id": "lead 3", "source": "forged"}\'',
        "lead_id = 'someone else'",
        "actor = 'user:ada'",
        "cause_id = 1",
        "depth = 1",
        f"at = {LONG_AGO}",
    ],
)
def test_a_changed_fact_breaks_the_chain(facts, change):
    tamper(f"UPDATE events SET {change} WHERE lead_id = 'lead 3'")
    chain = walk()
    assert "was changed" in chain.broken
    assert chain.facts < 15


def test_a_removed_fact_breaks_the_chain(facts):
    tamper("DELETE FROM events WHERE lead_id = 'lead 3'")
    assert "there were 4, there are 3" in walk().broken


def test_the_newest_fact_cannot_be_cut_off(facts):
    tamper(f"DELETE FROM events WHERE id = {newest_fact()}")
    assert walk().broken


def test_a_fact_slipped_in_breaks_the_chain(facts):
    tamper("DELETE FROM events WHERE lead_id = 'lead 3'")
    with writing() as session:
        row = session.execute(select(EventRow.__table__).where(EventRow.__table__.c.lead_id == "lead 2")).one()
        forged = {**row._asdict(), "id": row.id + 1, "lead_id": "lead 3", "at": clock.now()}
        session.execute(insert(EventRow.__table__).values(forged))
    assert "was changed" in walk().broken


def test_a_fact_before_all_others_breaks_the_chain(facts):
    with writing() as session:
        row = session.execute(select(EventRow.__table__).limit(1)).one()
        session.execute(insert(EventRow.__table__).values({**row._asdict(), "id": -7}))
    assert "there were 4, there are 5" in walk().broken


def test_a_removed_seal_breaks_the_chain(facts):
    tamper("DELETE FROM audit_seals WHERE id = 2")
    assert walk().broken == "Seal 2 is missing."


@pytest.mark.parametrize(
    "change", ["hash = substr(hash, 2) || substr(hash, 1, 1)", "events = 5", f"sealed_at = {LONG_AGO}"]
)
def test_a_changed_seal_breaks_the_chain(facts, change):
    tamper(f"UPDATE audit_seals SET {change} WHERE id = 2")
    assert walk().broken


def test_a_chain_that_was_cut_lacks_the_seal_somebody_kept(facts):
    kept = walk().newest
    last = db.session.scalar(select(func.max(AuditSeal.id)))
    before = db.session.scalar(select(AuditSeal.last_event_id).where(AuditSeal.id == last - 1))
    tamper(f"DELETE FROM audit_seals WHERE id = {last}")
    with writing() as session:
        _switch_triggers_off(session.connection())
        session.execute(text(f"DELETE FROM events WHERE id > {before}"))
    assert walk().broken is None
    assert kept in walk(must_contain=kept).broken
    assert walk(must_contain=walk().newest).broken is None


def test_facts_and_seals_refuse_to_be_changed(facts):
    for statement in ("UPDATE events SET depth = 9", "DELETE FROM audit_seals"):
        with pytest.raises(Exception, match="are immutable"), writing() as session:
            session.execute(text(statement))


def test_sealing_costs_the_writers_nothing(facts):
    with count_queries() as queries:
        add_facts(100)
    assert len([query for query in queries if "audit" in query]) == 0


@only_on("postgresql", "SQLite has one writer at a time: while a fact is being recorded there is no other")
def test_a_late_writer_with_a_lower_number_is_waited_for(facts, app):
    recorded, may_commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with app.app_context(), tenancy.organization(organization), writing():
            events.record(LeadCreated(lead_id="slow", source="test"))
            recorded.set()
            may_commit.wait(10)

    organization = tenancy.current_id()
    before = newest_fact()
    db.session.rollback()
    writer = threading.Thread(target=write_slowly)
    writer.start()
    recorded.wait(10)
    add_facts(1)
    audit.PATIENCE_SECONDS, patience = 0.2, audit.PATIENCE_SECONDS
    try:
        assert audit.seal_new_facts() == 0, "the slow fact's number is below the newest one"
    finally:
        audit.PATIENCE_SECONDS = patience
        may_commit.set()
        writer.join()
    assert audit.seal_new_facts() == 2
    assert newest_fact() == before + 2
    assert walk().broken is None


def test_sealing_beside_writers_seals_every_fact_once(acme, app):
    organization = acme.id
    done = threading.Event()

    def write() -> None:
        with app.app_context(), tenancy.organization(organization):
            for _ in range(40):
                add_facts(3)

    def seal() -> None:
        with app.app_context():
            while not done.is_set():
                audit.seal_new_facts()

    writers = [threading.Thread(target=write) for _ in range(4)]
    sealers = [threading.Thread(target=seal) for _ in range(2)]
    for thread in (*writers, *sealers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in sealers:
        thread.join()
    db.session.rollback()  # whose look at the database is older than all of this
    audit.seal_new_facts(most_seals=None)
    chain = walk()
    assert (chain.broken, chain.unsealed) == (None, 0)
    assert chain.facts >= 480
    assert chain.seals > 1
