"""`flask doctor`: settings and connections, each with a verdict and, where something can be done, a hint."""

import smtplib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from leadcrm.adapters.imap import ImapServer, MailboxTrouble, opened
from leadcrm.adapters.smtp import SmtpServer
from leadcrm.adapters.smtp_probe import greet
from leadcrm.core import clock, grants, jobs, rotation
from leadcrm.core.db import db
from leadcrm.core.engines import SAFE_SQLITE
from leadcrm.core.models import Heartbeat
from leadcrm.core.timetable import SILENT_TICKS
from leadcrm.first_start import at_head
from leadcrm.settings import Settings

Verdict = Literal["ok", "note", "broken"]
PATIENCE_SECONDS = 5


@dataclass(frozen=True)
class Finding:
    """What one look found. A `note` is worth knowing; `broken` must be mended."""

    subject: str
    verdict: Verdict
    words: str
    hint: str = ""


def examine() -> list[Finding]:
    """Look at everything, however much of it is broken."""
    settings = current_app.settings
    return [finding for look in LOOKS for finding in look(settings)]


def _environment(settings: Settings) -> Iterator[Finding]:
    yield Finding("Environment", "ok", f"{settings.environment}, served at {settings.base_url}")
    if settings.clock_offset_seconds:
        hint = "Unset CLOCK_OFFSET_SECONDS when the rehearsal is over."
        yield Finding("Clock", "note", f"moved by {settings.clock_offset_seconds} s", hint)


def _database(settings: Settings) -> Iterator[Finding]:
    where = str(settings.database_path) if settings.is_sqlite else db.engine.url.render_as_string(hide_password=True)
    try:
        current = at_head()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        yield Finding("Database", "broken", f"{where}: {reason}", "Check DATABASE_URL and that the server runs.")
        return
    if not current:
        yield Finding("Database", "broken", f"{where}: the schema is old", "Run: flask --app app db upgrade")
        return
    yield Finding("Database", "ok", f"{where}, schema up to date")
    if settings.is_sqlite and db.engine.dialect.dbapi.sqlite_version_info < SAFE_SQLITE:
        safe = ".".join(map(str, SAFE_SQLITE))
        words = f"SQLite {db.engine.dialect.dbapi.sqlite_version} can corrupt a database in WAL mode"
        yield Finding("SQLite", "broken", words, f"Use a Python with SQLite {safe} or later.")


def _facts(settings: Settings) -> Iterator[Finding]:
    if settings.is_sqlite:
        return
    try:
        with db.engine.connect() as connection:
            may_change = grants.may_change_facts(connection)
    except SQLAlchemyError:
        return  # said under Database
    if may_change:
        hint = "Let the processes sign in as another role than the tables' owner: flask --app app grant-role ROLE"
        yield Finding("Facts", "note", "this role could switch off what keeps facts from being changed", hint)
    else:
        yield Finding("Facts", "ok", "this role can neither change nor remove one")


def _secrets(settings: Settings) -> Iterator[Finding]:
    try:
        canary_lives, condition = rotation.canary_lives(), rotation.examine()
    except SQLAlchemyError:
        return  # said under Database
    if canary_lives is False:
        hint = "Set the SECRET_KEY of before, or add it to PREVIOUS_SECRET_KEYS."
        yield Finding("Key", "broken", "SECRET_KEY is not the one that this database's secrets were made with", hint)
    elif canary_lives is None:
        words = "nothing in the database proves that SECRET_KEY is the right one"
        yield Finding("Key", "note", words, "Run: flask --app app rotate-secrets")
    if condition.closed:
        hint = "Set SECRET_KEY, or add the key they were made with to PREVIOUS_SECRET_KEYS."
        yield Finding("Secrets", "broken", f"{_counted(condition.closed)} open with none of the keys", hint)
    if condition.misplaced:
        hint = "Find out who wrote there. People sign in with a recovery code and set up two-factor sign-in anew."
        words = f"{_counted(condition.misplaced)} were made for another place and are not used"
        yield Finding("Secrets", "broken", words, hint)
    if not condition:
        yield _rotation(settings)


def _counted(secrets: dict[str, int]) -> str:
    return ", ".join(f"{column} ({count})" for column, count in secrets.items())


def _rotation(settings: Settings) -> Finding:
    count = len(settings.previous_secret_keys)
    words = (
        f"open with SECRET_KEY or {count} previous {'key' if count == 1 else 'keys'}"
        if count
        else "open with SECRET_KEY"
    )
    hint = "Run: flask --app app rotate-secrets" if count else ""
    return Finding("Secrets", "note" if count else "ok", words, hint)


def _redis(settings: Settings) -> Iterator[Finding]:
    where = settings.redis_url or "own server"
    try:
        current_app.extensions["redis"].ping()
    except RedisError as error:
        if settings.redis_url:
            words = f"no answer: {error}"
            yield Finding("Redis", "broken", words, "Check REDIS_URL. Until then work is done, but slower.")
        else:
            yield Finding("Redis", "note", "own server, not running", "It starts with the worker: python worker.py")
        return
    yield Finding("Redis", "ok", f"{where.split('@')[-1]} answers")


def _email(settings: Settings) -> Iterator[Finding]:
    if not settings.smtp_url:
        yield Finding("E-mail", "note", "stays in the sandbox", "Set SMTP_URL to send for real.")
        return
    try:
        server = SmtpServer.from_url(settings.smtp_url, connect_timeout=PATIENCE_SECONDS)
        greet(server)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        yield Finding("E-mail", "broken", f"the mail server does not take us: {error}", "Check SMTP_URL.")
        return
    yield Finding("E-mail", "ok", f"{server.host}:{server.port} takes our mail, from {settings.mail_from}")


def _text_channels(settings: Settings) -> Iterator[Finding]:
    yield Finding("SMS, WhatsApp", "note", "stay in the sandbox", "Look at them on the sandbox page.")


def _inbound(settings: Settings) -> Iterator[Finding]:
    if settings.email_webhook_secret:
        yield Finding("Inbound mail", "ok", f"{settings.base_url}/webhook/email takes signed mail")
    else:
        hint = "Set EMAIL_WEBHOOK_SECRET to the secret your mail provider signs with."
        yield Finding("Inbound mail", "note", "/webhook/email is closed", hint)


def _mailbox(settings: Settings) -> Iterator[Finding]:
    if not settings.imap_url:
        yield Finding("Mailbox", "note", "none is read", "Set IMAP_URL to take in mail without a provider's webhook.")
        return
    server = ImapServer.from_url(settings.imap_url, timeout=PATIENCE_SECONDS)
    try:
        with opened(server):
            pass
    except MailboxTrouble as trouble:
        yield Finding("Mailbox", "broken", f"{server.name}: {trouble.reason}", "Check IMAP_URL.")
        return
    yield Finding("Mailbox", "ok", f"{server.name} can be read")


def _uploads(settings: Settings) -> Iterator[Finding]:
    try:
        settings.uploads.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.uploads):
            pass
    except OSError as error:
        yield Finding("Uploads", "broken", f"{settings.uploads}: {error.strerror}", "Make the folder writable.")
        return
    yield Finding("Uploads", "ok", f"{settings.uploads} is writable")


def _worker(settings: Settings) -> Iterator[Finding]:
    try:
        newest = select(Heartbeat.lane, func.max(Heartbeat.at)).group_by(Heartbeat.lane)
        seen = dict(db.session.execute(newest).all())
    except SQLAlchemyError:
        return  # said under Database
    for lane in jobs.LANES:
        subject = f"Worker, lane {lane}"
        hint = "Start it: python worker.py"
        if lane not in seen:
            yield Finding(subject, "note", "never seen", hint)
            continue
        seconds = (clock.real_now() - seen[lane]).total_seconds()
        if seconds > max(60, SILENT_TICKS * settings.tick_seconds):
            yield Finding(subject, "note", f"last seen {seconds:.0f} s ago", hint)
        else:
            yield Finding(subject, "ok", f"seen {max(seconds, 0):.0f} s ago")


LOOKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _environment,
    _database,
    _facts,
    _secrets,
    _redis,
    _email,
    _text_channels,
    _inbound,
    _mailbox,
    _uploads,
    _worker,
)
