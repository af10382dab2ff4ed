"""Mail to the team: it leaves once, comes back later when it cannot, and is shown where nothing leaves."""

import dataclasses
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from leadcrm.adapters.ports import OutcomeUnknown, Refused, Sent, TryLater
from leadcrm.core import clock
from leadcrm.core.db import db, perform, writing
from leadcrm.core.drains import MAX_TRIES
from leadcrm.identity import jobs, queries
from leadcrm.identity.letters import Letter
from leadcrm.identity.models import StaffMail
from leadcrm.identity.operations import letters
from leadcrm.identity.operations.letters import post_letter

LETTER = Letter("Hello", "A secret link: https://crm.test/x\n")


class Postman:
    """A mail transport that answers as told."""

    def __init__(self, answer=None):
        self.answer = answer
        self.sent = []

    @contextmanager
    def open(self):
        yield self

    def send(self, email):
        if self.answer:
            raise self.answer
        self.sent.append(email)
        return Sent("1")


@pytest.fixture
def postman(monkeypatch):
    postman = Postman()
    monkeypatch.setattr(jobs, "mail_transport", lambda settings: postman)
    return postman


def drain():
    return jobs.drain_staff_mails(lambda: False)


def only_mail():
    db.session.rollback()
    return db.session.scalars(select(StaffMail)).one()


def test_a_letter_leaves_once(acme, postman):
    perform(post_letter, "ada@acme.test", LETTER)
    assert (drain(), drain()) == (1, 0)
    (email,) = postman.sent
    assert (email.recipient, email.subject, email.text) == ("ada@acme.test", LETTER.subject, LETTER.body)
    assert only_mail().sent_at is not None


def test_the_body_is_not_readable_at_rest(acme):
    perform(post_letter, "ada@acme.test", LETTER)
    assert b"secret link" not in only_mail().body


@pytest.mark.parametrize("answer", [TryLater("busy"), OutcomeUnknown("silence"), RuntimeError("bug")])
def test_a_letter_that_did_not_arrive_is_tried_later(acme, postman, answer):
    postman.answer = answer
    perform(post_letter, "ada@acme.test", LETTER)
    assert (drain(), drain()) == (1, 0)
    mail = only_mail()
    assert mail.sent_at is None
    assert clock.real_now() < mail.due_at < clock.real_now() + timedelta(minutes=1)


def test_a_refused_letter_is_given_up(acme, postman):
    postman.answer = Refused("no such user", "550")
    perform(post_letter, "ada@acme.test", LETTER)
    drain()
    assert (only_mail().due_at, only_mail().error) == (None, "no such user")


def test_after_many_tries_a_letter_is_given_up(acme, postman):
    postman.answer = TryLater("busy")
    perform(post_letter, "ada@acme.test", LETTER)
    mail = only_mail()

    def nearly_give_up():
        mail.tries = MAX_TRIES - 1

    perform(nearly_give_up)
    drain()
    assert only_mail().due_at is None


def test_a_letter_that_kills_its_sender_again_and_again_is_given_up_and_counted(app, acme, postman):
    """The worker dies within the call, so nobody writes down how it ended: only the claim can count."""
    perform(post_letter, "ada@acme.test", LETTER)
    postman.answer = KeyboardInterrupt()  # passes every handler, as a kill does
    for _ in range(MAX_TRIES):
        with pytest.raises(KeyboardInterrupt):
            drain()
        perform(end_the_lease)
    postman.answer = None
    drain()
    mail = only_mail()
    assert (postman.sent, mail.due_at, mail.error) == ([], None, letters.BROKE_OFF)
    assert app.test_client().get("/readyz").json["staff_mails_given_up"] == 1


def end_the_lease():
    db.session.execute(update(StaffMail).values(due_at=clock.real_now()))


def test_a_taken_letter_is_left_to_its_worker(acme, postman):
    perform(post_letter, "ada@acme.test", LETTER)
    assert perform(jobs.claim_letter, only_mail().id)
    assert not perform(jobs.claim_letter, only_mail().id)
    assert drain() == 0


def test_a_stopping_worker_takes_no_further_letter(acme, postman):
    perform(post_letter, "ada@acme.test", LETTER)
    assert jobs.drain_staff_mails(lambda: True) == 0
    assert postman.sent == []


def test_without_a_mail_server_the_sandbox_shows_it(acme):
    perform(post_letter, "ada@acme.test", LETTER)
    drain()
    (shown,) = queries.sandbox_staff_mails()
    assert (shown.recipient, shown.body) == ("ada@acme.test", LETTER.body)
    assert shown.sent_at is not None


def test_a_letter_that_was_copied_from_another_row_does_not_leave_and_holds_up_nothing(app, acme, postman, cast):
    perform(post_letter, "ada@acme.test", LETTER)
    secret = only_mail().body
    perform(post_letter, "ben@acme.test", Letter("Yours", "Another link.\n"))
    with writing() as session:
        session.execute(update(StaffMail).where(StaffMail.recipient == "ben@acme.test").values(body=secret))
    assert drain() == 2
    assert [email.recipient for email in postman.sent] == ["ada@acme.test"]
    db.session.rollback()
    copied = db.session.scalars(select(StaffMail).where(StaffMail.recipient == "ben@acme.test")).one()
    assert (copied.due_at, copied.error) == (None, "This secret belongs somewhere else.")
    assert queries.letters_given_up() == 1
    shown = {mail.recipient: mail.body for mail in queries.sandbox_staff_mails()}
    assert shown["ada@acme.test"] == LETTER.body
    assert shown["ben@acme.test"].startswith("This secret belongs somewhere else.")


def test_a_letter_under_an_unknown_key_waits_for_the_key(app, acme, postman):
    perform(post_letter, "ada@acme.test", LETTER)
    right = app.settings
    app.settings = dataclasses.replace(right, secret_key="another key, long enough for a server")
    assert drain() == 1
    assert only_mail().due_at is not None
    app.settings = right
    with writing() as session:
        session.execute(update(StaffMail).values(due_at=clock.real_now()))
    drain()
    assert [email.text for email in postman.sent] == [LETTER.body]
