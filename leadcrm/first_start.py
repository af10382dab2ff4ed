"""Makes a database ready: migrations, and demo data when it is empty."""

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import upgrade
from sqlalchemy import select

from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.identity.models import Organization
from leadcrm.settings import ROOT


def prepare() -> str:
    """Migrate and seed where needed. Returns lines that say how to sign in."""
    if not at_head():
        upgrade()
    with tenancy.everyone():
        is_empty = db.session.scalar(select(Organization.id).limit(1)) is None
    db.session.rollback()
    if is_empty:
        from leadcrm.demo import seed

        seed()
    return _sign_in_hint()


def at_head() -> bool:
    """Whether the database's schema is the newest migration's."""
    head = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def _sign_in_hint() -> str:
    from leadcrm.demo import sign_in_of_owner

    known = sign_in_of_owner()
    return f"  Sign in as {known[0]} with the password {known[1]}" if known else ""
