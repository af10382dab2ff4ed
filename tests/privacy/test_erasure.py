"""Whoever is erased is nowhere: not in a table, not in a file, not in a free page of the database."""

import logging

from sqlalchemy import select, text

from leadcrm.core import audit, events
from leadcrm.core.db import db, perform
from leadcrm.core.models import Erasure
from leadcrm.leads.models import Lead
from leadcrm.privacy import operations, queries
from leadcrm.privacy.holdings import BY_ADDRESS, holdings
from leadcrm.privacy.jobs import drain_erasures
from tests.privacy.conftest import traces


def erase(lead: Lead, by) -> None:
    loose = queries.loose_about(queries.person_of_lead(lead))
    db.session.rollback()
    with events.acting_as(f"user:{by.id}"):
        perform(operations.erase_lead, lead, loose)
    drain_erasures(lambda: False)


def test_the_canaries_are_everywhere_before(app, person):
    """Else the next test proves nothing: each table that can hold something about a person does."""
    found = {trace.partition(".")[0] for trace in traces(app)}
    ids = {name for name in holdings() if _rows(name, person.id)}
    assert set(holdings()) - ids == set()
    assert any(name.startswith("uploads/") for name in traces(app))
    named = {"leads", "contact_points", "inquiries", "notes", "drafts", "messages", "attachments", "conversations"}
    without_a_lead = {"contacts", "import_rows", "imports", "accounts", "opportunities"}
    assert found >= named | without_a_lead | set(BY_ADDRESS) | {
        "events",
        "debts",
        "raw_inbound",
        "notifications",
        "lead_search",
    }


def _rows(name: str, lead_id: str) -> int:
    holding = holdings()[name]
    return len(db.session.execute(select(holding.table).where(holding.of(lead_id))).all())


def test_no_trace_is_left(app, person, cast, caplog):
    caplog.set_level(logging.INFO)
    lead_id = person.id
    erase(person, cast.ada)
    assert traces(app) == []
    assert [name for name in holdings() if _rows(name, lead_id)] == ["events"]
    assert "canary" not in caplog.text


def test_the_audit_chain_holds_and_tells_what_happened(app, person, cast):
    audit.seal_new_facts(most_seals=None)
    lead_id = person.id
    erase(person, cast.ada)
    audit.seal_new_facts(most_seals=None)
    assert audit.walk(db.session.connection()).broken is None
    names = db.session.scalars(text("SELECT name FROM events WHERE lead_id = :lead ORDER BY id"), {"lead": lead_id})
    assert {"lead.created", "message.received"} < set(told := names.all())
    assert told[-1] == "lead.erased"


def test_the_journal_names_an_id_a_time_and_a_person_of_the_team(app, person, cast):
    lead_id = person.id
    erase(person, cast.ada)
    entry = db.session.scalars(select(Erasure).where(Erasure.lead_id == lead_id)).one()
    assert (entry.erased_by, entry.files) == (f"user:{cast.ada.id}", None)
    assert entry.settled_at is not None
    assert lead_id in (app.settings.var / "erasures.jsonl").read_text()
