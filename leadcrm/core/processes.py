"""Child processes that cannot outlive their parent."""

import contextlib
import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1
HUNG_SECONDS = 420  # longer than the longest send and its lease (conversations/delivery/leases.py)
RESTART_FIRST_SECONDS = 0.2
RESTART_LONGEST_SECONDS = 30.0
STEADY_SECONDS = 10.0  # a child that lived longer is restarted after the shortest delay


def die_with_parent(parent: int, sig: int = signal.SIGTERM) -> None:
    """Ask the kernel (Linux) to send this process `sig` when its parent ends, however the parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, sig)
    if os.getppid() != parent:  # it ended between the fork and the line above
        os.kill(os.getpid(), sig)


def fork(work: Callable[[], None], name: str) -> int:
    """Run `work` in a child that dies with us; returns its pid. The caller holds no database connection."""
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the group; the parent passes on a TERM
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        die_with_parent(parent)
        work()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    except BaseException:
        import traceback

        print(f"{name} ended by an error:", file=sys.stderr)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def is_alive(pid: int) -> bool:
    """Reap the child if it has ended; True while it runs."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == 0
    except ChildProcessError:
        return False


@dataclass
class Child:
    """A process the supervisor keeps running."""

    name: str
    body: Callable[[], None]
    pulse: object | None = None
    pid: int | None = None
    started: float = 0.0
    delay: float = RESTART_FIRST_SECONDS
    not_before: float = 0.0

    def tend(self, now: float) -> None:
        """Start it, restart it with doubling delay, or kill it when its pulse is over."""
        if self.pid is not None and not is_alive(self.pid):
            self.pid = None
            was_steady = now - self.started > STEADY_SECONDS
            self.delay = RESTART_FIRST_SECONDS if was_steady else min(self.delay * 2, RESTART_LONGEST_SECONDS)
            self.not_before = now + self.delay
        if self.pid is not None and self.pulse is not None and now - self.pulse.value > HUNG_SECONDS:
            log.error("%s showed no sign of life for %d s; killing it", self.name, HUNG_SECONDS)
            os.kill(self.pid, signal.SIGKILL)
        elif self.pid is None and now >= self.not_before:
            if self.pulse is not None:
                self.pulse.value = now
            self.started = now
            self.pid = fork(self.body, self.name)

    def signal(self, sig: int) -> None:
        """Send a signal if it runs."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sig)


def end(children: list[Child]) -> None:
    """Ask the children to stop and wait until the last has; each bounds its own time."""
    for child in children:
        child.signal(signal.SIGTERM)
    while any(child.pid is not None and is_alive(child.pid) for child in children):
        time.sleep(0.02)


class StopFlag:
    """Raised by SIGTERM or SIGINT; wakes whoever waits on it."""

    def __init__(self, on_second: Callable[[], None] = lambda: None):
        self.raised = False
        self.on_second = on_second

    def raise_(self, signum: int, frame: object) -> None:
        if self.raised:
            self.on_second()
        self.raised = True

    def wait(self, until: float) -> None:
        """Sleep until that monotonic moment or the flag."""
        while not self.raised and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))


def stop_on_signals(children: Callable[[], list[Child]] = list) -> StopFlag:
    """A flag raised by SIGTERM and SIGINT. Asked twice, the children are killed: do not wait for the send in hand."""

    def kill_all() -> None:
        for child in children():
            child.signal(signal.SIGKILL)

    flag = StopFlag(kill_all)
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, flag.raise_)
    return flag
