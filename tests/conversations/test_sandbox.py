"""The sandbox shows what a lead would have got, and lets a person answer as the lead."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from leadcrm.conversations.jobs import drain_messages
from leadcrm.conversations.models import Conversation, Message
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.identity import operations as identity
from leadcrm.identity.jobs import drain_staff_mails
from tests.conversations.conftest import again, make_lead, plan


@pytest.fixture
def thread(jane) -> Conversation:
    """Jane was written to; nothing left the house."""
    message = plan(jane, content="Hi {first_name|there}, welcome", origin="manual")
    drain_messages(lambda: False)
    assert again(message).sandbox
    return db.session.scalars(select(Conversation)).one()


def test_it_is_empty_before_anything_was_sent(cast, sign_in):
    page = sign_in(cast.ada).get("/sandbox").text
    assert "Nothing has stayed here yet" in page


def test_it_shows_messages_as_the_lead_sees_them(cast, sign_in, thread):
    client = sign_in(cast.ada)
    assert "Jane Doe" in client.get("/sandbox").text
    page = client.get(f"/sandbox?c={thread.id}").text
    assert "Hi Jane, welcome" in page
    assert 'action="/sandbox/' in page


def test_an_answer_comes_in_as_the_leads_message(cast, sign_in, thread):
    client = sign_in(cast.ada)
    reply = client.post(f"/sandbox/{thread.id}/answers", data={"content": "Yes, please!"}, hx=True)
    assert reply.status_code == 200
    assert "Yes, please!" in reply.text
    with tenancy.organization(cast.acme.id):
        received = db.session.scalars(select(Message).where(Message.direction == "inbound")).one()
    assert (received.status, received.conversation_id, received.content) == ("received", thread.id, "Yes, please!")
    assert received.address == "jane@example.com"


def test_an_answer_without_htmx_leads_back_to_the_conversation(cast, sign_in, thread):
    reply = sign_in(cast.ada).post(f"/sandbox/{thread.id}/answers", data={"content": "Hello"})
    assert (reply.status_code, reply.location) == (303, f"/sandbox?c={thread.id}")


@pytest.mark.parametrize("content", ["", "   ", "x" * 10_001, "a\x00b"])
def test_a_bad_answer_is_refused_and_kept(cast, sign_in, thread, content):
    reply = sign_in(cast.ada).post(f"/sandbox/{thread.id}/answers", data={"content": content}, hx=True)
    assert reply.status_code == 422
    assert "field-error" in reply.text
    with tenancy.organization(cast.acme.id):
        assert db.session.scalars(select(Message).where(Message.direction == "inbound")).all() == []


def test_html_in_messages_stays_text(cast, sign_in, thread):
    client = sign_in(cast.ada)
    client.post(f"/sandbox/{thread.id}/answers", data={"content": "<img src=x onerror=alert(1)>"})
    assert "<img src=x" not in client.get(f"/sandbox/{thread.id}", hx=True).text


@pytest.mark.parametrize("path", ["/sandbox?c={}", "/sandbox/{}"])
def test_another_organization_sees_nothing(cast, sign_in, thread, path):
    client = sign_in(cast.rita)
    assert client.get(path.format(thread.id), hx=True).status_code == 404
    assert client.post(f"/sandbox/{thread.id}/answers", data={"content": "hi"}).status_code == 404


def test_a_rep_sees_no_colleagues_lead(cast, sign_in, acme):
    lead = make_lead(email="max@example.com", owner_id=cast.max.id)
    plan(lead)
    drain_messages(lambda: False)
    thread = db.session.scalars(select(Conversation)).one()
    assert sign_in(cast.ben).get(f"/sandbox?c={thread.id}").status_code == 404
    assert sign_in(cast.max).get(f"/sandbox?c={thread.id}").status_code == 200


@pytest.fixture
def reset_asked(app, cast) -> str:
    """Ben forgot his password: the link to choose a new one, which stayed in the house."""
    perform(identity.request_reset, "ben@acme.test", base_url=app.settings.base_url)
    drain_staff_mails(lambda: False)
    return f"{app.settings.base_url}/password/reset/"


def test_an_owner_finds_the_links_that_were_mailed_to_the_team(cast, sign_in, reset_asked):
    client = sign_in(cast.ada)
    assert 'href="/sandbox?team=1"' in client.get("/sandbox").text
    page = client.get("/sandbox?team=1").text
    assert "to ben@acme.test" in page
    assert f'<a href="{reset_asked}' in page


def test_before_anybody_was_written_to_that_page_says_what_it_is_for(cast, sign_in):
    assert "Nobody of your team was written to yet" in sign_in(cast.ada).get("/sandbox?team=1").text


@pytest.mark.parametrize("name", ["max", "ben", "rita"])
def test_nobody_else_reads_them(cast, sign_in, reset_asked, name):
    person = getattr(cast, name)
    page = sign_in(person).get("/sandbox?team=1")
    assert page.status_code == (200 if person.role == "owner" else 404)
    assert reset_asked not in page.text
    assert ("?team=1" in sign_in(person).get("/sandbox").text) == (person.role == "owner")


@pytest.mark.parametrize("changes", [{"environment": "production"}, {"smtp_url": "smtp://mail.example"}])
def test_they_are_not_shown_in_production_nor_where_mail_leaves(app, cast, sign_in, reset_asked, changes):
    client = sign_in(cast.ada)
    app.settings = replace(app.settings, **changes)
    assert client.get("/sandbox?team=1").status_code == 404
    assert "?team=1" not in client.get("/sandbox").text
