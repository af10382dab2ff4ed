"""An office as an application in this process whose acts run in children, so that each may be killed where we like."""

import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest import mock

from sqlalchemy import event, update

from leadcrm import create_app
from leadcrm.adapters import registry
from leadcrm.adapters.ports import OutgoingText, Sent
from leadcrm.conversations.models import Message, RawInbound
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, writing
from leadcrm.core.models import Debt
from leadcrm.settings import Settings
from soak.packages import bring
from tests.installation import Installation

WRITING_CALLS = ("pwrite64", "write", "fdatasync", "fsync", "sendto", "sendmsg", "ftruncate", "unlink", "rename")
PR_SET_PTRACER, ANY = 0x59616D61, -1
ACT_SECONDS = 60

Say = Callable[[object], None]  # an act says what the outside would have heard by then
Act = Callable[[Say], None]


class NotTraceable(Exception):
    """strace is missing, or may not attach here."""


@dataclass(frozen=True)
class Carrier:
    """Takes texts, and keeps its own log of them as the SMTP sink does for mail."""

    log: Path

    @contextmanager
    def open(self) -> Iterator["Carrier"]:
        yield self

    def send(self, text: OutgoingText) -> Sent:
        with self.log.open("ab", buffering=0) as log:
            log.write(json.dumps({"key": text.key, "text": text.text}).encode() + b"\n")
        return Sent(text.key)

    def texts(self) -> list[str]:
        return [json.loads(line)["text"] for line in self.log.read_text().splitlines()] if self.log.exists() else []


@dataclass(frozen=True)
class Ending:
    """How an act ended: killed or not, and what had been said until then."""

    killed: bool
    said: list


class Stage:
    """Runs acts in forked children of this process, which itself never holds a connection."""

    def __init__(self, office: Installation):
        self.app = create_app(Settings.from_env(office.environment))
        self.carrier = Carrier(office.folder / "texts.jsonl")

    def warm(self, act: Act) -> None:
        """Run it here, so that the children inherit compiled statements and templates; no connection stays open."""
        with self._outside():
            act(lambda answer: None)
            db.session.remove()
            db.engine.dispose()

    def run(self, act: Act, kill_at_point: int | None = None) -> Ending:
        """To its end, or to the n-th statement, commit or network write: what works on every machine."""
        return self._fork(lambda say: (kill_at_point and _Points(kill_at_point), act(say)))

    def count_points(self, act: Act) -> int:
        """How many statements, commits and network writes the act makes."""

        def counted(say: Say) -> None:
            points = _Points(None)
            act(lambda answer: None)
            say(points.passed)

        return self._fork(counted).said[0]

    def count_calls(self, act: Act, trace: Path) -> Counter:
        """How often the act makes each of the system calls that write. Raises NotTraceable."""
        self._fork(act, ["-o", str(trace)])
        names = (re.match(r"(?:\d+\s+)?(\w+)\(", line) for line in trace.read_text().splitlines())
        return Counter(match[1] for match in names if match)

    def run_killed_at_call(self, act: Act, call: str, n: int) -> Ending:
        """Kill it as it enters the n-th such system call."""
        return self._fork(act, ["-o", "/dev/null", "-e", f"inject={call}:signal=SIGKILL:when={n}"])

    def _fork(self, act: Act, strace: list[str] | None = None) -> Ending:
        go, told = socket.socketpair(), os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(told[0])
            self._act(act, go[1], told[1])
        os.close(told[1])
        go[1].close()
        tracer = None
        try:
            tracer = _attach(pid, strace) if strace is not None else None
            go[0].sendall(b"!")
            with os.fdopen(told[0]) as heard:
                said = [json.loads(line) for line in heard if line.endswith("\n")]
        finally:
            go[0].close()
            _, status = os.waitpid(pid, 0)
            if tracer is not None:
                tracer.communicate(timeout=10)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            raise RuntimeError("an act broke by itself; its error is above")
        return Ending(os.WIFSIGNALED(status), said)

    @contextmanager
    def _outside(self) -> Iterator[None]:
        """The application's context, with our carrier for texts."""
        carrier = mock.patch.object(registry, "text_transport", return_value=self.carrier)
        with self.app.app_context(), carrier:
            yield

    def _act(self, act: Act, go: socket.socket, told: int) -> None:
        """The child's whole life."""
        code = 1
        try:
            ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANY)
            signal.alarm(ACT_SECONDS)
            if not go.recv(1):  # nobody waits for us any more
                return
            with self._outside():
                act(lambda answer: os.write(told, json.dumps(answer).encode() + b"\n"))
            code = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)


def end_leases() -> None:
    """As if the time had passed that the dead had asked for."""
    over = clock.real_now() - timedelta(seconds=1)
    with tenancy.everyone(), writing() as session:
        session.execute(update(Message).where(Message.lease_until.is_not(None)).values(lease_until=over))
        session.execute(update(RawInbound).where(RawInbound.done_at.is_(None)).values(due_at=over))
        session.execute(update(Debt).where(Debt.due_at.is_not(None)).values(due_at=over))


def end_waits(say: Say) -> None:
    """As if the time had passed after which what was told "later" is tried again."""
    told = Message.status == "scheduled", Message.scheduled_for <= clock.now(), Message.due_at > clock.now()
    with tenancy.everyone(), writing() as session:
        session.execute(update(Message).where(*told).values(due_at=clock.now()))


def strace_objection() -> str | None:
    """Why there can be no kills at system calls here; installs strace where that is allowed."""
    if shutil.which("strace") is None:
        bring("strace")
    return None if shutil.which("strace") else "strace is not installed, and only root may install it"


def _attach(pid: int, options: list[str]) -> subprocess.Popen:
    command = ["strace", "-f", "-e", "trace=" + ",".join(WRITING_CALLS), *options, "-p", str(pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    line = tracer.stderr.readline()
    if "attached" not in line:
        tracer.wait(10)
        raise NotTraceable(line.strip())
    return tracer


class _Points:
    """Counts this process's statements, commits and writes to the network, and kills it at the n-th."""

    def __init__(self, fatal: int | None):
        self.fatal, self.passed = fatal, 0
        event.listen(db.engine, "before_cursor_execute", self._pass)
        event.listen(db.engine, "commit", self._pass)
        plain = socket.socket.sendall

        def sendall(connection: socket.socket, *arguments: object) -> None:
            self._pass()
            plain(connection, *arguments)

        socket.socket.sendall = sendall

    def _pass(self, *_: object) -> None:
        self.passed += 1
        if self.passed == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)
