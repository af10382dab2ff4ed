"""A deadline for a whole piece of work: a socket's time-out covers one read, and others drip a byte a minute."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Watchdog:
    """Calls `cut` when one piece of work takes longer than `seconds`.

    One thread watches all pieces, as a thread for each costs as much as the rest of a send. It sleeps as long as no
    piece of work that begins meanwhile could be late.
    """

    def __init__(self, seconds: float, cut: Callable[[], None]):
        self.seconds = seconds
        self.is_late = False
        self._cut = cut
        self._deadline: float | None = None
        self._lock = threading.Lock()  # what has just ended in time must not be cut, nor what comes after it
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what is done inside; pieces do not overlap."""
        self.is_late = False
        self._deadline = time.monotonic() + self.seconds
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
            self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._deadline = None

    def end(self) -> None:
        """Watch nothing any more."""
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(self._seconds_until_somebody_is_late()):
            with self._lock:
                if self._deadline is not None and self._deadline <= time.monotonic():
                    self._deadline = None
                    self.is_late = True
                    self._cut()

    def _seconds_until_somebody_is_late(self) -> float:
        deadline = self._deadline
        return self.seconds if deadline is None else max(deadline - time.monotonic(), 0)
