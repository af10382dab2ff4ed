"""Visits of the organization's site: taken from that site alone, joined to the lead, told where they mean something."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from leadcrm.conversations import timeline
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, get_or_404, perform, writing
from leadcrm.core.drains import drain_events
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead
from leadcrm.privacy.operations import erase_lead
from leadcrm.privacy.queries import person_of_lead, rows_about
from leadcrm.tracking import operations
from leadcrm.tracking.jobs import KEPT, forget_old_tracks
from leadcrm.tracking.models import Engagement, SiteVisit, TrackedSite, Visitor
from leadcrm.tracking.passes import VALID, make_pass
from tests.conftest import count_queries
from tests.conversations.conftest import make_lead
from tests.tracking.conftest import BROWSER, facts, later, send
from tests.tracking.test_clicks import links

SHOP = "https://shop.example"
VISITOR, ANOTHER = "1" * 32, "2" * 32
SITE = {"is_on": True, "origins": [SHOP], "pricing_paths": ["/pricing*"], "demo_paths": ["/demo/thanks"]}


@pytest.fixture
def site(acme) -> TrackedSite:
    return perform(operations.save_site, SITE)


def tell(reader, site, page: str = "/", *, visitor: str = VISITOR, origin: str | None = SHOP, **more):
    """What the script sends from a page of the site."""
    headers = {"Origin": origin, "Content-Type": "text/plain;charset=UTF-8", **more.pop("headers", {})}
    body = {"key": site.key, "visitor": visitor, "url": f"{SHOP}{page}", "pass": None, **more}
    headers = {name: value for name, value in headers.items() if value is not None}
    return reader.post("/t", data=json.dumps(body), headers=headers)


def visits() -> list[tuple[str, str, str | None]]:
    """(page, kind, lead) of everything noted, oldest first."""
    db.session.rollback()
    with tenancy.everyone():
        rows = db.session.scalars(select(SiteVisit).order_by(SiteVisit.at, SiteVisit.id)).all()
        return [(row.url.removeprefix(SHOP), row.kind, row.lead_id) for row in rows]


def a_pass(lead: Lead) -> str:
    return make_pass(lead.organization_id, lead.id, clock.now())


# Who may tell


def test_a_visit_is_noted_without_its_query(reader, site):
    answer = tell(reader, site, "/about?email=jane@leads.example#top")
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert "Origin" in answer.headers["Vary"]
    assert "Set-Cookie" not in answer.headers
    assert visits() == [("/about", "page", None)]


@pytest.mark.parametrize(
    "origin",
    ["https://evil.test", "http://shop.example", "https://shop.example.evil.test", "https://shop.example:8443", "null",
     "https://SHOP.example", "", None],
)  # fmt: skip
def test_from_anywhere_else_nothing_is_taken(reader, site, origin):
    answer = tell(reader, site, origin=origin)
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert visits() == []


def test_a_site_tells_of_its_own_pages_only(reader, site):
    assert tell(reader, site, url="https://elsewhere.example/pricing").status_code == 403
    assert visits() == []


def test_an_unknown_key_and_a_site_that_is_off_are_refused(reader, site):
    assert tell(reader, site, key="0" * 16).status_code == 403
    perform(operations.save_site, {"is_on": False})
    assert tell(reader, site).status_code == 403
    assert visits() == []


@pytest.mark.parametrize("wish", [{"DNT": "1"}, {"Sec-GPC": "1"}])
def test_whoever_does_not_want_it_is_not_noted(reader, site, wish):
    assert tell(reader, site, headers=wish).status_code == 204
    assert visits() == []


def test_a_large_body_is_refused(reader, site):
    assert tell(reader, site, filling="x" * 5000).status_code == 413
    assert visits() == []


def test_one_address_cannot_flood_a_site(reader, site):
    codes = [tell(reader, site).status_code for _ in range(121)]
    assert set(codes[:120]) == {204}
    assert codes[120] == 429
    assert len(visits()) == 120


def test_a_visit_costs_few_statements(reader, site):
    tell(reader, site)
    assert site.key, "looked up before the counting begins"
    with count_queries() as seen:
        tell(reader, site)
    assert len(seen) <= 4, seen


# Whose visit it is


def test_a_click_in_our_mail_brings_a_pass_to_our_own_site_and_nowhere_else(reader, site, jane):
    _, _, html = send(jane, content=f"{SHOP}/pricing or https://elsewhere.example/pricing")
    later()
    ours, elsewhere = (reader.get(path, headers=BROWSER).location for path in links(html))
    assert ours.startswith(f"{SHOP}/pricing?leadcrm=")
    assert elsewhere == "https://elsewhere.example/pricing"
    machine = reader.get(links(html)[0], headers={"User-Agent": "curl/8.5.0"})
    assert machine.location == f"{SHOP}/pricing"
    token = ours.partition("leadcrm=")[2]
    assert tell(reader, site, "/pricing", **{"pass": token}).status_code == 204
    assert visits() == [("/pricing", "pricing", jane.id)]


def test_what_somebody_looked_at_before_is_theirs_once_they_are_known(reader, site, jane):
    tell(reader, site, "/")
    later()
    tell(reader, site, "/pricing")
    tell(reader, site, "/", visitor=ANOTHER)
    assert facts("lead.visited") == []
    later()
    tell(reader, site, "/about", **{"pass": a_pass(jane)})
    assert set(visits()) == {
        ("/", "page", jane.id),
        ("/pricing", "pricing", jane.id),
        ("/", "page", None),
        ("/about", "page", jane.id),
    }
    assert facts("lead.visited") == [{"lead_id": jane.id, "kind": "pricing", "url": f"{SHOP}/pricing"}]


def test_a_pass_that_is_over_joins_nobody(reader, site, jane):
    token = a_pass(jane)
    later(int(VALID.total_seconds()) + 1)
    assert tell(reader, site, "/", **{"pass": token}).status_code == 204
    assert visits() == [("/", "page", None)]


def test_a_browser_two_people_share_is_the_later_ones_from_then_on(reader, site, jane):
    john = make_lead("John", email="john@leads.example")
    tell(reader, site, "/a", **{"pass": a_pass(jane)})
    later()
    tell(reader, site, "/b", **{"pass": a_pass(john)})
    later()
    tell(reader, site, "/c")
    assert visits() == [("/a", "page", jane.id), ("/b", "page", john.id), ("/c", "page", john.id)]


def test_a_form_that_names_its_visitor_joins_them(app, reader, site):
    tell(reader, site, "/pricing")
    lead, _ = perform(leads.capture_lead, LeadData(email="new@leads.example", visitor=VISITOR), realtor=None)
    drain_events(lambda: False)
    assert visits() == [("/pricing", "pricing", lead.id)]
    sentences = [line.sentence for line in timeline.of_lead(get_or_404(Lead, lead.id)).items]
    assert "new@leads.example looked at your pricing page" in sentences
    assert "new@leads.example was recognised as a visitor of your site" in sentences


def test_a_visitor_of_another_organization_is_not_ours(cast, reader, site, jane):
    with tenancy.organization(cast.rival.id):
        perform(operations.note_visit, VISITOR, "https://rival.example/", "page")
    perform(operations.join_visitor, VISITOR, jane.id)
    assert visits() == [("https://rival.example/", "page", None)]


# What is told


def test_pricing_and_a_demo_request_are_told_once_a_day_and_other_pages_never(reader, site, jane):
    tell(reader, site, "/", **{"pass": a_pass(jane)})
    for page in ("/pricing", "/pricing/teams", "/demo/thanks", "/about", "/pricing"):
        later()
        tell(reader, site, page)
    assert [fact["kind"] for fact in facts("lead.visited")] == ["pricing", "demo_request"]
    later(86_400)
    tell(reader, site, "/pricing")
    assert [fact["kind"] for fact in facts("lead.visited")] == ["pricing", "demo_request", "pricing"]


def test_the_lead_shows_what_it_looked_at(cast, sign_in, reader, site, jane):
    client = sign_in(cast.ada)
    assert "No visits are known" in client.get(f"/leads/{jane.id}/visits", hx=True).text
    tell(reader, site, "/pricing", **{"pass": a_pass(jane)})
    page = client.get(f"/leads/{jane.id}/visits", hx=True).text
    assert "shop.example/pricing" in page
    assert "Pricing page" in page
    assert f"/leads/{jane.id}/visits" in client.get(f"/leads/{jane.id}?tab=visits").text


def test_many_visits_are_paged(cast, sign_in, reader, site, jane):
    perform(operations.join_visitor, VISITOR, jane.id)
    for number in range(60):
        perform(operations.note_visit, VISITOR, f"{SHOP}/page-{number:02}", "page")
        clock.move(int(clock._offset.total_seconds()) + 1)
    client = sign_in(cast.ada)
    first = client.get(f"/leads/{jane.id}/visits", hx=True).text
    assert first.count("page-") == 50
    further = first.partition('hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    assert client.get(further, hx=True).text.count("page-") == 10


# That it goes again


def test_visits_and_clicks_are_handed_out_and_erased(reader, site, jane):
    _, _, html = send(jane, content=f"{SHOP}/pricing")
    later()
    location = reader.get(links(html)[0], headers=BROWSER).location
    tell(reader, site, "/pricing", **{"pass": location.partition("leadcrm=")[2]})
    db.session.rollback()
    held = dict(rows_about(person_of_lead(jane)))
    assert [row["url"] for row in held["site_visits"]] == [f"{SHOP}/pricing"]
    assert [row["url"] for row in held["engagements"]] == [f"{SHOP}/pricing"]
    assert [row["key"] for row in held["visitors"]] == [VISITOR]
    perform(erase_lead, get_or_404(Lead, jane.id))
    for model in (SiteVisit, Engagement, Visitor):
        assert db.session.scalars(select(model)).all() == []
    assert [fact.get("url") for fact in facts("lead.visited")] == [None]


def test_who_shares_the_browser_keeps_their_visits_when_the_other_is_erased(reader, site, jane):
    tell(reader, site, "/pricing", **{"pass": a_pass(jane)})
    later()
    john = make_lead("John", email="john@leads.example")
    tell(reader, site, "/demo", **{"pass": a_pass(john)})
    db.session.rollback()
    perform(erase_lead, get_or_404(Lead, john.id))
    assert visits() == [("/pricing", "pricing", jane.id)]
    (browser,) = db.session.scalars(select(Visitor))
    assert browser.lead_id is None
    assert browser.key != VISITOR


def test_what_is_older_than_thirteen_months_is_forgotten(reader, site, jane):
    tell(reader, site, "/old", **{"pass": a_pass(jane)})
    later(int((KEPT - timedelta(minutes=1)).total_seconds()))
    tell(reader, site, "/new", visitor=ANOTHER)
    assert forget_old_tracks() == 0
    later(120)
    assert forget_old_tracks() == 2  # a visit, and the visitor who was not seen since
    assert visits() == [("/new", "page", None)]


def test_a_lead_that_is_gone_is_joined_to_nothing(reader, site, jane):
    token = a_pass(jane)
    with writing() as session:
        session.delete(get_or_404(Lead, jane.id))
    assert tell(reader, site, "/", **{"pass": token}).status_code == 204
    assert visits() == [("/", "page", None)]
