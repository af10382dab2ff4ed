"""Mailboxes of tests on a real IMAP server, and a line to it that breaks when told to."""

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from imap_tools import MailBoxUnencrypted

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class ImapOffice:
    """A running IMAP server with one user, whose folders are the mailboxes."""

    user: str = "office@acme.test"
    password: str = "imap secret"
    options: tuple[str, ...] = ()
    port: int = 0
    process: subprocess.Popen | None = field(default=None, repr=False)

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.contracts.imap_server", "--port", str(self.port), *self.options]
        command += ["--user", self.user, "--password", self.password]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def url(self, folder: str = "INBOX", *, scheme: str = "imap", port: int | None = None) -> str:
        return f"{scheme}://{quote(self.user)}:{quote(self.password)}@127.0.0.1:{port or self.port}/{quote(folder)}"

    @contextlib.contextmanager
    def client(self, folder: str = "INBOX") -> Iterator[MailBoxUnencrypted]:
        """Signed in as another mail program would be."""
        with MailBoxUnencrypted("127.0.0.1", self.port).login_utf8(self.user, self.password, None) as client:
            if not client.folder.exists(folder):
                client.folder.create(folder)
            client.folder.set(folder)
            yield client

    def put(self, *mails: bytes, folder: str = "INBOX", at: datetime | None = None) -> None:
        """Deliver mails, as of `at`."""
        with self.client(folder) as client:
            for mail in mails:
                client.append(mail, folder, dt=at)


@contextlib.contextmanager
def imap_office(**changes) -> Iterator[ImapOffice]:
    office = ImapOffice(**changes)
    office.start()
    try:
        yield office
    finally:
        office.stop()


class BreakingLine:
    """A TCP line to a port of this machine, by a port of its own, that goes dead after so many bytes of answers."""

    def __init__(self, target: int):
        self.target = target
        self.breaks_after: int | None = None
        self.carried = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
                self.carried = 0
                threading.Thread(target=self._carry, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._carry, args=(far, near, True), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, counts: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                if counts and self.breaks_after is not None and self.carried + len(data) > self.breaks_after:
                    sink.sendall(data[: max(self.breaks_after - self.carried, 0)])
                    break
                self.carried += len(data) * counts
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextlib.contextmanager
def breaking_line(target: int) -> Iterator[BreakingLine]:
    line = BreakingLine(target)
    try:
        yield line
    finally:
        line.close()
