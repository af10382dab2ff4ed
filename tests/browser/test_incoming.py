"""A bounced mail in front of the person who wrote it, and what could not be read in front of who runs the team."""

import dataclasses

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from leadcrm.conversations import intake
from leadcrm.conversations.models import Mailbox, Message, RawInbound
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.identity.models import User
from tests.conversations.mails import mail
from tests.conversations.reports import report

pytestmark = pytest.mark.browser


@pytest.fixture
def acme(office):
    """Acme's scope, in the running office."""
    with office.app_context():
        with tenancy.everyone():
            ada = db.session.scalars(select(User).where(User.email.startswith("ada@"))).one()
        with tenancy.organization(ada.organization_id):
            yield ada.organization


@pytest.fixture
def bounced(acme) -> Message:
    """A mail of the demo that came back."""
    sent = select(Message).where(Message.status == "sent", Message.channel == "email", Message.address != "")
    message = db.session.scalars(sent.order_by(Message.id.desc()).limit(1)).one()
    with writing() as session:
        original = f"<{message.id}@acme.test>"
        session.execute(update(Message).where(Message.id == message.id).values(external_id=original, sandbox=False))
    perform(intake.store, "email", "<report@x>", report(original, message.address))
    intake.drain(lambda: False)
    return message


def test_a_bounce_is_seen_and_lifted_on_the_lead(page, bounced):
    page.goto(f"/leads/{bounced.lead_id}")
    note = page.get_by_text(f"Mail to {bounced.address} came back. No more is sent there.")
    expect(note).to_be_visible()
    page.get_by_role("button", name=f"Allow mail to {bounced.address} again").click()
    expect(note).to_have_count(0)
    expect(page.get_by_label("Message", exact=True)).to_be_enabled()
    expect(page.get_by_text("Mail to this address is sent again.")).to_be_visible()
    page.goto(f"/inbox?c={bounced.conversation_id}")
    expect(page.get_by_text("there is no such mailbox (5.1.1)").first).to_be_visible()


def test_what_could_not_be_read_is_read_again(page, office, acme):
    office.settings = dataclasses.replace(office.settings, imap_url="imaps://office@mail.acme.test")
    with writing() as session:
        session.add(
            Mailbox(name="office@mail.acme.test:993/INBOX", failures=3, error="The mail server refused: no such user")
        )
        session.add(RawInbound(channel="email", external_id="<u@x>", body=mail(), tries=8, error="ValueError: broken"))
        session.flush()
        session.execute(update(RawInbound).where(RawInbound.external_id == "<u@x>").values(due_at=None))
    page.goto("/settings/system")
    expect(page.get_by_text("The mailbox could not be read: The mail server refused: no such user")).to_be_visible()
    expect(page.get_by_text("ValueError: broken")).to_be_visible()
    page.get_by_role("button", name="Read again: Re: Hello, from jane@example.com").click()
    expect(page.get_by_text("It will be read again now.")).to_be_visible()
    db.session.rollback()
    assert db.session.scalar(select(RawInbound.due_at).where(RawInbound.external_id == "<u@x>")) <= clock.real_now()
