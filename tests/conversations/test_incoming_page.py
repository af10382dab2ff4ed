"""Settings → System, incoming: what could not be read waits there with its error, and is read again on request."""

import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from leadcrm.conversations import intake
from leadcrm.conversations.models import Mailbox, Message, RawInbound
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.identity.models import Organization
from tests.conftest import count_queries
from tests.conversations.mails import mail

PAGE = "/settings/system/incoming"
IMAP_URL = "imaps://office:secret@mail.acme.test/Leads"
MAILBOX = "office@mail.acme.test:993/Leads"


@pytest.fixture
def settings(settings):
    return dataclasses.replace(settings, imap_url=IMAP_URL)


def unreadable(organization, number: int = 1, **columns) -> str:
    """A kept mail that was given up."""
    body = mail(subject=f"Plan <b>{number}</b>", message_id=f"<{number}@x>")
    with tenancy.organization(organization.id), writing() as session:
        given_up = {"tries": 8, "due_at": None, "error": "ValueError: <i>broken</i>", **columns}
        values = {"channel": "email", "external_id": f"<{number}@x>", "body": body, **given_up}
        return session.scalar(insert(RawInbound).values(**values).returning(RawInbound.id))


def test_what_could_not_be_read_is_listed_with_its_error(cast, sign_in):
    unreadable(cast.acme)
    unreadable(cast.acme, 2, due_at=clock.real_now() + timedelta(minutes=5), tries=3)
    page = sign_in(cast.max).get(PAGE, hx=True).text
    assert "Plan &lt;b&gt;1&lt;/b&gt;, from jane@example.com" in page
    assert "ValueError: &lt;i&gt;broken&lt;/i&gt;" in page
    assert "8 tries, gave up" in page
    assert "3 tries, next" in page


def test_what_was_read_or_ignored_is_not_listed(cast, sign_in):
    unreadable(cast.acme, done_at=clock.now(), error="A delivery report on none of our messages.")
    unreadable(cast.acme, 2, due_at=clock.real_now(), tries=0, error=None)
    assert "Everything was read" in sign_in(cast.ada).get(PAGE, hx=True).text


def test_read_again_reads_it(cast, sign_in):
    raw_id = unreadable(cast.acme)
    client = sign_in(cast.ada)
    assert client.post(f"{PAGE}/{raw_id}/reading").status_code == 303
    intake.drain(lambda: False)
    db.session.rollback()
    with tenancy.organization(cast.acme.id):
        assert db.session.scalars(select(Message)).one().subject == "Plan <b>1</b>"
    assert client.post(f"{PAGE}/{raw_id}/reading").status_code == 404


def test_only_those_who_run_the_team_see_only_their_own(cast, sign_in):
    raw_id = unreadable(cast.acme)
    assert "Everything was read" in sign_in(cast.rita).get(PAGE, hx=True).text
    assert sign_in(cast.rita).post(f"{PAGE}/{raw_id}/reading").status_code == 404
    for rep in (cast.ben, cast.mia, cast.pat):
        assert sign_in(rep).get(PAGE, hx=True).status_code == 403
        assert sign_in(rep).post(f"{PAGE}/{raw_id}/reading").status_code == 403
    with tenancy.organization(cast.acme.id):
        assert db.session.scalar(select(RawInbound.due_at)) is None


def test_a_long_list_costs_as_many_queries_as_a_short_one(cast, sign_in):
    client = sign_in(cast.ada)
    unreadable(cast.acme)
    with count_queries() as few:
        client.get(PAGE, hx=True)
    for number in range(2, 60):
        unreadable(cast.acme, number)
    with count_queries() as many:
        page = client.get(PAGE, hx=True).text
    assert len(many) == len(few)
    assert page.count("Read again: ") == 50


def test_the_mailbox_says_how_it_does(cast, sign_in):
    client = sign_in(cast.ada)
    assert "not read yet" in client.get(PAGE, hx=True).text
    row = Mailbox(name=MAILBOX, failures=3, error="The mail server refused: <login>", strays=2)
    perform(lambda: db.session.add(row))
    page = client.get(PAGE, hx=True).text
    assert MAILBOX in page
    assert "The mail server refused: &lt;login&gt;" in page
    assert "failed 3 times" in page
    assert "2, only in the mailbox" in page
    assert "secret" not in page


def test_an_organization_with_its_own_address_is_not_told_of_the_others_mailbox(cast, sign_in):
    with tenancy.everyone(), writing() as session:
        session.execute(update(Organization).where(Organization.id == cast.rival.id).values(mail_from="r@rival.test"))
    assert "acme" not in sign_in(cast.rita).get(PAGE, hx=True).text
    assert MAILBOX in sign_in(cast.ada).get(PAGE, hx=True).text


def test_without_a_mailbox_none_is_spoken_of(app, cast, sign_in):
    app.settings = dataclasses.replace(app.settings, imap_url=None)
    assert "Mailbox" not in sign_in(cast.ada).get(PAGE, hx=True).text


def test_the_system_page_asks_for_it(cast, sign_in):
    client = sign_in(cast.ada)
    assert f'hx-get="{PAGE}"' in client.get("/settings/system").text
    assert client.get(PAGE).location == "/settings/system"
