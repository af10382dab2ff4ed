"""Who wrote in a lead's thread: the lead through a list, or a colleague who answered all."""

import pytest
from sqlalchemy import select

from leadcrm.conversations import intake
from leadcrm.conversations.models import Conversation
from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.core.models import EventRow
from leadcrm.leads.models import Lead, Note
from tests.conversations.conftest import make_lead, plan
from tests.conversations.mails import hand_over, mail
from tests.conversations.test_inbound import count, received

GROUP = {"List_Id": "<leads.leadcrm.test>", "Precedence": "list"}


@pytest.fixture
def written_to(acme, transport):
    """A lead whom we wrote to; `reply_to` of our mail is `transport.sent[0].reply_to`."""
    lead = make_lead(email="jane@example.com")
    plan(lead)
    transport.drain()
    return lead


def come_in(client, body: bytes) -> None:
    assert hand_over(client, body).status_code == 200
    intake.drain(lambda: False)
    db.session.rollback()


def automatic_ones(cast) -> list[bool]:
    with tenancy.organization(cast.acme.id):
        facts = db.session.scalars(select(EventRow.data).where(EventRow.name == "message.received"))
        return [fact["automatic"] for fact in facts]


def notes(cast) -> list[Note]:
    with tenancy.organization(cast.acme.id):
        return list(db.session.scalars(select(Note).order_by(Note.id)))


# Through a list


@pytest.mark.parametrize("way", ["reply address", "In_Reply_To", "References"])
def test_the_leads_answer_through_a_group_is_a_reply(client, cast, written_to, transport, way):
    ours = transport.sent[0]
    answers = {"to": ours.reply_to} if way == "reply address" else {way: ours.message_id}
    come_in(client, mail(**answers, **GROUP))
    assert automatic_ones(cast) == [False]


def test_a_group_that_puts_its_own_address_there_names_the_writer(client, cast, written_to, transport):
    sender = {"sender": "Jane via Leads <leads@leadcrm.test>", "X_Original_From": "Jane <jane@example.com>"}
    come_in(client, mail(**sender, In_Reply_To=transport.sent[0].message_id, **GROUP))
    assert automatic_ones(cast) == [False]
    assert received(cast.acme)[0].address == "jane@example.com"


@pytest.mark.parametrize(
    ("sender", "to"),
    [("jane@example.com", "leads@leadcrm.test"), ("other@example.com", "reply address")],
    ids=["what answers nothing", "what the lead did not write"],
)
def test_the_rest_of_a_list_is_no_reply(client, cast, written_to, transport, sender, to):
    come_in(client, mail(sender=sender, to=transport.sent[0].reply_to if to == "reply address" else to, **GROUP))
    assert automatic_ones(cast) == [True]


def test_a_machines_answer_through_a_group_is_none(client, cast, written_to, transport):
    come_in(client, mail(to=transport.sent[0].reply_to, Auto_Submitted="auto-replied", **GROUP))
    assert automatic_ones(cast) == [True]


# A colleague


@pytest.mark.parametrize("writer", ["max@acme.test", "leads@leadcrm.test"], ids=["a user", "the team's mailbox"])
def test_a_colleagues_answer_to_all_is_a_note_in_the_thread(client, cast, written_to, transport, writer):
    user = next((user for user in (cast.max,) if writer.startswith("max")), None)
    sender = user.email if user else writer
    body = mail("I called her.\n", sender=f"Max <{sender}>", to=f"jane@example.com, {transport.sent[0].reply_to}")
    come_in(client, body)
    assert automatic_ones(cast) == []
    (note,) = notes(cast)
    assert (note.lead_id, note.channel, note.author_id) == (written_to.id, "email", user.id if user else None)
    assert note.body == f"By mail from {sender}: Re: Hello\n\nI called her."
    assert count(Lead) == 1
    with tenancy.organization(cast.acme.id):
        assert db.session.scalars(select(Conversation.last_inbound_at)).one() is None


def test_a_colleagues_files_are_named_and_not_kept(client, cast, app, written_to, transport):
    files = (("plan.pdf", "application/pdf", b"%PDF"),)
    come_in(client, mail("See below", sender=cast.max.email, to=transport.sent[0].reply_to, files=files))
    assert "Files, only in the mail: plan.pdf" in notes(cast)[0].body
    assert list((app.settings.uploads / "inbound").iterdir()) == []


def test_a_colleagues_out_of_office_is_nothing(client, cast, written_to, transport):
    come_in(client, mail(sender=cast.max.email, to=transport.sent[0].reply_to, Auto_Submitted="auto-replied"))
    assert notes(cast) == []
    assert automatic_ones(cast) == []


def test_a_colleague_who_is_the_lead_replies(client, cast, acme, transport):
    plan(make_lead("Max", email=cast.max.email))
    transport.drain()
    come_in(client, mail(sender=cast.max.email, to=transport.sent[0].reply_to))
    assert automatic_ones(cast) == [False]
    assert notes(cast) == []


def test_another_organizations_user_is_no_colleague(client, cast, written_to, transport):
    come_in(client, mail(sender=cast.rita.email, to=transport.sent[0].reply_to))
    assert automatic_ones(cast) == [False]


def test_a_colleague_who_begins_a_thread_is_a_lead(client, cast, acme):
    come_in(client, mail(sender=cast.max.email))
    assert notes(cast) == []
    assert len(received(cast.acme)) == 1
