"""A database of a given size, and what it takes to ask the application on it: a signed-in browser's cookie, tokens."""

from dataclasses import dataclass
from pathlib import Path

from flask import Flask, session
from flask_migrate import upgrade
from sqlalchemy import select

from leadcrm import create_app, demo
from leadcrm.conversations.models import Conversation
from leadcrm.core import tenancy
from leadcrm.core.db import db, is_postgresql, perform
from leadcrm.identity import operations
from leadcrm.identity.models import User
from leadcrm.leads.models import Lead
from leadcrm.settings import Settings

TOKENS = 8  # each may make 20,000 calls a minute


@dataclass
class Stage:
    environment: dict[str, str]
    organization_id: str
    realtor_id: str
    lead_id: str
    thread_id: str
    cookie: str
    tokens: list[str]


def environment(folder: Path, database_url: str | None = None) -> dict[str, str]:
    """Settings of an application that serves and rings nobody."""
    return {
        "DATABASE_URL": database_url or f"sqlite:///{folder}/bench.db",
        "LEADCRM_VAR": str(folder),
        "REDIS_URL": f"unix://{folder}/nobody.sock",
        "SECRET_KEY": "the key of the benchmark's cookies",
    }


def migrated(variables: dict[str, str]) -> Flask:
    """An application with these settings whose database has its schema."""
    app = create_app(Settings.from_env(variables))
    with app.app_context():
        upgrade()
    return app


def build(folder: Path, leads: int, database_url: str | None = None, messages: int | None = None) -> Stage:
    """Migrate, make the demo office with so many leads more and messages of each, look up what the requests need."""
    variables = environment(folder, database_url)
    app = migrated(variables)
    with app.app_context():
        demo.seed()
        demo.add_crowd(leads, messages)
        tidy_up()
        with tenancy.everyone():
            owner = db.session.scalars(select(User).where(User.role == "owner", User.email.like("ada@%"))).one()
            _, secret = perform(operations.open_session, owner.id)
        with tenancy.organization(owner.organization_id):
            tokens = [perform(operations.create_token, owner, f"bench {n}")[1] for n in range(TOKENS)]
            newest = select(Lead.id).where(Lead.archived_at.is_(None)).order_by(Lead.created_at.desc()).limit(1)
            lead_id = db.session.scalars(newest).one()
            stage = Stage(
                variables,
                owner.organization_id,
                db.session.scalars(select(User.realtor_id).where(User.realtor_id.is_not(None)).limit(1)).one(),
                lead_id,
                db.session.scalars(select(Conversation.id).where(Conversation.lead_id == lead_id).limit(1)).one(),
                _cookie(app, secret),
                tokens,
            )
    leave(app)
    return stage


def tidy_up() -> None:
    """What autovacuum does some minutes after so many rows came at once; until then index-only scans read the rows."""
    if not is_postgresql():
        return
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM (ANALYZE)")


def leave(app: Flask) -> None:
    """Close its connections: PostgreSQL copies no database that somebody is connected to."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _cookie(app: Flask, secret: str) -> str:
    with app.test_request_context():
        session.update({"_user_id": secret, "_fresh": True, "csrf": "bench"})
        response = app.make_response("")
        app.session_interface.save_session(app, session, response)
        return response.headers["Set-Cookie"].split(";")[0]
