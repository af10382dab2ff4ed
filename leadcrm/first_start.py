"""Makes a database ready: migrations, and demo data when it is empty."""

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import upgrade
from sqlalchemy import select

from leadcrm.core import rotation, tenancy
from leadcrm.core.db import db
from leadcrm.identity.models import Organization
from leadcrm.settings import ROOT

WRONG_KEY = (
    "  SECRET_KEY is not the one that this database's secrets were made with.\n"
    "  Set it as it was, or name it in PREVIOUS_SECRET_KEYS. More: flask --app app doctor"
)


class UnknownSchema(Exception):
    """The database is of a version that this one does not know."""


def prepare() -> str:
    """Migrate and seed where needed. Returns lines that say how to sign in, or what is amiss. Raises UnknownSchema."""
    _refuse_unknown_schema()
    if not at_head():
        upgrade()
    with tenancy.everyone():
        is_empty = db.session.scalar(select(Organization.id).limit(1)) is None
    db.session.rollback()
    if is_empty:
        from leadcrm.demo import seed

        seed()
    rotation.plant_canary()
    return _sign_in_hint() if rotation.canary_lives() else WRONG_KEY


def at_head() -> bool:
    """Whether the database's schema is the newest migration's."""
    return _revision() == _migrations().get_current_head()


def _refuse_unknown_schema() -> None:
    revision = _revision()
    if revision is not None and revision not in {each.revision for each in _migrations().walk_revisions()}:
        raise UnknownSchema(
            f"The database is of version {revision}, which this LeadCRM does not know: a newer one made it, or one "
            f"from before the first release.\nStart the LeadCRM that made it, or set DATABASE_URL to another database."
        )


def _revision() -> str | None:
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _migrations() -> ScriptDirectory:
    return ScriptDirectory(str(ROOT / "migrations"))


def _sign_in_hint() -> str:
    from leadcrm.demo import sign_in_of_owner

    known = sign_in_of_owner()
    return f"  Sign in as {known[0]} with the password {known[1]}" if known else ""
