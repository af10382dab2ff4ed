"""`make run`: the whole product on one machine, with one command. Web and worker are children that end with it."""

import gc
import logging
import socket
import sys
import time

from flask import Flask
from gunicorn.app.base import BaseApplication

from leadcrm import create_app
from leadcrm.core.db import db
from leadcrm.core.lanes import supervise
from leadcrm.core.processes import Child, end, stop_on_signals
from leadcrm.first_start import UnknownSchema, prepare
from leadcrm.settings import SettingsError

THREADS = 4


class Web(BaseApplication):
    """gunicorn with our application already loaded."""

    def __init__(self, app: Flask):
        self.app = app
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": f"127.0.0.1:{self.app.settings.port}",
            "workers": 2,
            "threads": THREADS,
            "worker_class": "gthread",
            "graceful_timeout": 4,
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.app


def main() -> int:
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    try:
        app = create_app()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    port = app.settings.port
    if _is_taken(port):
        print(f"Port {port} is in use. Stop what runs there, or choose another: PORT=8123 make run", file=sys.stderr)
        return 1
    with app.app_context():
        try:
            greeting = prepare()
        except UnknownSchema as error:
            print(error, file=sys.stderr)
            return 1
        db.session.remove()
        db.engine.dispose()  # children must not inherit an open connection
    print(f"\n  LeadCRM runs at http://127.0.0.1:{port}\n{greeting}\n  Ctrl-C stops everything.\n", flush=True)
    gc.freeze()  # a collection writes to every object it looks at, and so makes each child copy its page
    _keep_running([Child("web", Web(app).run), Child("worker", lambda: supervise(app))])
    return 0


def _keep_running(children: list[Child]) -> None:
    stop = stop_on_signals(lambda: children)
    while not stop.raised:
        for child in children:
            child.tend(time.monotonic())
        stop.wait(time.monotonic() + 0.2)
    end(children)


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
