"""Settings of one installation, read once from the environment.

`Settings.from_env()` is the only reader of `os.environ`. It collects every bad variable before it raises, so that an
operator mends them all in one go.
"""

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_DATABASE_URL = "sqlite:///var/leadcrm.db"
MINIMUM_SECRET_LENGTH = 32
SMTP_SCHEMES = ("smtp", "smtps", "smtp+starttls")
IMAP_SCHEMES = ("imap", "imaps", "imap+starttls")


class SettingsError(Exception):
    """One or more variables are missing or wrong; `problems` holds one sentence each."""

    def __init__(self, problems: list[str]):
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Settings:
    """What an installation is told from outside. Times are in the unit their name ends with."""

    environment: str
    database_url: str
    redis_url: str | None
    secret_key: str = field(repr=False)
    previous_secret_keys: tuple[str, ...] = field(repr=False)
    base_url: str
    port: int
    var: Path
    smtp_url: str | None = field(repr=False)
    mail_from: str
    imap_url: str | None = field(repr=False)
    email_webhook_secret: str | None = field(repr=False)
    scheduler_interval_ms: int
    trusted_proxies: int
    clock_offset_seconds: int

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """All keys that open what was encrypted or signed, the newest first; only that one makes anything new."""
        return (self.secret_key, *self.previous_secret_keys)

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def instance(self) -> str:
        """Eight hex digits that tell installations apart which share a machine, a folder or a Redis."""
        return hashlib.sha256(self.database_url.encode()).hexdigest()[:8]

    @property
    def database_path(self) -> Path | None:
        """The SQLite file, or None on PostgreSQL."""
        return Path(self.database_url.removeprefix("sqlite:///")) if self.is_sqlite else None

    @property
    def uploads(self) -> Path:
        return self.var / "uploads" / self.instance

    @property
    def tick_seconds(self) -> float:
        return self.scheduler_interval_ms / 1000

    @property
    def hostname(self) -> str:
        return urlsplit(self.base_url).hostname or "localhost"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment (and a `.env` file beside it); raise SettingsError naming every problem."""
        if environ is None:
            environ = {**{k: v for k, v in dotenv_values(ROOT / ".env").items() if v is not None}, **os.environ}
        return _Reader(environ).settings()


class _Reader:
    def __init__(self, environ: Mapping[str, str]):
        self.environ = environ
        self.problems: list[str] = []

    def settings(self) -> Settings:
        environment = self.choice("LEADCRM_ENV", "development", ("development", "production"))
        var = Path(self.text("LEADCRM_VAR") or ROOT / "var").resolve()
        port = self.integer("PORT", 8000, 1, 65535)
        offset = self.integer("CLOCK_OFFSET_SECONDS", 0, -(10**9), 10**9)
        if offset and environment == "production":
            self.problems.append("CLOCK_OFFSET_SECONDS is for rehearsals only: remove it in production.")
        values = Settings(
            environment=environment,
            database_url=self.database_url(),
            redis_url=self.url("REDIS_URL", ("redis", "rediss", "unix")),
            secret_key=self.secret_key(environment, var),
            previous_secret_keys=self.list("PREVIOUS_SECRET_KEYS"),
            base_url=(self.url("BASE_URL", ("http", "https")) or f"http://127.0.0.1:{port}").rstrip("/"),
            port=port,
            var=var,
            smtp_url=self.url("SMTP_URL", SMTP_SCHEMES),
            mail_from=self.mail_from(),
            imap_url=self.imap_url(),
            email_webhook_secret=self.text("EMAIL_WEBHOOK_SECRET"),
            trusted_proxies=self.integer("TRUSTED_PROXIES", 0, 0, 10),
            scheduler_interval_ms=self.integer("SCHEDULER_INTERVAL_MS", 5000, 1000, 3_600_000),
            clock_offset_seconds=offset,
        )
        if values.is_production and not values.base_url.startswith("https://"):
            self.problems.append("BASE_URL must start with https:// in production.")
        if self.problems:
            raise SettingsError(self.problems)
        return values

    def text(self, name: str) -> str | None:
        return self.environ.get(name, "").strip() or None

    def list(self, name: str) -> tuple[str, ...]:
        """What stands between commas."""
        return tuple(part.strip() for part in (self.text(name) or "").split(",") if part.strip())

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name) or default
        if value not in allowed:
            self.problems.append(f"{name} must be one of {', '.join(allowed)}; it is {value!r}.")
            return default
        return value

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not re.fullmatch(r"-?\d{1,12}", value) or not low <= int(value) <= high:
            self.problems.append(f"{name} must be a whole number from {low} to {high}; it is {value!r}.")
            return default
        return int(value)

    def url(self, name: str, schemes: tuple[str, ...]) -> str | None:
        value = self.text(name)
        if value and value.split(":", 1)[0] not in schemes:
            starts = ", ".join(f"{scheme}://" for scheme in schemes)
            self.problems.append(f"{name} must start with {starts}.")
            return None
        return value

    def database_url(self) -> str:
        value = self.text("DATABASE_URL") or DEFAULT_DATABASE_URL
        if value.startswith("sqlite:///"):
            return "sqlite:///" + str((ROOT / value.removeprefix("sqlite:///")).resolve())
        if value.startswith("postgresql+psycopg://"):
            return value
        self.problems.append("DATABASE_URL must start with sqlite:/// or postgresql+psycopg://.")
        return DEFAULT_DATABASE_URL

    def mail_from(self) -> str:
        value = self.text("MAIL_FROM") or "leads@leadcrm.test"
        if value.count("@") != 1 or any(c in value for c in "\r\n<>, "):
            self.problems.append("MAIL_FROM must be one plain address, like team@example.com.")
        return value

    def imap_url(self) -> str | None:
        """A mailbox is nothing without its user; the password may be empty."""
        value = self.url("IMAP_URL", IMAP_SCHEMES)
        try:
            parts = urlsplit(value or "")
            is_whole = value is None or bool(parts.hostname and parts.username and parts.port != 0)
        except ValueError:  # a port that is none
            is_whole = False
        if is_whole:
            return value
        self.problems.append("IMAP_URL must name user and server: imaps://user:password@mail.example.com/INBOX.")
        return None

    def secret_key(self, environment: str, var: Path) -> str:
        value = self.text("SECRET_KEY")
        if environment == "production":
            if not value or len(value) < MINIMUM_SECRET_LENGTH:
                self.problems.append(
                    f"SECRET_KEY must be set in production, {MINIMUM_SECRET_LENGTH} characters or more."
                )
            return value or ""
        return value or _development_secret(var)


def _development_secret(var: Path) -> str:
    """A key made once per checkout, readable by its owner only."""
    path = var / "secret_key"
    if not path.exists():
        var.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)  # whoever links first wins; a second process reads that one
        fresh.unlink()
    return path.read_text().strip()
