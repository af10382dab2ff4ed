"""Leads of a list are written many at once: as if each had come by itself."""

from datetime import date

from sqlalchemy import select

from leadcrm.core import events
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.models import Debt, EventRow
from leadcrm.leads import operations, queries
from leadcrm.leads.data import Beginnings, Consent, LeadData
from leadcrm.leads.models import ContactPoint, Inquiry, Lead, LeadSearch, LeadTag

DATA = LeadData(
    first_name="Naledi", last_name="Khumalo", company="Khumalo & Co", email="naledi@mail.example", phone="+27821234567",
    source="fair", tags=["vip", "buyer"], consent=Consent("fair", date(2026, 3, 1)), payload={"Name": "Naledi"},
)  # fmt: skip
OWN = {"id", "lead_id", "created_at", "updated_at", "last_activity_at", "event_id", "at", "due_at", "identifies"}


def rows_about(lead_id: str) -> dict[str, list[dict]]:
    """Everything the tables say of the lead, without ids and moments."""
    db.session.rollback()
    found = {}
    for model in (Lead, ContactPoint, LeadSearch, LeadTag, Inquiry, EventRow):
        table = model.__table__
        named = table.c.id if model is Lead else table.c.lead_id
        rows = db.session.execute(select(table).where(named == lead_id)).mappings().all()
        found[table.name] = sorted(({k: v for k, v in row.items() if k not in OWN} for row in rows), key=repr)
    for fact in found["events"]:
        fact["data"] = {name: value for name, value in fact["data"].items() if name not in ("lead_id", "_words")}
        fact["words"] = {name: value for name, value in (fact["words"] or {}).items() if name != "_salt"}
    return found


def test_a_row_is_written_as_a_submission_is(acme):
    one, _ = perform(operations.capture_lead, DATA, realtor=None)
    perform(operations.archive_lead, one)
    (filed,) = perform(operations.file_in, [(operations.read_submission(DATA), Beginnings())])
    assert filed.is_new is False  # known by its addresses, archived or not
    perform(operations.put_away, [one.id])
    (filed,) = perform(operations.file_in, [(operations.read_submission(DATA), Beginnings())])
    assert filed.is_new
    other = LeadData(**{**vars(DATA), "email": "other@mail.example", "phone": "+27821234568"})
    captured, _ = perform(operations.capture_lead, other, realtor=None)
    written, alike = rows_about(filed.lead_id), rows_about(captured.id)
    for kind in ("leads", "lead_tags", "inquiries", "events"):
        assert written[kind] == alike[kind]
    assert [{**row, "value": ""} for row in written["contact_points"]] == [
        {**row, "value": ""} for row in alike["contact_points"]
    ]
    assert len(written["lead_search"]) == 1


def test_what_is_unheard_is_recorded_and_owed_to_nobody(acme):
    with events.unheard():
        perform(operations.create_lead, DATA, by=None)
    assert set(db.session.scalars(select(EventRow.name))) >= {"lead.created", "lead.consent_noted"}
    assert db.session.scalars(select(Debt.id)).all() == []
    perform(operations.create_lead, LeadData(first_name="Jo"), by=None)
    assert db.session.scalars(select(Debt.id)).all()


def test_who_was_put_away_leads_to_nobody_until_they_come_back(acme):
    first, _ = perform(operations.capture_lead, DATA, realtor=None)
    perform(operations.put_away, [first.id])
    assert perform(operations.receive_stranger, "email", "naledi@mail.example").id != first.id
    other = LeadData(email="jo@mail.example")
    alone, _ = perform(operations.capture_lead, other, realtor=None)
    perform(operations.put_away, [alone.id])
    perform(operations.restore_lead, get_or_404(Lead, alone.id))
    again, is_new = perform(operations.capture_lead, other, realtor=None)
    assert (again.id, is_new) == (alone.id, False)
    perform(operations.restore_lead, get_or_404(Lead, first.id))
    held = select(ContactPoint.kind).where(ContactPoint.lead_id == first.id, ContactPoint.identifies)
    assert db.session.scalars(held).all() == ["phone"]  # the address is another's by now


def test_who_shares_the_address_of_one_who_is_put_away_is_found_by_it(acme):
    first, _ = perform(operations.capture_lead, DATA, realtor=None)
    second, third = (perform(operations.create_lead, LeadData(email=DATA.email), by=None) for _ in range(2))
    perform(operations.archive_lead, second)
    perform(operations.put_away, [first.id])
    found, is_new = perform(operations.capture_lead, LeadData(email=DATA.email), realtor=None)
    assert (found.id, is_new) == (third.id, False)


def test_an_address_somebody_loses_is_the_next_ones_outside_the_archive(acme):
    shared = LeadData(first_name="Naledi", email="naledi@mail.example")
    oldest = perform(operations.create_lead, shared, by=None)
    perform(operations.put_away, [oldest.id])
    holder, other = (perform(operations.create_lead, shared, by=None) for _ in range(2))
    perform(operations.edit_lead, holder, LeadData(email=""))
    assert queries.find_by_address("email", "naledi@mail.example").id == other.id
