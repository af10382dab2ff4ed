"""What is personal in a fact stands beside it: it can go, and nothing else of the fact can, with the chain unbroken."""

import json

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from leadcrm.core import audit, events
from leadcrm.core.db import db, perform, writing
from leadcrm.core.models import Erasure, EventRow
from leadcrm.leads.events import LeadCreated, LeadTagged
from tests.backup.test_audit import tamper

FACTS = EventRow.__table__


@pytest.fixture
def fact(acme) -> int:
    return perform(events.record, LeadCreated(lead_id="jane", source="fair in Ulm"))


def row_of(fact: int) -> EventRow:
    db.session.rollback()
    return db.session.scalars(select(EventRow).where(EventRow.id == fact)).one()


def change(fact: int, **values) -> None:
    with writing() as session:
        session.execute(update(FACTS).where(FACTS.c.id == fact).values(**values))


def complaint() -> str | None:
    audit.seal_new_facts(most_seals=None)
    found = audit.walk(db.session.connection()).broken
    db.session.rollback()
    return found


def test_a_fact_is_read_back_whole_and_keeps_only_a_hash_of_what_is_personal(fact):
    row = row_of(fact)
    assert "fair in Ulm" not in str(row.data)
    assert row.told == {"lead_id": "jane", "owner_id": None, "source": "fair in Ulm"}
    assert events.restore(row) == LeadCreated(lead_id="jane", source="fair in Ulm")


def test_the_same_words_have_another_hash_in_another_fact(fact):
    twin = perform(events.record, LeadCreated(lead_id="jane", source="fair in Ulm"))
    assert row_of(fact).data[events.HASH_OF_WORDS] != row_of(twin).data[events.HASH_OF_WORDS]


def test_a_fact_without_its_words_can_still_be_read(fact):
    tagged = perform(events.record, LeadTagged(lead_id="jane", added=("vip",)))
    change(fact, words=None)
    change(tagged, words=None)
    assert events.restore(row_of(fact)).source == ""
    assert not events.restore(row_of(tagged)).added


@pytest.mark.parametrize("values", [
    {"words": {"source": "forged"}}, {"name": "lead.archived"}, {"lead_id": None}, {"actor": "user:x"}, {"depth": 3},
    {"data": {}}, {"words": None, "data": {}}, {"words": None, "actor": "user:x"},
])  # fmt: skip
def test_the_database_lets_nothing_go_but_words(fact, values):
    before = db.session.execute(select(FACTS).where(FACTS.c.id == fact)).one()
    with pytest.raises(DBAPIError, match="events are immutable"):
        change(fact, **values)
    db.session.rollback()
    assert db.session.execute(select(FACTS).where(FACTS.c.id == fact)).one() == before


def test_words_that_were_changed_behind_our_back_show(fact):
    assert complaint() is None
    forged = row_of(fact).words | {"source": "forged"}
    db.session.rollback()
    tamper_with_words(fact, forged)
    assert complaint() == f"The words of fact {fact} were changed."


def tamper_with_words(fact: int, words: dict) -> None:
    tamper(f"UPDATE events SET words = '{json.dumps(words).replace(':', chr(92) + ':')}' WHERE id = {fact}")


def test_words_may_be_missing_only_of_people_in_the_journal(fact, acme):
    assert complaint() is None
    change(fact, words=None)
    assert "nobody was erased" in complaint()
    with writing() as session:
        session.add(Erasure(lead_id="jane", erased_by="user:ada"))
    assert complaint() is None


def test_facts_with_nothing_personal_take_no_room(acme):
    perform(events.record, LeadTagged(lead_id="jane"))
    newest = row_of(db.session.scalar(select(func.max(FACTS.c.id))))
    assert db.session.scalar(text(f"SELECT words IS NULL FROM events WHERE id = {newest.id}"))
    assert events.HASH_OF_WORDS not in newest.data
