"""gunicorn in production: `gunicorn --config deploy/gunicorn.conf.py --bind unix:/run/leadcrm-web-1/http.sock`.

The address is the caller's; WEB_CONCURRENCY says how many processes share it.
"""

import gc
import os

wsgi_app = "app:app"
worker_class = "gthread"
threads = 4  # below what a process's pool of database connections holds, so that no request waits for one
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
preload_app = True  # the processes share what was loaded before the fork, and a bad setting ends the start at once

timeout = 60  # of a process that shows no sign of life; a request's statements end after 15 s
graceful_timeout = 30  # as long as nginx waits for an answer, so that no restart breaks one off
control_socket_disable = True

# The visitor's address and scheme are ProxyFix's to tell (TRUSTED_PROXIES). gunicorn would trust any peer on a socket.
forwarded_allow_ips = ""
secure_scheme_headers = {}
forwarder_headers = ""

errorlog = "-"
accesslog = None  # nginx writes one, without the secrets that stand in some addresses


def on_starting(server) -> None:
    """Make once what every process needs, before any is forked, and before the socket is there for requests to wait on.

    Neither database nor Redis is asked.
    """
    from sqlalchemy.orm import configure_mappers

    app = server.app.wsgi()
    configure_mappers()
    for name in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(name)
    for path in ("/login", "/api/openapi.json"):
        app.test_client().get(path, base_url=app.settings.base_url)
    gc.collect()
    gc.freeze()  # a collection would write to every object, and so copy every page


def post_fork(server, worker) -> None:
    """No two processes talk on one connection. Redis' pool and the Ringer look at their pid, our engine does not."""
    from leadcrm.core.db import db

    app = server.app.wsgi()
    with app.app_context():
        db.engine.dispose(close=False)  # closing would end the connections of the process we came from
