"""Rate limits. Counted in Redis; while Redis is down each process counts for itself, and nobody gets a 500."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from redis.backoff import NoBackoff
from redis.retry import Retry

from leadcrm.core import jobs

LONGEST_WAIT_SECONDS = 0.1  # a count is not worth more of a request's time

# errors are swallowed too: of requests that find Redis gone at the same moment the fallback serves only the first
limiter = Limiter(
    key_func=get_remote_address, headers_enabled=True, in_memory_fallback_enabled=True, swallow_errors=True
)


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
