"""One rehearsal of production: where its parts lie, and what it is told."""

import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

MARK = "LEADCRM_SITE"  # in the environment of every process that keeps its own
HANDED_ON = ("SMTP_URL", "MAIL_FROM", "IMAP_URL", "EMAIL_WEBHOOK_SECRET", "SCHEDULER_INTERVAL_MS", "WEB_CONCURRENCY")
LONGEST_SOCKET_PATH = 100
DATABASE = "leadcrm"
OWNER = "leadcrm"  # of the tables; for migrations and an operator's commands
ROLE = "leadcrm_app"  # of the processes: it can change no fact


@dataclass(frozen=True)
class Site:
    """A folder with everything in it. Two sites share nothing but the packages."""

    folder: Path
    webs: int
    workers: int
    http: int
    https: int

    @classmethod
    def lay_out(cls, folder: Path, webs: int, workers: int, port: int) -> "Site":
        """Make the folder, or change an existing one; its keys, and so its data, stay. Raises ValueError."""
        folder = folder.resolve()
        site = cls(folder, webs, workers, _free_port(), port or _free_port())
        if len(str(site.web_socket(webs))) > LONGEST_SOCKET_PATH:
            raise ValueError(f"{folder} is too long a path for sockets.")
        (folder / "run").mkdir(parents=True, exist_ok=True)
        for part in ("run/web", "nginx", "redis", "var", "logs"):
            (folder / part).mkdir(mode=0o700, exist_ok=True)
        (folder / "site.json").write_text(json.dumps(asdict(site), default=str))
        site._write_settings()
        return site

    @classmethod
    def read(cls, folder: Path) -> "Site":
        """What `lay_out` made. Raises FileNotFoundError."""
        values = json.loads((folder.resolve() / "site.json").read_text())
        return cls(**{**values, "folder": Path(values["folder"])})

    @property
    def url(self) -> str:
        return f"https://localhost:{self.https}"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def postgres_socket(self) -> Path:
        return self.folder / "run" / "postgres"

    @property
    def redis_socket(self) -> Path:
        return self.folder / "run" / "redis.sock"

    def web_socket(self, number: int) -> Path:
        return self.folder / "run" / "web" / f"{number}.sock"

    @property
    def web_sockets(self) -> list[Path]:
        return [self.web_socket(number) for number in range(1, self.webs + 1)]

    @property
    def certificate(self) -> Path:
        return self.folder / "nginx" / "certificate.pem"

    @property
    def certificate_key(self) -> Path:
        return self.folder / "nginx" / "certificate.key"

    @property
    def keeper_file(self) -> Path:
        """Holds the keeper's pid, and is locked while it lives."""
        return self.folder / "keeper.pid"

    @property
    def settings_file(self) -> Path:
        return self.folder / "leadcrm.env"

    def settings(self) -> dict[str, str]:
        """What the application is told: the file an operator would write."""
        lines = self.settings_file.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    def environment(self, *, as_owner: bool = False) -> dict[str, str]:
        """Of the application's processes: the settings, and what a Python needs to start."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        told = self.settings()
        password = told.pop("POSTGRES_PASSWORD")
        if as_owner:
            told["DATABASE_URL"] = self._database_url(OWNER, password)
        return {**kept, **told, "FLASK_APP": "app", "PYTHONUNBUFFERED": "1", MARK: str(self.folder)}

    def _database_url(self, role: str, password: str) -> str:
        return f"postgresql+psycopg://{role}:{password}@/{DATABASE}?host={self.postgres_socket}"

    def _write_settings(self) -> None:
        """Settings that were there stay, except the address."""
        known = self.settings() if self.settings_file.exists() else {}
        password = known.get("DATABASE_PASSWORD", secrets.token_hex(16))
        values = {
            "POSTGRES_PASSWORD": secrets.token_hex(16),
            "DATABASE_PASSWORD": password,
            "SECRET_KEY": secrets.token_hex(32),
            "EMAIL_WEBHOOK_SECRET": secrets.token_hex(16),
            **known,
            **{name: os.environ[name] for name in HANDED_ON if name in os.environ},
            "LEADCRM_ENV": "production",
            "LEADCRM_VAR": str(self.folder / "var"),
            "TRUSTED_PROXIES": "1",
            "BASE_URL": self.url,
            "REDIS_URL": f"unix://{self.redis_socket}",
            "DATABASE_URL": self._database_url(ROLE, password),
        }
        self.settings_file.touch(mode=0o600)
        self.settings_file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
