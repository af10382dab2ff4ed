"""A backup holds everything but keys, comes back as it was, and sends nothing by itself."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from leadcrm.conversations import operations
from leadcrm.conversations.models import PAUSABLE, Attempt, Message, SendingPause
from leadcrm.core import clock, tenancy
from leadcrm.core.backup import making
from leadcrm.core.db import db, get_or_404, perform, writing
from leadcrm.core.models import EventRow, Heartbeat
from leadcrm.core.once import run_once
from leadcrm.identity.models import Organization, PasswordReset, StaffMail, User, UserSession
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead
from leadcrm.notifications.models import Notification
from tests.backup.conftest import FILE, contents, opened_app
from tests.conversations.conftest import FakeTransport
from tests.databases import BACKEND
from tests.strangers.tables import all_rows, selects

TOUCHED = {"messages", "attempts", "sending_pauses", "user_sessions", "staff_mails", "password_resets", "heartbeats",
           "conversations", "events", "debts", "notifications", "slots"}  # fmt: skip


def untouched_rows() -> set[tuple[str, str]]:
    db.session.remove()
    inner = ("_config", "_data", "_docsize", "_idx", "_content")  # of SQLite's full-text tables
    statements = {name: sql for name, sql in selects().items() if name not in TOUCHED and not name.endswith(inner)}
    return all_rows(statements)


def restore(app, *words):
    return app.test_cli_runner().invoke(args=["restore", *map(str, words)])


@pytest.fixture
def restored(backup_of_office, elsewhere):
    """The office in another installation, whose context is open."""
    with opened_app(*elsewhere) as other:
        result = restore(other, backup_of_office)
        assert result.exit_code == 0, result.output
        yield other


def test_everything_comes_back_as_it_was(app, backup_of_office, elsewhere):
    before = untouched_rows()
    with opened_app(*elsewhere) as other:
        assert restore(other, backup_of_office).exit_code == 0
        assert untouched_rows() == before
        assert (other.settings.uploads / "inbound" / "plan-0").read_bytes() == FILE
        assert other.test_cli_runner().invoke(args=["verify-audit"]).exit_code == 0


def test_nothing_leaves_before_the_release(restored, acme_id, office):
    """P13: what was due nine hours ago stays."""
    clock.move(9 * 3600)
    transport = FakeTransport()
    run_once()
    transport.drain()
    assert transport.sent == []
    with tenancy.everyone():
        assert db.session.scalar(select(func.count()).select_from(Attempt)) == 1, "only that of before the backup"
        assert db.session.scalar(select(StaffMail.sent_at)) is None
    with tenancy.organization(acme_id):
        assert get_or_404(Message, office["due"]).status == "held"
        waiting = perform(operations.release_sending, "email")
        transport.drain()
        assert waiting == len(transport.sent) == 2, "the due one, and the one that was claimed and never begun"
        run_once()
    with tenancy.everyone():
        assert db.session.scalar(select(StaffMail.sent_at)) is None


def test_what_was_being_sent_is_unknown_and_told(restored, acme_id, office):
    with tenancy.organization(acme_id):
        assert get_or_404(Message, office["sending"]).status == "unknown"
        assert get_or_404(Message, office["sent"]).status == "sent"
        assert get_or_404(Message, office["later"]).status == "scheduled"
        facts = select(EventRow).where(EventRow.name == "message.unknown")
        assert [fact.data["message_id"] for fact in db.session.scalars(facts)] == [office["sending"]]


def test_every_channel_of_every_organization_is_paused(restored):
    with tenancy.everyone():
        pauses = db.session.scalars(select(SendingPause)).all()
        organizations = set(db.session.scalars(select(Organization.id)))
    assert len(pauses) == len(PAUSABLE) * len(organizations)
    assert {pause.organization_id for pause in pauses} == organizations
    assert all(pause.released_at is None and pause.backup_at < pause.paused_at for pause in pauses)


def test_those_who_run_the_teams_find_a_notification(restored, acme_id):
    told = select(User.role, Notification.href).join(Notification, Notification.user_id == User.id)
    with tenancy.organization(acme_id):
        rows = db.session.execute(told.where(Notification.key.like("restored:%")).order_by(User.role)).all()
    assert rows == [("manager", "/settings/system"), ("owner", "/settings/system")]


def test_a_session_of_then_does_not_open_the_restored_one(cast, sign_in, elsewhere, flask_command, tmp_path):
    client, path = sign_in(cast.ada), tmp_path / "signed-in.backup"
    assert flask_command("backup", path).exit_code == 0
    with opened_app(*elsewhere) as other:
        assert restore(other, path).exit_code == 0
        with tenancy.everyone():
            assert all(row.ended_at for row in db.session.scalars(select(UserSession)))
    assert client.get("/settings").status_code == 200


def test_letters_and_links_of_then_are_dead(app, acme_id, office, elsewhere, flask_command, tmp_path):
    """Under the same key, as after a disaster: the letter could be read, and its link would sign in."""
    path = tmp_path / "with-a-link.backup"
    link = {"token_hash": "x" * 64, "expires_at": clock.real_now() + timedelta(minutes=30)}
    with tenancy.organization(acme_id):
        ada_id = db.session.scalar(select(User.id).where(User.role == "owner"))
        perform(db.session.add, PasswordReset(user_id=ada_id, **link))
    assert flask_command("backup", path).exit_code == 0
    with opened_app(*elsewhere, secret_key=app.settings.secret_key) as other:
        assert restore(other, path).exit_code == 0
        run_once()
        with tenancy.everyone():
            letters = db.session.execute(select(StaffMail.sent_at, StaffMail.due_at, StaffMail.tries)).all()
            assert letters == [(None, None, 0)]
            assert all(db.session.scalars(select(PasswordReset.used_at)))


def test_a_second_restore_of_a_restored_office_works(restored, tmp_path):
    """Its pauses are open in the backup: they are closed, and new ones begin."""
    again = tmp_path / "again.backup"
    assert restored.test_cli_runner().invoke(args=["backup", str(again)]).exit_code == 0
    assert restore(restored, "--check", again).exit_code == 0
    result = restore(restored, "--replace", again)
    assert result.exit_code == 0, result.output
    with tenancy.everyone():
        closed = select(func.count(SendingPause.id)).where(SendingPause.released_by == "restore")
        assert db.session.scalar(closed) == 2 * len(PAUSABLE)


def test_a_backup_under_load_is_of_one_moment(app, acme_id, elsewhere, tmp_path, flask_command):
    path, done, written = tmp_path / "busy.backup", threading.Event(), []

    def capture_leads() -> None:
        with app.app_context(), tenancy.organization(acme_id):
            while not done.is_set():
                data = LeadData(first_name=f"Lead {len(written)}", email=f"lead{len(written)}@example.com")
                written.append(perform(leads.create_lead, data, by=None).id)

    writer = threading.Thread(target=capture_leads)
    writer.start()
    while len(written) < 20:
        done.wait(0.01)
    before = list(written)
    result = flask_command("backup", path)
    meanwhile = len(written) - len(before)
    done.set()
    writer.join()
    assert result.exit_code == 0, result.output
    assert meanwhile > 0, "nothing was written while the backup was made"
    with opened_app(*elsewhere) as other:
        assert restore(other, "--check", path).exit_code == 0
        assert restore(other, path).exit_code == 0
        with tenancy.everyone():
            restored = list(db.session.scalars(select(Lead.id).order_by(Lead.id)))
            facts = set(db.session.scalars(select(EventRow.lead_id).where(EventRow.name == "lead.created")))
    assert restored == written[: len(restored)], "no lead is there without those before it"
    assert set(before) <= set(restored)
    assert facts == set(restored), "a lead and its fact come together"


def test_a_file_that_is_removed_while_the_backup_is_made_does_not_break_it(app, office, tmp_path, monkeypatch):
    """As when somebody takes a file out of the mail they are writing."""
    drafted = app.settings.uploads / "inbound" / "out-drafted"
    drafted.write_bytes(b"a plan")
    listed = making._uploads

    def list_and_remove():
        found = listed()
        drafted.unlink()
        return found

    monkeypatch.setattr(making, "_uploads", list_and_remove)
    files = making.make(tmp_path / "quick.backup").files
    assert "uploads/inbound/plan-0" in files
    assert "uploads/inbound/out-drafted" not in files


def test_no_key_material_is_in_it(app, office, tmp_path, elsewhere, databases):
    canaries = {
        "secret_key": "canary-key-7f3a-of-the-installation-at-rest",
        "previous_secret_keys": ("canary-key-before-that",),
        "smtp_url": "smtp://canary-user:canary-password@mail.test",
        "imap_url": "imaps://canary-reader:canary-imap@mail.test/INBOX",
        "email_webhook_secret": "canary-webhook",
    }
    path = tmp_path / "canary.backup"
    with opened_app(app.settings.database_url, app.settings.var, **canaries) as other:
        assert other.test_cli_runner().invoke(args=["backup", str(path)]).exit_code == 0
    (app.settings.var / "secret_key").touch()
    everything = b"".join(contents(path).values()) + path.read_bytes()
    assert b"canary" not in everything
    assert app.settings.secret_key.encode() not in everything
    assert not [name for name in contents(path) if "secret" in name]
    assert path.stat().st_mode & 0o077 == 0


def test_an_installation_with_data_is_left_alone(app, backup_of_office):
    before = untouched_rows()
    result = restore(app, backup_of_office)
    assert result.exit_code == 1
    assert "--replace" in result.output
    assert untouched_rows() == before
    with tenancy.everyone():
        assert db.session.scalar(select(func.count(SendingPause.id))) == 0


def test_replace_puts_the_backup_in_the_place_of_everything(app, backup_of_office, acme_id, office):
    before = untouched_rows()
    stray = app.settings.uploads / "inbound" / "later-0"
    stray.write_bytes(b"of a mail after the backup")
    with tenancy.organization(acme_id):
        perform(leads.create_lead, LeadData(first_name="Late", email="late@example.com"), by=None)
    result = restore(app, "--replace", backup_of_office)
    assert result.exit_code == 0, result.output
    assert untouched_rows() == before
    assert not stray.exists()
    with tenancy.organization(acme_id):
        perform(leads.create_lead, LeadData(first_name="After", email="after@example.com"), by=None)
        transport = FakeTransport()
        transport.drain()
    assert transport.sent == []


def test_while_a_worker_runs_nothing_is_restored(app, backup_of_office):
    with tenancy.everyone(), writing() as session:
        session.merge(Heartbeat(lane="now", process="host:1", at=clock.real_now()))
    result = restore(app, "--replace", backup_of_office)
    assert result.exit_code == 1
    assert "A worker runs (lane now)" in result.output
    with writing() as session:
        session.execute(update(Heartbeat).values(at=clock.real_now() - timedelta(minutes=2)))
    assert restore(app, "--replace", backup_of_office).exit_code == 0


def test_a_restore_that_fails_changes_nothing(app, backup_of_office, monkeypatch):
    """It is one transaction: an error in its last statement leaves the installation as it was."""
    from leadcrm import restoring

    before = untouched_rows()
    impossible = update(SendingPause.__table__).values(channel=select(func.no_such_function()).scalar_subquery())
    true_calming = restoring.calming
    monkeypatch.setattr(restoring, "calming", lambda made_at: [*true_calming(made_at), impossible])
    result = app.test_cli_runner().invoke(args=["restore", "--replace", str(backup_of_office)])
    assert result.exit_code == 1
    assert untouched_rows() == before


def test_the_other_databases_backup_is_refused(app, backup_of_office):
    from tests.backup.conftest import repacked

    other = "postgresql" if BACKEND == "sqlite" else "sqlite"
    result = restore(app, "--replace", repacked(backup_of_office, kind=other))
    assert result.exit_code == 1
    assert f"of a {other} database" in result.output
