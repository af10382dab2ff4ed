"""After an erasure: nobody writes to the person by mistake, they may write to us, and no backup brings them back."""

import dataclasses

import pytest
from sqlalchemy import select, update

from leadcrm.conversations import intake
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.models import Conversation, Message, RawInbound, Suppression
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.models import Debt, Erasure
from leadcrm.core.values import new_id
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from leadcrm.privacy import jobs, operations
from leadcrm.privacy.jobs import drain_erasures
from tests.conversations.conftest import FakeTransport, again, make_lead, plan
from tests.privacy.conftest import EMAIL, traces
from tests.privacy.test_erasure import erase

JANE = "jane@example.com"


@pytest.fixture
def erased(acme, cast) -> str:
    """The id of a Jane who is gone."""
    lead = make_lead(email=JANE, phone="+12125550123")
    lead_id = lead.id
    erase(lead, cast.ada)
    return lead_id


def test_an_import_of_the_same_address_is_not_written_to(erased):
    again_there = make_lead(email=JANE)
    with pytest.raises(DomainError, match="asked to be erased"):
        plan(again_there)
    transport = FakeTransport()
    with writing() as session:
        session.add(_planned_by_a_machine(again_there))
    transport.drain()
    assert transport.sent == []
    assert db.session.scalars(select(Message.status)).all() == ["skipped"]


def _planned_by_a_machine(lead: Lead) -> Message:
    """As a flow plans it, which looks at the list only when it sends."""
    return Message(
        lead_id=lead.id, channel="email", origin="flow", subject="Hello", content="Hello", due_at=clock.now(),
        intent_key=new_id(),
    )  # fmt: skip


def test_a_rotated_key_does_not_forget_them(app, erased):
    old = app.settings.secret_key
    keys = {"secret_key": "a new key of thirty-two characters!", "previous_secret_keys": (old,)}
    app.settings = dataclasses.replace(app.settings, **keys)
    again_there, transport = make_lead(email=JANE), FakeTransport()
    with writing() as session:
        session.add(_planned_by_a_machine(again_there))
    transport.drain()
    assert transport.sent == []
    assert db.session.scalars(select(Message.status)).all() == ["skipped"]


def test_the_list_does_not_hold_the_address(erased):
    rows = db.session.scalars(select(Suppression)).all()
    assert {(row.channel, row.reason) for row in rows} == {(c, "erased") for c in ("email", "sms", "whatsapp")}
    assert all(len(row.address) == 64 and "jane" not in row.address for row in rows)


def test_another_organization_may_write_to_the_address(erased, cast):
    with tenancy.organization(cast.rival.id):
        assert not conversations.is_suppressed("email", JANE)


def test_who_writes_to_us_again_may_be_answered(erased):
    message = perform(conversations.receive, "email", JANE, "Hello again", "<new@x>", clock.now())
    assert not conversations.is_suppressed("email", JANE)
    assert conversations.is_suppressed("sms", "+12125550123")
    assert message.lead_id != erased


def test_an_address_that_somebody_else_has_stays_as_it_is(acme, cast):
    lead, _ = make_lead(email=JANE), make_lead("John", email=JANE, identifies=False)
    erase(lead, cast.ada)
    assert not conversations.is_suppressed("email", JANE)


def test_an_unread_mail_to_one_of_their_threads_goes_too_and_others_stay(acme, cast):
    """It names no address of theirs: they wrote from another one."""
    lead, transport = make_lead(email=JANE), FakeTransport()
    plan(lead)
    transport.drain()
    token = db.session.scalar(select(Conversation.reply_token).where(Conversation.lead_id == lead.id))
    for to in (f"leads+{token}", "leads"):
        perform(intake.store, "email", f"<{to}@x.test>", f"From: home@x.test\r\nTo: {to}@crm.test\r\n\r\nHi".encode())
    erase(lead, cast.ada)
    assert db.session.scalars(select(RawInbound.external_id)).all() == ["<leads@x.test>"]


def test_nobody_is_erased_while_a_message_is_on_its_way(acme, cast):
    lead = make_lead(email=JANE)
    message = plan(lead)
    on_its_way = {"status": "sending", "due_at": None, "claim_token": "token", "lease_until": clock.real_now()}
    with writing() as session:
        session.execute(update(Message).where(Message.id == message.id).values(on_its_way))
    with pytest.raises(Conflict, match="on its way"):
        erase(lead, cast.ada)
    assert again(message).status == "sending"
    assert db.session.scalars(select(Erasure)).all() == []


def test_what_listeners_owe_the_person_is_not_paid(acme, cast):
    lead = make_lead(email=JANE)
    perform(leads.change_status, lead, "contacted")
    assert db.session.scalars(select(Debt)).all()
    erase(lead, cast.ada)
    assert db.session.scalars(select(Debt)).all() == []


def test_a_journal_entry_of_a_restore_erases_again(app, person, cast):
    """A restored backup holds the person, and its journal says that they were erased."""
    lead_id = person.id
    with writing() as session:
        session.add(Erasure(lead_id=lead_id, erased_by=f"user:{cast.ada.id}"))
    assert drain_erasures(lambda: False) == 1
    assert traces(app) == []
    entry = db.session.scalars(select(Erasure).where(Erasure.lead_id == lead_id)).one()
    assert entry.settled_at is not None
    assert conversations.is_suppressed("email", EMAIL)


def test_an_erasure_that_broke_off_before_its_files_is_finished_by_the_worker(app, person, cast):
    perform(operations.erase_lead, person)
    assert _uploads(app)
    drain_erasures(lambda: False)
    assert _uploads(app) == []


def test_an_erasure_that_cannot_be_finished_does_not_hold_up_the_next(acme, cast, monkeypatch):
    people = [make_lead(email=JANE), make_lead(email="june@example.com")]
    for lead in people:
        perform(operations.erase_lead, lead)
    calls = iter(range(9))

    def failing_first(*_):
        if next(calls) == 0:
            raise PermissionError("a folder that is not ours")

    monkeypatch.setattr(jobs, "_remove", failing_first)
    assert drain_erasures(lambda: False) == 1
    settled = db.session.scalars(select(Erasure.settled_at.is_not(None)).order_by(Erasure.erased_at)).all()
    assert settled == [False, True]
    assert drain_erasures(lambda: False) == 1


def _uploads(app) -> list[str]:
    return [path.name for path in app.settings.uploads.rglob("*") if path.is_file()]
