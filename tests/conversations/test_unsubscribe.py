"""The link in a mail: GET asks, POST does, one click is enough, twice is once, and it can be taken back."""

import pytest
from sqlalchemy import select

from leadcrm.conversations import operations
from leadcrm.conversations.delivery.addresses import unsubscribe_url
from leadcrm.conversations.models import Message, Suppression
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.models import EventRow
from leadcrm.core.security import sign
from tests.conversations.conftest import make_lead, plan


@pytest.fixture
def link(jane, transport) -> str:
    """The link of a flow's mail that Jane got; another mail to her still waits."""
    plan(jane, "first", origin="flow")
    plan(jane, "later", origin="flow", scheduled_for=clock.now().replace(year=clock.now().year + 1))
    transport.drain()
    return transport.sent[0].unsubscribe_url.removeprefix("http://127.0.0.1:8000")


def suppressions(organization) -> list[str]:
    db.session.rollback()
    with tenancy.organization(organization.id):
        return list(db.session.scalars(select(Suppression.address)))


def test_looking_changes_nothing_and_tells_only_half_the_address(app, cast, link):
    page = app.test_client().get(link)
    assert page.status_code == 200
    assert "j…@example.com" in page.text
    assert "jane@" not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page.headers["Cache-Control"]
    assert suppressions(cast.acme) == []


def test_one_click_without_cookies_or_token_is_enough(app, cast, link):
    reply = app.test_client().post(
        link, data={"List-Unsubscribe": "One-Click"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert reply.status_code == 200
    assert suppressions(cast.acme) == ["jane@example.com"]


def test_what_still_waits_is_dropped_and_nothing_more_is_planned(app, cast, link, jane, transport):
    app.test_client().post(link)
    with tenancy.organization(cast.acme.id):
        waiting = db.session.scalars(select(Message).where(Message.intent_key == "later")).one()
        assert (waiting.status, waiting.reason) == ("skipped", "opted out")
        assert operations.is_suppressed("email", "jane@example.com")
        assert not operations.is_suppressed("sms", "+12125550123")


def test_twice_is_once(app, cast, link):
    for _ in range(2):
        assert app.test_client().post(link).status_code == 200
    with tenancy.organization(cast.acme.id):
        facts = db.session.scalars(select(EventRow).where(EventRow.name == "lead.opted_out")).all()
    assert [fact.actor for fact in facts] == [f"lead:{facts[0].lead_id}"]


def test_of_two_who_share_an_address_each_is_heard(app, cast, link, transport):
    """The second one's flow ends too, although the address is known to want nothing."""
    with tenancy.organization(cast.acme.id):
        jim = make_lead("Jim", email="jane@example.com", identifies=False)
        plan(jim, "to Jim", origin="flow")
        transport.drain()
        his_link = transport.sent[-1].unsubscribe_url.removeprefix("http://127.0.0.1:8000")
    for one in (link, his_link, his_link):
        app.test_client().post(one)
    with tenancy.organization(cast.acme.id):
        said = db.session.scalars(select(EventRow.lead_id).where(EventRow.name == "lead.opted_out")).all()
    assert len(said) == len(set(said)) == 2
    assert jim.id in said


def test_who_is_not_written_to_because_mail_came_back_can_say_no_all_the_same(app, cast, link):
    with tenancy.organization(cast.acme.id):
        perform(operations.suppress, "email", "jane@example.com", "bounced")
    reader = app.test_client()
    assert "Shall Acme stop" in reader.get(link).text
    assert "gets no more" in reader.post(link).text
    db.session.rollback()
    with tenancy.everyone():
        assert db.session.scalars(select(Suppression.reason)).all() == ["unsubscribed"]


def test_a_complaint_offers_no_way_back_that_leads_nowhere(app, cast, link):
    with tenancy.organization(cast.acme.id):
        perform(operations.suppress, "email", "jane@example.com", "complained")
    page = app.test_client().get(link).text
    assert "gets no more" in page
    assert "<button" not in page


def test_it_can_be_taken_back(app, cast, link):
    client = app.test_client()
    client.post(link)
    assert "You are unsubscribed" in client.get(link).text
    client.post(link, data={"again": "1"})
    assert suppressions(cast.acme) == []


def end_otherwise(token: str) -> str:
    return token[:-1] + ("A" if token[-1] != "A" else "B")


@pytest.mark.parametrize("bend", [end_otherwise, lambda token: "x" + token, lambda token: "nonsense"])
def test_a_forged_link_does_nothing(app, cast, link, bend):
    start, _, token = link.rpartition("/")
    for method in ("get", "post"):
        assert getattr(app.test_client(), method)(f"{start}/{bend(token)}").status_code == 404
    assert suppressions(cast.acme) == []


def test_a_token_of_another_purpose_is_not_accepted(app, cast, link):
    message_id = link.rpartition("/")[2].rpartition(".")[0]
    assert app.test_client().post(f"/u/{sign(message_id, 'invitation')}").status_code == 404


def test_a_message_that_was_never_sent_gives_no_link(app, cast, acme):
    lead = make_lead(email="jane@example.com")
    with tenancy.organization(cast.rival.id):
        other = make_lead(email="jane@example.com")
        plan(other)
    missing = unsubscribe_url(lead.id).removeprefix("http://127.0.0.1:8000")
    assert app.test_client().post(missing).status_code == 404


def test_it_concerns_one_organization_only(app, cast, link):
    app.test_client().post(link)
    assert suppressions(cast.rival) == []
