"""Links of our mails lead through us, on to where they were meant to go; a person's click is known, once."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from leadcrm.adapters.ports import TryLater
from leadcrm.conversations import timeline
from leadcrm.conversations.models import Message
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.mail_links import MailMark, click_token, read_click
from leadcrm.core.values import new_id
from leadcrm.leads.models import Lead
from leadcrm.privacy.operations import erase_lead
from leadcrm.tracking import genuineness
from tests.conftest import count_queries
from tests.conversations.conftest import FakeTransport, make_due, make_lead, plan
from tests.tracking.conftest import BROWSER, WORDS, engagements, facts, later, organize, send, settle

HOME = "http://127.0.0.1:8000"
PRICING, DEMO = "https://shop.example/pricing?a=1&b=2", "https://shop.example/demo"


def hrefs(html: str) -> list[str]:
    return [href.replace("&amp;", "&") for href in re.findall(r'href="([^"]+)"', html)]


def links(html: str) -> list[str]:
    """Paths of the mail's followed links."""
    return [href.removeprefix(HOME) for href in hrefs(html) if href.startswith(f"{HOME}/c/")]


# What the mail says


def test_links_of_a_flows_mail_lead_through_us_and_say_where_they_go(jane, reader):
    _, text, html = send(jane)
    first, second = links(html)
    assert [reader.get(path).location for path in (first, second)] == [PRICING, DEMO]
    assert ">https://shop.example/pricing?a=1&amp;b=2</a>" in html, "people read the real address"
    assert "https://shop.example/pricing?a=1&b=2 and https://shop.example/demo." in text
    assert "/c/" not in text


def test_the_way_out_stays_as_it_is_and_works(jane, reader):
    _, text, html = send(jane)
    (way_out,) = (href for href in hrefs(html) if "/u/" in href)
    assert way_out.startswith(f"{HOME}/u/")
    assert way_out in text
    assert reader.post(way_out.removeprefix(HOME)).status_code == 200
    assert facts("lead.opted_out")[0]["how"] == "unsubscribed"


def test_a_way_out_in_the_words_stays_too(jane):
    _, _, html = send(jane, content="Enough? {unsubscribe_url} or https://shop.example/")
    assert len(links(html)) == 1
    assert sum("/u/" in href for href in hrefs(html)) == 1


@pytest.mark.parametrize("words", ["Write to mailto:ada@acme.test", "Call tel:+12125550100", "See ftp://shop.example"])
def test_what_is_no_web_address_is_no_link(jane, words):
    _, _, html = send(jane, content=words)
    assert not links(html)


def test_a_letter_by_hand_is_not_followed_unless_the_organization_wants_that(acme, jane):
    _, _, html = send(jane, "by hand", origin="manual")
    assert PRICING in hrefs(html)
    organize(acme, follows_letters=True)
    _, _, html = send(jane, "by hand too", origin="manual")
    assert len(links(html)) == 2
    assert "/o/" not in html


def test_nothing_is_followed_where_the_organization_does_not_want_it(acme, jane):
    organize(acme, follows_clicks=False)
    _, _, html = send(jane)
    assert not links(html)
    assert PRICING in hrefs(html)


@pytest.mark.parametrize(
    ("words", "company"),
    [
        ("{company}", "https://evil.test/x"),
        ("See https://{company}", "evil.test"),
        ("See https://{company}.example/", "evil.test/"),
        ("See https://shop.example{company}", ".evil.test"),
        ("See https://shop.example{company}", "@evil.test"),
        ("See https://shop.example:{company}", "80@evil.test"),
        ("https://shop.example/ {company}", "https://shop.example.evil.test/"),
    ],
)
def test_a_lead_cannot_name_itself_into_a_redirect_of_ours(acme, words, company):
    lead = make_lead(email="eve@leads.example", company=company)
    _, _, html = send(lead, content=words)
    assert not any("evil" in target for target in targets(html))


def targets(html: str) -> list[str]:
    return [read_click(path.removeprefix("/c/"))[1] for path in links(html)]


def test_what_a_lead_says_may_stand_behind_our_own_host(jane):
    _, _, html = send(jane, content="https://shop.example/for/{first_name}?mail={email}")
    assert targets(html) == ["https://shop.example/for/Jane?mail=jane@leads.example"]


def test_a_later_try_says_the_same_words_and_is_not_followed(jane):
    message = plan(jane, content=WORDS, origin="flow")
    transport = FakeTransport(answers=[TryLater("later")])
    transport.drain()
    make_due(message)
    transport.drain()
    assert PRICING in hrefs(transport.sent[0].html)


# What a click does


def test_a_persons_click_is_a_fact_once_per_mail(jane, reader):
    message, _, html = send(jane)
    later()
    reader.get(links(html)[0], headers=BROWSER)
    assert facts("message.clicked") == [], "first it is seen whether a machine goes through all links"
    assert settle() == 1
    later()
    reader.get(links(html)[0], headers=BROWSER)
    reader.get(links(html)[1], headers=BROWSER)
    settle()
    assert facts("message.clicked") == [
        {"lead_id": jane.id, "message_id": message.id, "channel": "email", "url": PRICING}
    ]
    assert engagements() == [("click", "counted", ""), ("click", "counted", "")]


def test_a_click_shows_in_the_timeline_and_on_the_bubble(acme, cast, jane, reader, sign_in):
    message, _, html = send(jane)
    later()
    reader.get(links(html)[1], headers=BROWSER)
    settle()
    sentences = [line.sentence for line in timeline.of_lead(get_or_404(Lead, jane.id)).items]
    assert "Jane Doe clicked shop.example/demo" in sentences
    clicked = select(Message.id).where(Message.clicked_at.is_not(None))  # as a step's counts ask
    assert list(db.session.scalars(clicked)) == [message.id]
    thread = sign_in(cast.ada).get(f"/inbox?queue=all&c={message.conversation_id}").text
    assert "Clicked" in thread
    assert "Opened" not in thread


def test_a_click_is_the_leads_activity(jane, reader):
    _, _, html = send(jane)
    later(3600)
    before = get_or_404(Lead, jane.id).last_activity_at
    reader.get(links(html)[0], headers=BROWSER)
    settle()
    assert get_or_404(Lead, jane.id).last_activity_at > before


@pytest.mark.parametrize(
    "options",
    [
        {"method": "HEAD", "headers": BROWSER},
        {"headers": {"User-Agent": "Mozilla/5.0 (compatible; proofpoint-urldefense/1.0)"}},
        {"headers": {"User-Agent": "curl/8.5.0"}},
        {"headers": {"User-Agent": ""}},
        {"headers": {**BROWSER, "Sec-Purpose": "prefetch"}},
    ],
)
def test_a_machine_is_led_on_and_not_counted(jane, reader, options):
    _, _, html = send(jane)
    later()
    answer = reader.open(links(html)[0], **options)
    assert (answer.status_code, answer.location) == (302, PRICING)
    assert engagements() == []


def test_within_seconds_of_sending_it_was_a_scanner_and_a_person_counts_afterwards(jane, reader):
    _, _, html = send(jane)
    reader.get(links(html)[0], headers=BROWSER)
    settle()
    assert engagements() == [("click", "doubted", genuineness.SOON)]
    assert facts("message.clicked") == []
    later()
    reader.get(links(html)[0], headers=BROWSER)
    settle()
    assert engagements() == [("click", "counted", "")]
    assert len(facts("message.clicked")) == 1


def test_whoever_follows_all_links_at_once_is_a_scanner(jane, reader):
    _, _, html = send(jane)
    later()
    for path in links(html):
        assert reader.get(path, headers=BROWSER).status_code == 302
    settle()
    assert engagements() == [("click", "doubted", genuineness.BURST)] * 2
    assert facts("message.clicked") == []


# That it always leads on, and nowhere else


@pytest.mark.parametrize("token", ["x", "x.y", "..%2f", "%00", "a" * 3000])
def test_an_unknown_token_is_a_page_that_says_so(app, reader, token):
    answer = reader.get(f"/c/{token}")
    assert answer.status_code == 404
    assert "Location" not in answer.headers


def test_a_link_outlives_its_lead(jane, reader):
    _, _, html = send(jane)
    perform(erase_lead, get_or_404(Lead, jane.id))
    later()
    answer = reader.get(links(html)[0], headers=BROWSER)
    assert (answer.status_code, answer.location) == (302, PRICING)
    assert engagements() == []


def test_a_link_works_while_the_database_does_not(app, jane, reader, monkeypatch):
    _, _, html = send(jane)

    def gone(*args, **kwargs):
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr("leadcrm.tracking.mail_routes.perform", gone)
    assert reader.get(links(html)[0], headers=BROWSER).location == PRICING


def test_another_organizations_mark_writes_nothing_of_ours(cast, jane, reader):
    send(jane)
    stranger = MailMark(cast.rival.id, new_id(), new_id())
    answer = reader.get(f"/c/{click_token(stranger, PRICING)}", headers=BROWSER)
    assert answer.location == PRICING
    assert engagements() == []


def test_a_click_costs_two_statements(app, jane, reader):
    _, _, html = send(jane)
    with count_queries() as seen:
        reader.get(links(html)[0], headers=BROWSER)
    assert len(seen) == 2, seen
    with count_queries() as seen:
        reader.get(links(html)[0], headers=BROWSER)
    assert len(seen) == 1, "again it is only looked at"


def test_the_answer_is_not_kept_and_tells_nobody_where_one_came_from(jane, reader):
    _, _, html = send(jane)
    answer = reader.get(links(html)[0], headers=BROWSER)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
