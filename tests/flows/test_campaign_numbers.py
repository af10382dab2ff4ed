"""The leads behind each number of a campaign's results."""

import re

import pytest
from sqlalchemy import select

from leadcrm.conversations.models import Message
from leadcrm.core import clock
from leadcrm.core.db import db, perform, writing
from leadcrm.flows import campaign_queries, number_queries, operations
from leadcrm.flows.campaign_number_queries import NUMBERS, leads_behind
from leadcrm.flows.models import Enrolment
from tests.conversations.conftest import FakeTransport, make_lead
from tests.flows.campaigns import HELLO, begun, work
from tests.flows.test_leaving import reply


@pytest.fixture
def campaign(drip, acme, cast):
    """Of the drip, to five leads: one has no address, one is Max's, one is Ben's. Somebody else is inside, too."""
    for n, owner_id in enumerate((None, None, cast.max.id, cast.ben.id)):
        make_lead(f"Lead {n}", email=f"lead{n}@example.com", source="fair", owner_id=owner_id)
    make_lead("Nobody", source="fair")
    perform(operations.enrol, make_lead("Other", email="other@example.com"), drip)
    campaign = begun(drip)
    work()
    FakeTransport().drain()
    return campaign


def names(user, campaign, number, **more) -> list[str]:
    return sorted(item.lead.name for item in leads_behind(user, campaign.id, number, **more).items)


def lead_named(name: str):
    db.session.rollback()
    inside = select(Enrolment).join(Enrolment.lead).where(Enrolment.lead.has(first_name=name))
    return db.session.scalars(inside).one().lead


def react(campaign) -> None:
    """One lead answers, another clicks in both messages, one message is reported as delivered."""
    reply(lead_named("Lead 0"))
    with writing() as session:
        for message in session.scalars(select(Message).where(Message.campaign_id == campaign.id)):
            if message.lead.first_name == "Lead 1":
                message.clicked_at = clock.now()
            if (message.lead.first_name, message.status) == ("Lead 2", "sent"):
                message.status = "delivered"


def test_each_number_has_its_leads_behind_it_each_as_often_as_it_counts(campaign, cast):
    react(campaign)
    counts = campaign_queries.results_of(campaign.id).counts
    assert counts == {
        "waiting": 3, "sent": 4, "delivered": 1, "failed": 0, "unknown": 0, "skipped": 3,
        "replied": 1, "clicked": 1, "inside": 4,
    }  # fmt: skip
    for number in NUMBERS:
        assert len(names(cast.ada, campaign, number)) == counts[number], number
    assert names(cast.ada, campaign, "replied") == ["Lead 0 Doe"]
    assert names(cast.ada, campaign, "clicked") == ["Lead 1 Doe"]
    assert names(cast.ada, campaign, "delivered") == ["Lead 2 Doe"]
    assert names(cast.ada, campaign, "skipped", reason="The lead replied") == ["Lead 0 Doe"]
    assert names(cast.ada, campaign, "inside") == ["Lead 1 Doe", "Lead 2 Doe", "Lead 3 Doe", "Nobody Doe"]


def test_a_rep_sees_their_own_leads_and_those_of_nobody(campaign, cast):
    react(campaign)
    for number in ("sent", "waiting", "inside"):
        assert "Lead 2 Doe" not in names(cast.ben, campaign, number)
        assert "Lead 3 Doe" in names(cast.ben, campaign, number)
    assert names(cast.ben, campaign, "delivered") == []


@pytest.mark.parametrize("number", ["sent", "waiting", "inside", "clicked"])
def test_pages_go_on_where_they_ended(campaign, cast, monkeypatch, number):
    with writing() as session:
        for message in session.scalars(select(Message).where(Message.campaign_id == campaign.id)):
            message.clicked_at = clock.now()
    monkeypatch.setattr(number_queries, "PAGE", 2)
    seen, cursor = [], None
    while True:
        page = leads_behind(cast.ada, campaign.id, number, cursor=cursor)
        seen += [item.lead.id for item in page.items]
        if (cursor := page.next) is None:
            break
    assert len(seen) == len(set(seen)) == campaign_queries.results_of(campaign.id).counts[number] > 2


def test_each_number_on_the_page_leads_to_its_leads(mia, campaign):
    page = mia.get(f"/campaigns/{campaign.id}").text
    links = dict(re.findall(rf'href="(/campaigns/{campaign.id}/leads\?what=(?:[a-z]+))">(\d+)<', page))
    assert set(links.values()) == {"4", "2", "5"}
    for link, count in links.items():
        answer = mia.get(link).text
        assert len(re.findall("<tr [^>]*data-item", answer)) == int(count), link
    why = re.search(r'href="([^"]*what=skipped&amp;why=[^"]*)">2<', page)[1].replace("&amp;", "&")
    assert "Nobody Doe" in mia.get(why).text


def test_those_of_a_campaign_with_one_message_are_reached_from_its_page(mia, acme):
    make_lead("Thandi", email="thandi@example.com", source="fair")
    campaign = begun(None, message=HELLO)
    work()
    FakeTransport().drain()
    assert f'href="/campaigns/{campaign.id}/leads?what=sent">1<' in mia.get(f"/campaigns/{campaign.id}").text
    assert "Thandi" in mia.get(f"/campaigns/{campaign.id}/leads?what=sent").text


def test_what_makes_no_sense_is_answered_and_a_bad_page_refused(mia, campaign):
    address = f"/campaigns/{campaign.id}/leads"
    assert mia.get(f"{address}?what=nonsense&why=nonsense").status_code == 200
    assert mia.get(f"{address}?what=inside&cursor=nonsense").status_code == 400
