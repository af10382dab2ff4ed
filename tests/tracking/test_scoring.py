"""Reading our mails makes a lead's score grow: five points a mail, fifteen in all, never for a machine."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from leadcrm.conversations import timeline
from leadcrm.core import tenancy
from leadcrm.core.db import db, get_or_404, perform, writing
from leadcrm.core.mail_links import MailMark
from leadcrm.leads.models import Lead
from leadcrm.tracking import operations
from leadcrm.tracking.jobs import forget_old_tracks
from leadcrm.tracking.operations import engaging
from tests.tracking.conftest import engagements, facts, later, send, settle


def score(lead: Lead) -> int:
    db.session.rollback()
    return db.session.scalar(select(Lead.score).where(Lead.id == lead.id))


@pytest.fixture
def read(jane):
    """`read("one")` sends the mail if need be, and a person opens it, or follows a link of it."""
    sent = {}

    def run(key: str, kind: str = "open", url: str = "") -> str:
        if key not in sent:
            sent[key] = send(jane, key)[0].id
            later()
        perform(operations.note_engagement, MailMark(tenancy.current_id(), jane.id, sent[key]), kind, url)
        settle()
        later()
        return sent[key]

    return run


def test_a_mail_that_was_opened_adds_five_points_and_says_so(jane, read):
    message_id = read("one")
    assert score(jane) == 5
    (told,) = facts("lead.scored")
    assert (told["old"], told["new"], told["message_id"]) == (0, 5, message_id)
    sentences = [line.sentence for line in timeline.of_lead(get_or_404(Lead, jane.id)).items]
    assert "The score changed from 0 to 5: an email was opened" in sentences


def test_a_mail_counts_once_however_it_is_read(jane, read):
    for kind, url in (("click", "https://shop.example/a"), ("open", ""), ("click", "https://shop.example/b")):
        read("one", kind, url)
    assert score(jane) == 5
    assert [told["reason"] for told in facts("lead.scored")] == ["a link in an email was followed"]


def test_all_mails_together_count_fifteen(jane, read):
    for key in ("one", "two", "three", "four", "five"):
        read(key)
    assert score(jane) == 15


def test_what_was_a_machines_doing_counts_nothing(jane):
    message = send(jane)[0]
    perform(operations.note_engagement, MailMark(tenancy.current_id(), jane.id, message.id), "open")
    settle()
    assert engagements()[0][1] == "doubted"
    assert (score(jane), facts("lead.scored")) == (0, [])


def test_a_mail_that_was_forgotten_does_not_count_again(jane, read):
    read("one")
    later(400 * 86_400)
    assert forget_old_tracks() == 1
    read("one")
    assert len(facts("message.opened")) == 2
    assert score(jane) == 5


def test_points_do_not_go_beyond_the_highest_score(jane, read):
    with writing() as session:
        session.execute(update(Lead).where(Lead.id == jane.id).values(score=98))
    read("one")
    assert score(jane) == 100


def test_mails_read_at_once_count_fifteen_too(app, acme, jane, monkeypatch):
    monkeypatch.setattr(engaging, "mails_scored", lingering(engaging.mails_scored))
    organization_id, lead_id = acme.id, jane.id

    def one(number: int) -> None:
        with app.app_context(), tenancy.organization(organization_id):
            perform(operations.score_reading, lead_id, f"mail {number % 5}", "an email was opened")

    with ThreadPoolExecutor(5) as threads:
        list(threads.map(one, range(10)))
    assert (score(jane), len(facts("lead.scored"))) == (15, 3)


def lingering(read):
    """As `read`, but others get their chance before its answer is used."""

    def slowly(lead_id: str) -> set[str]:
        found = read(lead_id)
        time.sleep(0.05)
        return found

    return slowly


def test_whoever_was_erased_gets_no_points(acme):
    perform(operations.score_reading, "gone", "mail", "an email was opened")
    assert facts("lead.scored") == []
