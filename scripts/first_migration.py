"""Writes the first migration anew from the models: development only, until the first release freezes it."""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from alembic import command  # noqa: E402
from flask_migrate import Config  # noqa: E402

from leadcrm import create_app  # noqa: E402
from leadcrm.conversations import search as conversations  # noqa: E402
from leadcrm.core import models as core  # noqa: E402
from leadcrm.leads import search as leads  # noqa: E402
from leadcrm.settings import Settings  # noqa: E402

NAME = "0001_the_foundation.py"
EXTRA = '''

SQLITE_DDL = (
{sqlite}
)
POSTGRESQL_DDL = (
{postgresql}
)


def create_what_autogenerate_cannot_see() -> None:
    """Full-text search and the triggers that keep facts immutable."""
    for statement in SQLITE_DDL if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_DDL:
        op.execute(sa.text(statement.replace(":", r"\\:")))
'''


def main() -> None:
    versions = ROOT / "migrations" / "versions"
    for old in versions.glob("0001_*.py"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings.from_env({"DATABASE_URL": f"sqlite:///{folder}/empty.db", "LEADCRM_VAR": folder}))
        with app.app_context():
            config = app.extensions["migrate"].migrate.get_config(str(ROOT / "migrations"))
            assert isinstance(config, Config)
            command.revision(config, message="the foundation", autogenerate=True, rev_id="0001")
    path = versions / NAME
    text = path.read_text()
    statements = {
        "sqlite": [*core.SQLITE_DDL, *leads.SQLITE_DDL, *conversations.SQLITE_DDL],
        "postgresql": [*core.POSTGRESQL_DDL, *leads.POSTGRESQL_DDL, *conversations.POSTGRESQL_DDL],
    }
    extra = EXTRA.format(**{name: "\n".join(f"    {ddl!r}," for ddl in ddls) for name, ddls in statements.items()})
    text = text.replace("\n\ndef downgrade", "\n    create_what_autogenerate_cannot_see()\n\n\ndef downgrade", 1)
    text = text.replace("\n\n\ndef upgrade", extra + "\n\ndef upgrade", 1)
    text = text.replace("leadcrm.core.db.Moment(timezone=True)", "Moment()")
    text = text.replace("from alembic import op\n", "from alembic import op\n\nfrom leadcrm.core.db import Moment\n", 1)
    path.write_text(text)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(path)], check=False)  # noqa: S603


if __name__ == "__main__":
    main()
