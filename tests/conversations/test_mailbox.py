"""The installation's mailbox: every mail in it comes in exactly once, whatever breaks, and to its organization only."""

import dataclasses
import datetime

import pytest
from sqlalchemy import select, update

from leadcrm import create_app
from leadcrm.adapters.imap import MailboxTrouble, OpenMailbox
from leadcrm.conversations import intake, mailbox
from leadcrm.conversations.incoming_mail import LARGEST_MAIL
from leadcrm.conversations.models import Mailbox, Message, RawInbound
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, writing
from leadcrm.identity.models import Organization
from tests.conftest import create_schema
from tests.contracts.mailboxes import breaking_line, imap_office
from tests.conversations.conftest import make_lead, plan
from tests.conversations.mails import SECRET, hand_over, mail


@pytest.fixture(scope="module")
def office():
    with imap_office() as running:
        yield running


@pytest.fixture
def folder(office, request):
    """A mailbox of its own for each test."""
    name = request.node.name[:60]
    with office.client(name):
        return name


@pytest.fixture
def settings(settings, office, folder):
    return dataclasses.replace(settings, imap_url=office.url(folder), email_webhook_secret=SECRET)


@pytest.fixture
def deliver(office, folder):
    return lambda *mails, **changes: office.put(*mails, folder=folder, **changes)


@pytest.fixture
def alone(cast):
    """Only Acme uses the installation's address."""
    with tenancy.everyone(), writing() as session:
        session.execute(
            update(Organization).where(Organization.id == cast.rival.id).values(mail_from="rita@rival.test")
        )


def numbered(*numbers: int) -> list[bytes]:
    return [mail(f"Mail {n}\n", sender=f"p{n}@example.com", message_id=f"<{n}@example.com>") for n in numbers]


def look() -> int:
    """As if it were time to look again, and nobody held the mailbox any more."""
    set_mailbox(due_at=clock.real_now())
    return mailbox.drain(lambda: False)


def set_mailbox(**values) -> None:
    with tenancy.everyone(), writing() as session:
        session.execute(update(Mailbox).values(**values))


def state() -> Mailbox:
    db.session.rollback()
    with tenancy.everyone():
        return db.session.scalars(select(Mailbox).execution_options(populate_existing=True)).one()


def kept() -> list[str]:
    """The ids of all that was kept, of every organization."""
    db.session.rollback()
    with tenancy.everyone():
        return sorted(db.session.scalars(select(RawInbound.external_id)))


def ids(*numbers: int) -> list[str]:
    return sorted(f"<{n}@example.com>" for n in numbers)


def said() -> list[str]:
    intake.drain(lambda: False)
    db.session.rollback()
    with tenancy.everyone():
        return list(db.session.scalars(select(Message.content).order_by(Message.id)))


# Taking in


def test_new_mails_become_messages_once(alone, deliver):
    deliver(*numbered(1, 2))
    assert look() == 2
    assert look() == 0
    deliver(*numbered(3))
    assert look() == 1
    assert said() == ["Mail 1", "Mail 2", "Mail 3"]
    assert said() == ["Mail 1", "Mail 2", "Mail 3"]


def test_a_mailbox_is_looked_at_now_and_then_only(alone, deliver):
    assert mailbox.drain(lambda: False) == 0
    deliver(*numbered(1))
    assert mailbox.drain(lambda: False) == 0
    assert state().due_at - clock.real_now() > datetime.timedelta(seconds=20)
    assert look() == 1


def test_a_backlog_comes_in_over_several_batches(alone, deliver, monkeypatch):
    monkeypatch.setattr(mailbox, "BATCH", 3)
    deliver(*numbered(*range(8)))
    assert look() == 8
    assert kept() == ids(*range(8))


def test_a_stop_keeps_what_was_fetched_and_the_next_look_goes_on_at_once(alone, deliver):
    deliver(*numbered(*range(5)))
    asked = iter([False, True])
    assert mailbox.drain(lambda: next(asked)) == 2
    assert mailbox.drain(lambda: False) == 3
    assert kept() == ids(*range(5))


def test_a_server_so_slow_that_time_is_up_at_once_is_read_all_the_same(alone, deliver):
    deliver(*numbered(1, 2, 3))
    for _ in range(3):
        assert mailbox.drain(lambda: True) == 1
    assert kept() == ids(1, 2, 3)


def test_no_transaction_is_open_while_the_server_thinks(alone, deliver, monkeypatch):
    """PostgreSQL ends one that is idle for half a minute, and the whole batch with it."""
    read, held = OpenMailbox.read, []

    def watched(*asked):
        held.append(db.session().in_transaction())
        return read(*asked)

    monkeypatch.setattr(OpenMailbox, "read", watched)
    deliver(*numbered(1, 2, 3))
    assert look() == 3
    assert held == [False] * 3


def test_without_a_mailbox_nothing_is_done(app, cast):
    app.settings = dataclasses.replace(app.settings, imap_url=None)
    assert mailbox.drain(lambda: False) == 0
    with tenancy.everyone():
        assert db.session.scalar(select(Mailbox)) is None


def test_old_mail_in_a_mailbox_that_is_begun_is_left_alone(alone, deliver):
    now = datetime.datetime.now(datetime.UTC)
    deliver(*numbered(1), at=now - datetime.timedelta(days=5))
    deliver(*numbered(2), at=now - datetime.timedelta(hours=20))
    deliver(*numbered(3), at=now)
    assert look() == 2
    assert kept() == ids(2, 3)


def test_a_mailbox_with_old_mail_only_starts_at_its_end(alone, deliver):
    deliver(*numbered(1), at=datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=5))
    assert look() == 0
    deliver(*numbered(2))
    assert look() == 1


def test_mails_the_server_numbered_anew_come_in_once(alone, office, folder, deliver):
    deliver(*numbered(1, 2, 3))
    look()
    with office.client() as client:
        client.folder.delete(folder)
        client.folder.create(folder)
    deliver(*numbered(2, 3, 4))
    assert look() == 3
    assert said() == ["Mail 1", "Mail 2", "Mail 3", "Mail 4"]


def test_the_same_mail_by_webhook_and_mailbox_is_one(app, alone, deliver):
    (same,) = numbered(1)
    hand_over(app.test_client(), same)
    deliver(same)
    look()
    assert said() == ["Mail 1"]


def test_of_a_mail_that_is_too_large_the_words_come_in(alone, deliver):
    files = (("film.bin", "application/octet-stream", b"x" * LARGEST_MAIL),)
    deliver(mail("Look at this film.\n", files=files))
    look()
    (text,) = said()
    assert text.startswith("Look at this film.")
    assert "Its files are only in the mailbox" in text
    with tenancy.everyone():
        assert db.session.scalars(select(Message)).one().attachments == []


def test_a_mail_deleted_while_we_read_is_passed_over(alone, deliver, monkeypatch):
    deliver(*numbered(1, 2))
    read, gone = OpenMailbox.read, iter([True, False])
    monkeypatch.setattr(OpenMailbox, "read", lambda *asked: None if next(gone) else read(*asked))
    look()
    assert kept() == ids(2)
    assert state().strays == 0


# Whose mail it is


def test_mail_for_nobody_stays_in_the_mailbox_and_is_counted(cast, deliver):
    deliver(*numbered(1), b"Subject: from nobody\r\n\r\nhi")
    assert look() == 2
    assert kept() == []
    assert state().strays == 2


def test_an_address_two_organizations_share_is_decided_by_who_knows_the_sender(cast, deliver):
    with tenancy.organization(cast.rival.id):
        make_lead(email="p1@example.com")
    deliver(*numbered(1, 2))
    look()
    with tenancy.organization(cast.acme.id):
        assert db.session.scalars(select(RawInbound)).all() == []
    with tenancy.organization(cast.rival.id):
        assert [raw.external_id for raw in db.session.scalars(select(RawInbound))] == ids(1)


def test_an_organizations_own_address_wins_over_the_mailbox(alone, cast, deliver):
    deliver(mail(to="Rita <rita@rival.test>"))
    look()
    with tenancy.organization(cast.rival.id):
        assert len(db.session.scalars(select(RawInbound)).all()) == 1


def test_an_answer_goes_to_its_thread_only(cast, deliver, transport):
    with tenancy.organization(cast.rival.id):
        lead = make_lead(email="jane@example.com")
        plan(lead)
        transport.drain()
    deliver(mail(sender="someone@example.com", to="any@where.test", In_Reply_To=transport.sent[0].message_id))
    look()
    intake.drain(lambda: False)
    with tenancy.organization(cast.rival.id):
        received = db.session.scalars(select(Message).where(Message.direction == "inbound")).one()
    assert received.lead_id == lead.id


def test_what_came_into_the_mailbox_needs_no_known_recipient(alone, cast, deliver):
    deliver(mail(to="undisclosed@recipients.test"))
    look()
    with tenancy.organization(cast.acme.id):
        assert len(db.session.scalars(select(RawInbound)).all()) == 1


def test_of_the_only_organization_is_everything(databases, settings, deliver):
    """Also when it has an address of its own, which the mail does not name."""
    url = databases.create(empty=True)
    app = create_app(dataclasses.replace(settings, database_url=url))
    with app.app_context():
        create_schema()
        deliver(mail(to="undisclosed@recipients.test"))
        with tenancy.everyone(), writing() as session:
            session.add(Organization(name="Solo", slug="solo", mail_from="hello@solo.test"))
        look()
        assert kept() == ["<reply-1@example.com>"]
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


# Breaking off


class Killed(BaseException):
    """The process ends here."""


MOMENTS = {
    "after claiming": (mailbox, "opened"),
    "while fetching": (OpenMailbox, "read"),
    "before writing": (mailbox, "_keep"),
    "between place and mails": (intake, "store"),
    "before the end is noted": (mailbox, "_note_read"),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("at", [1, 2, 4])
def test_a_kill_loses_and_doubles_nothing(alone, deliver, monkeypatch, moment, at):
    """Killed at the `at`-th call of a step, or never where it is called less often."""
    monkeypatch.setattr(mailbox, "BATCH", 2)
    deliver(*numbered(*range(5)))
    owner, name = MOMENTS[moment]
    step, calls = getattr(owner, name), iter(range(1, 100))

    def dying(*arguments, **named):
        if next(calls) == at:
            raise Killed
        return step(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dying)
        for _ in range(2):
            try:
                look()
            except Killed:
                db.session.rollback()
    look()
    assert kept() == ids(*range(5))
    assert sorted(said()) == [f"Mail {n}" for n in range(5)]


def test_a_line_that_breaks_anywhere_loses_and_doubles_nothing(app, alone, office, folder, deliver, monkeypatch):
    monkeypatch.setattr(mailbox, "BATCH", 2)
    deliver(*numbered(*range(5)))
    with breaking_line(office.port) as line:
        app.settings = dataclasses.replace(app.settings, imap_url=office.url(folder, port=line.port))
        steps = set()
        for line.breaks_after in (40, 300, 600, 900, 1300, 1700, 2100, 2500, None):
            look()
            steps.add((len(kept()), state().failures > 0))
    assert {(0, True), (5, False)} <= steps
    assert any(0 < count < 5 for count, _ in steps)
    assert kept() == ids(*range(5))


def test_two_who_read_at_once_keep_each_mail_once(alone, deliver, monkeypatch):
    monkeypatch.setattr(mailbox, "BATCH", 2)
    deliver(*numbered(*range(5)))
    read = OpenMailbox.read

    def read_beside_another(box, uid, most_bytes):
        monkeypatch.setattr(OpenMailbox, "read", read)
        assert look() == 5
        return read(box, uid, most_bytes)

    monkeypatch.setattr(OpenMailbox, "read", read_beside_another)
    assert look() == 0, "it was overtaken"
    assert kept() == ids(*range(5))
    assert state().failures == 0


def test_a_mailbox_someone_reads_is_not_read(alone, deliver):
    deliver(*numbered(1))
    look()
    set_mailbox(due_at=clock.real_now() + mailbox.CLAIM)
    deliver(*numbered(2))
    assert mailbox.drain(lambda: False) == 0


# Trouble


def test_trouble_is_noted_with_growing_pauses_and_forgotten_when_it_is_over(app, alone, office, folder, deliver):
    deliver(*numbered(1))
    wrong = app.settings.imap_url.replace("secret", "guess")
    app.settings, right = dataclasses.replace(app.settings, imap_url=wrong), app.settings
    pauses = []
    for failures in range(1, 10):
        assert look() == 0
        row = state()
        assert row.failures == failures
        assert "credentials" in row.error
        pauses.append(round((row.due_at - clock.real_now()).total_seconds() / 30))
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    app.settings = right
    assert look() == 1
    assert (state().failures, state().error) == (0, "")


def test_a_mail_the_server_cannot_give_out_does_not_hold_up_those_before_it(alone, deliver, monkeypatch):
    deliver(*numbered(*range(5)))
    read, calls = OpenMailbox.read, iter(range(1, 100))

    def failing_at_the_fourth(*asked):
        if next(calls) == 4:
            raise MailboxTrouble("This mail is damaged.")
        return read(*asked)

    with monkeypatch.context() as patch:
        patch.setattr(OpenMailbox, "read", failing_at_the_fourth)
        look()
    assert kept() == ids(0, 1, 2)
    assert state().error == "This mail is damaged."
    assert look() == 2


def test_readyz_tells_how_long_the_mailbox_was_not_read(app, alone):
    client = app.test_client()
    assert client.get("/readyz").json["mailbox_silent_seconds"] is None
    look()
    assert client.get("/readyz").json["mailbox_silent_seconds"] < 60
    set_mailbox(checked_at=clock.real_now() - datetime.timedelta(hours=1))
    assert client.get("/readyz").json["mailbox_silent_seconds"] >= 3600


def test_the_doctor_tries_the_mailbox(app, office, folder):
    from leadcrm import doctor

    def verdict(url: str | None) -> str:
        app.settings = dataclasses.replace(app.settings, imap_url=url)
        return next(finding.verdict for finding in doctor.examine() if finding.subject == "Mailbox")

    assert verdict(office.url(folder)) == "ok"
    assert verdict(office.url("No such folder")) == "broken"
    assert verdict(None) == "note"
