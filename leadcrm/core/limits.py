"""Rate limits. Counted in Redis; while Redis is down each process counts for itself, and nobody gets a 500."""

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
    # it looks for limits of all endpoints before each request, and there are none: the views' own are their decorators
    app.before_request_funcs[None].remove(limiter._check_request_limit)
    app.after_request(_say_when_to_come_back)


def _say_when_to_come_back(response: Response) -> Response:
    """Flask-Limiter's own headers are off: they ask Redis once more for each request that is not refused."""
    if (limit := limiter.current_limit) is not None and limit.breached:
        with suppress(RedisError):
            response.headers["Retry-After"] = str(max(1, int(limit.reset_at - clock.real_now().timestamp())))
    return response
