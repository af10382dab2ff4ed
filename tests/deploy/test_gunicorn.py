"""Production's gunicorn: what its processes share, and what they must not."""

import runpy
import subprocess
import sys
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from deploy import healthy
from leadcrm.core.db import db
from leadcrm.settings import ROOT
from tests.installation import wait_for

CONFIGURATION = ROOT / "deploy" / "gunicorn.conf.py"


def test_a_forked_process_leaves_its_parents_connections_alone(app):
    with db.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        parents = connection.connection.dbapi_connection
    pool = db.engine.pool
    server = SimpleNamespace(app=SimpleNamespace(wsgi=lambda: app))
    runpy.run_path(str(CONFIGURATION))["post_fork"](server, worker=None)
    with db.engine.connect() as connection:
        assert connection.connection.dbapi_connection is not parents
    parents.cursor().execute("SELECT 1")  # still open
    pool.dispose()


@pytest.mark.process
def test_it_starts_while_database_and_redis_are_away(tmp_path):
    environment = {
        "PATH": "/usr/bin:/bin",
        "LEADCRM_ENV": "production",
        "LEADCRM_VAR": str(tmp_path),
        "BASE_URL": "https://crm.example.com",
        "SECRET_KEY": "k" * 64,
        "DATABASE_URL": f"postgresql+psycopg:///leadcrm?host={tmp_path}",
        "REDIS_URL": f"unix://{tmp_path}/redis.sock",
    }
    address = tmp_path / "http.sock"
    command = [sys.executable, "-m", "gunicorn", "--config", str(CONFIGURATION), "--bind", f"unix:{address}"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)

    def answer() -> int | None:
        assert process.poll() is None, process.stderr.read()
        try:
            return healthy.status(address, "/healthz", "crm.example.com")
        except OSError:
            return None

    try:
        assert wait_for(answer, 120) == 200  # it compiles every template first
        assert healthy.status(address, "/healthz", "elsewhere.example.com") == 400
    finally:
        process.terminate()
        process.wait(60)  # a process forked this moment misses the signal, and ends with the grace of 30 s
        process.stderr.close()
    assert process.returncode == 0
