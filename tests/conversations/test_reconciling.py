"""Mails that may have left, looked for among the sent mail of a real IMAP server."""

import dataclasses
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from leadcrm.adapters.ports import OutcomeUnknown
from leadcrm.conversations.models import Message
from leadcrm.conversations.operations import resolve_unknown
from leadcrm.conversations.reconciling import look_for_unknown, unknown_mails
from leadcrm.core import clock
from leadcrm.core.db import db, perform
from leadcrm.core.models import EventRow
from tests.contracts.mailboxes import imap_office
from tests.conversations.conftest import again, make_lead, plan
from tests.conversations.mails import mail
from tests.plans import plans_of


@pytest.fixture
def office():
    with imap_office() as running:
        yield running


@pytest.fixture
def settings(settings, office):
    return dataclasses.replace(settings, imap_url=office.url())


@pytest.fixture
def unknown(acme, transport) -> Message:
    transport.answers = [OutcomeUnknown("connection lost")]
    message = plan(make_lead(email="jane@leads.test"))
    transport.drain()
    message = again(message)
    assert message.status == "unknown"
    return message


def keep_copy(office, message: Message, folder: str = "Sent") -> None:
    office.put(mail("Hi\n", message_id=message.external_id), folder=folder)


def verdicts() -> list[str]:
    rows = db.session.scalars(select(EventRow.data).where(EventRow.name == "message.resolved"))
    return [data["verdict"] for data in rows]


@pytest.mark.parametrize("folder", ["Sent", "Sent Items", "INBOX/Sent"])
def test_a_copy_among_the_sent_mail_proves_that_it_left(office, unknown, folder):
    keep_copy(office, unknown, folder)
    assert look_for_unknown() == 1
    message = again(unknown)
    assert (message.status, message.reason) == ("sent", "")
    assert message.sent_at is not None
    assert verdicts() == ["found"]
    assert look_for_unknown() == 0


def test_no_copy_proves_nothing(office, unknown):
    office.put(mail("Another\n", message_id="<another@acme.test>"), folder="Sent")
    assert look_for_unknown() == 0
    assert again(unknown).status == "unknown"
    assert verdicts() == []


def test_a_copy_elsewhere_proves_nothing(office, unknown):
    keep_copy(office, unknown, "Drafts")
    assert look_for_unknown() == 0
    assert again(unknown).status == "unknown"


def test_what_a_person_decided_meanwhile_stands(office, unknown, monkeypatch):
    keep_copy(office, unknown)
    rows = unknown_mails()
    perform(resolve_unknown, unknown, "resend")
    monkeypatch.setattr("leadcrm.conversations.reconciling.unknown_mails", lambda: rows)
    look_for_unknown()
    assert again(unknown).status == "scheduled"
    assert verdicts() == ["resend"]


def test_nobody_looks_for_old_ones(office, unknown):
    keep_copy(office, unknown)
    clock.move(timedelta(days=8).total_seconds())
    assert look_for_unknown() == 0
    assert again(unknown).status == "unknown"


def test_a_mailbox_in_trouble_leaves_them_unknown(office, unknown, caplog):
    keep_copy(office, unknown)
    office.stop()
    assert look_for_unknown() == 0
    assert again(unknown).status == "unknown"
    assert "sent mail of" in caplog.text
    assert office.password not in caplog.text
    office.start()
    keep_copy(office, unknown)
    assert look_for_unknown() == 1


def test_they_are_found_by_an_index(unknown):
    whose, theirs = plans_of(unknown_mails, "SELECT")
    assert not re.search(r"SCAN messages|Seq Scan on messages", whose), whose
    assert re.search(r"ix_messages_(status|newest|channel)", theirs), theirs  # PostgreSQL chooses by how few there are
