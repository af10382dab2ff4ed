"""Rate limits. Counted in Redis; while Redis is down each process counts for itself, and nobody gets a 500."""

import threading
from collections.abc import Callable
from contextlib import suppress

from flask import Flask, Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from leadcrm.core import clock, jobs

LONGEST_WAIT_SECONDS = 0.1  # a count is not worth more of a request's time

# errors are swallowed too: of requests that find Redis gone at the same moment the fallback serves only the first
limiter = Limiter(key_func=get_remote_address, in_memory_fallback_enabled=True, swallow_errors=True)


def init_app(app: Flask) -> None:
    """Count in the installation's Redis, under its own prefix."""
    url = jobs.redis_url(app.settings)
    app.config.update(
        RATELIMIT_STORAGE_URI=url.replace("unix://", "redis+unix://", 1) if url.startswith("unix:") else url,
        RATELIMIT_STORAGE_OPTIONS={
            "socket_connect_timeout": LONGEST_WAIT_SECONDS,
            "socket_timeout": LONGEST_WAIT_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        },
        RATELIMIT_KEY_PREFIX=f"leadcrm:{app.settings.instance}",
    )
    limiter.init_app(app)
    limiter.storage.check = Lookout(limiter.storage.check)  # Flask-Limiter looks in the middle of a request
    # it looks for limits of all endpoints before each request, and there are none: the views' own are their decorators
    app.before_request_funcs[None].remove(limiter._check_request_limit)
    app.after_request(_say_when_to_come_back)


class Lookout:
    """Whether a storage that was lost answers again. A thread looks; who asks is told what the last look found."""

    def __init__(self, look: Callable[[], bool]):
        self.look = look
        self.answers = False
        self.looking = threading.Lock()

    def __call__(self) -> bool:
        """Never waits. True once per look that found it: what is lost after that has to be found anew."""
        found, self.answers = self.answers, False
        if not found and self.looking.acquire(blocking=False):
            try:
                threading.Thread(target=self._look, name="lookout", daemon=True).start()
            except RuntimeError:  # the machine has no thread left to give
                self.looking.release()
        return found

    def _look(self) -> None:
        try:
            self.answers = self.look()
        finally:
            self.looking.release()


def _say_when_to_come_back(response: Response) -> Response:
    """Flask-Limiter's own headers are off: they ask Redis once more for each request that is not refused."""
    if (limit := limiter.current_limit) is not None and limit.breached:
        with suppress(RedisError):
            response.headers["Retry-After"] = str(max(1, int(limit.reset_at - clock.real_now().timestamp())))
    return response
