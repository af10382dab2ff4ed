"""A database of a given size, an application on it, and a signed-in browser's cookie."""

import dataclasses
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, session
from sqlalchemy import select

from leadcrm import create_app
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.identity import operations
from leadcrm.identity.models import User
from leadcrm.settings import ROOT, Settings


@dataclass
class Stage:
    app: Flask
    user_id: str
    organization_id: str
    cookie: str


def environment(folder: Path, database_url: str | None = None) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url or f"sqlite:///{folder}/bench.db",
        "LEADCRM_VAR": str(folder),
        "REDIS_URL": f"unix://{folder}/nobody.sock",
    }


def build(folder: Path, leads: int, database_url: str | None = None) -> Stage:
    """Migrate and seed by the command line, then open the application."""
    variables = environment(folder, database_url)
    for command in (["db", "upgrade"], ["seed-demo", "--leads", str(leads)]):
        subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *command],
            cwd=ROOT, env={"PATH": "/usr/bin:/bin", **variables}, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    app = create_app(dataclasses.replace(Settings.from_env(variables)))
    with app.app_context(), tenancy.everyone():
        owner = db.session.scalars(select(User).where(User.role == "owner", User.email.like("ada@%"))).one()
        _, secret = perform(operations.open_session, owner.id)
        return Stage(app, owner.id, owner.organization_id, _cookie(app, secret))


def _cookie(app: Flask, secret: str) -> str:
    with app.test_request_context():
        session.update({"_user_id": secret, "_fresh": True, "csrf": "bench"})
        response = app.make_response("")
        app.session_interface.save_session(app, session, response)
        return response.headers["Set-Cookie"].split(";")[0]
