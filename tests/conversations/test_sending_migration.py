"""The quiet hours of before become windows of texts and WhatsApp; messages and steps that were there are kept."""

from datetime import time
from pathlib import Path

from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text

from leadcrm import create_app
from leadcrm.conversations import operations
from leadcrm.conversations.models import Message
from leadcrm.conversations.sending_policy import Window
from leadcrm.conversations.sending_queries import sending_rules
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.identity.models import Organization
from leadcrm.settings import ROOT
from tests.conftest import make_settings
from tests.conversations.conftest import make_lead, plan

MIGRATIONS = str(ROOT / "migrations")
BEFORE = "0010"
QUIET = (time(20, 15), time(9, 45))


def test_quiet_hours_become_windows_and_windows_quiet_hours(databases, tmp_path: Path):
    url = databases.create()
    with create_app(make_settings(url, tmp_path)).app_context(), tenancy.everyone():
        acme = db.session.scalars(select(Organization.id).where(Organization.slug == "acme")).one()
        with tenancy.organization(acme):
            plan(make_lead(email="jane@example.com"), when_late="skip")
            windows = {"sms": Window(*QUIET, frozenset({0, 1})), "email": Window(days=frozenset({0}))}
            perform(operations.change_sending_rules, windows, sending_rules().gap, {})
            _disconnect()
            downgrade(MIGRATIONS, BEFORE)
            assert _quiet_hours() == [("acme", "20:15:00", "09:45:00"), ("rival", "21:00:00", "08:00:00")]
            with writing() as session:
                session.execute(text("UPDATE organizations SET quiet_from = quiet_until WHERE slug = 'rival'"))
            _disconnect()
            upgrade(MIGRATIONS)
            found = sending_rules().windows
            assert found == {"email": Window(), "sms": Window(*QUIET), "whatsapp": Window(*QUIET)}
            assert db.session.scalars(select(Message.when_late)).all() == ["next_window"]
        rival = db.session.scalars(select(Organization.id).where(Organization.slug == "rival")).one()
        with tenancy.organization(rival):
            assert sending_rules().windows["sms"] == Window(time(8), time(8))
        _disconnect()
    databases.drop(url)


def _quiet_hours() -> list[tuple[str, str, str]]:
    rows = db.session.execute(text("SELECT slug, quiet_from, quiet_until FROM organizations ORDER BY slug")).all()
    return [(row.slug, str(row.quiet_from)[:8], str(row.quiet_until)[:8]) for row in rows]


def _disconnect() -> None:
    db.session.remove()
    db.engine.dispose()
