"""Drafts and files that were there before files could go out survive the migration that lets them."""

from pathlib import Path

from flask_migrate import downgrade, upgrade
from sqlalchemy import select

from leadcrm import create_app
from leadcrm.conversations import operations
from leadcrm.conversations.models import Attachment, Draft
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.identity.models import Organization, User
from leadcrm.settings import ROOT
from tests.conftest import make_settings
from tests.conversations.conftest import make_lead, plan

MIGRATIONS = str(ROOT / "migrations")
BEFORE = "0003"


def test_what_was_there_is_there(databases, tmp_path: Path):
    url = databases.create()
    with create_app(make_settings(url, tmp_path)).app_context(), tenancy.everyone():
        acme = db.session.scalars(select(Organization.id).where(Organization.slug == "acme")).one()
        with tenancy.organization(acme):
            message_id = _furnish()
            _disconnect()
            downgrade(MIGRATIONS, BEFORE)
            _disconnect()
            upgrade(MIGRATIONS)
            drafts = db.session.scalars(select(Draft).order_by(Draft.channel)).all()
            assert [(draft.channel, draft.content) for draft in drafts] == [("email", "typed"), ("sms", "typed too")]
            assert len({draft.id for draft in drafts}) == 2
            (file,) = db.session.scalars(select(Attachment)).all()
            assert (file.message_id, file.draft_id, file.stored_as) == (message_id, None, "raw-0")
        _disconnect()
    databases.drop(url)


def _furnish() -> str:
    lead = make_lead(email="jane@example.com")
    user = db.session.scalars(select(User).where(User.role == "owner")).one()
    message_id = plan(lead).id
    for channel, words in (("email", "typed"), ("sms", "typed too")):
        perform(operations.save_draft, user, lead.id, channel, "", words)
    with writing() as session:
        names = {"filename": "plan.pdf", "content_type": "application/pdf", "size": 7, "stored_as": "raw-0"}
        session.add(Attachment(message_id=message_id, **names))
    return message_id


def _disconnect() -> None:
    db.session.remove()
    db.engine.dispose()
