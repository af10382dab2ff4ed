"""An open is known where the organization wants to know, once per mail; the picture is there whatever happens."""

import re

import pytest
from sqlalchemy.exc import OperationalError

from leadcrm.conversations import timeline
from leadcrm.conversations.models import Message
from leadcrm.core.db import get_or_404
from leadcrm.leads.models import Lead
from leadcrm.tracking import genuineness
from leadcrm.tracking.mail_routes import PIXEL
from tests.tracking.conftest import BROWSER, engagements, facts, later, organize, send, settle

PICTURE = re.compile(r'<img src="http://127\.0\.0\.1:8000(/o/[^"]+\.gif)" width="1" height="1" alt="">')


@pytest.fixture
def picture(acme, jane) -> str:
    """Path of the picture in a mail to Jane that has been read by now."""
    organize(acme, follows_opens=True)
    _, text, html = send(jane)
    assert "/o/" not in text
    later()
    return PICTURE.search(html)[1]


def test_there_is_no_picture_unless_the_organization_wants_it(jane):
    _, _, html = send(jane)
    assert "<img" not in html


def test_an_open_is_a_fact_once_per_mail(jane, reader, picture):
    for _ in range(3):
        answer = reader.get(picture, headers=BROWSER)
        assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/gif", PIXEL)
        settle()
        later()
    (told,) = facts("message.opened")
    assert (told["lead_id"], told["channel"]) == (jane.id, "email")
    assert get_or_404(Message, told["message_id"]).opened_at is not None
    sentences = [line.sentence for line in timeline.of_lead(get_or_404(Lead, jane.id)).items]
    assert sentences.count("Jane Doe opened an email") == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"},
        {"User-Agent": "Mozilla/5.0"},
        {**BROWSER, "Purpose": "prefetch"},
    ],
)
def test_a_proxy_gets_the_picture_and_does_not_count(reader, picture, headers):
    assert reader.get(picture, headers=headers).data == PIXEL
    assert engagements() == []


def test_an_open_within_seconds_of_sending_was_a_scanners(acme, jane, reader):
    organize(acme, follows_opens=True)
    _, _, html = send(jane)
    reader.get(PICTURE.search(html)[1], headers=BROWSER)
    settle()
    assert engagements() == [("open", "doubted", genuineness.SOON)]


@pytest.mark.parametrize("token", ["x", "x.y", "%2e%2e", "a" * 3000])
def test_a_token_that_is_none_gets_the_picture_too(app, reader, token):
    answer = reader.get(f"/o/{token}.gif", headers=BROWSER)
    assert (answer.status_code, answer.data) == (200, PIXEL)
    assert engagements() == []


def test_the_picture_is_there_while_the_database_is_not(reader, picture, monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError("INSERT", {}, Exception("gone"))

    monkeypatch.setattr("leadcrm.tracking.mail_routes.perform", gone)
    assert reader.get(picture, headers=BROWSER).data == PIXEL


def test_the_picture_is_never_kept_and_shown_in_mailboxes_on_the_web(reader, picture):
    answer = reader.get(picture)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in answer.headers
