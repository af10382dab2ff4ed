"""Each thing the doctor looks at, well and ill."""

import dataclasses
import socket
from contextlib import contextmanager
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller

from leadcrm import doctor
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, writing
from leadcrm.core.models import Heartbeat


@pytest.fixture(autouse=True)
def _schema_is_current(monkeypatch):
    """The test databases are made from the models, not by migrations."""
    monkeypatch.setattr(doctor, "at_head", lambda: True)


def verdicts(app, **settings) -> dict[str, str]:
    app.settings = dataclasses.replace(app.settings, **settings)
    return {finding.subject: finding.verdict for finding in doctor.examine()}


def exit_code(app) -> int:
    return app.test_cli_runner().invoke(args=["doctor"]).exit_code


def test_without_outside_connections_nothing_is_broken(app):
    found = verdicts(app, redis_url=None)
    assert "broken" not in found.values()
    assert found["E-mail"] == found["SMS, WhatsApp"] == found["Inbound mail"] == "note"
    assert found["Database"] == found["Uploads"] == "ok"
    assert exit_code(app) == 0


def test_an_old_schema_is_broken_and_says_the_command(app, monkeypatch):
    monkeypatch.setattr(doctor, "at_head", lambda: False)
    assert verdicts(app)["Database"] == "broken"
    result = app.test_cli_runner().invoke(args=["doctor"])
    assert result.exit_code == 1
    assert "flask --app app db upgrade" in result.output


def test_redis_that_was_named_and_does_not_answer_is_broken(app):
    assert verdicts(app, redis_url="redis://127.0.0.1:9")["Redis"] == "broken"
    assert exit_code(app) == 1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def mail_server():
    port = free_port()
    server = Controller(_Accepting(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield port
    finally:
        server.stop()


class _Accepting:
    async def handle_DATA(self, server, session, envelope):
        return "250 taken"


def test_a_closed_port_and_an_unusable_address_are_broken(app):
    assert verdicts(app, smtp_url=f"smtp://127.0.0.1:{free_port()}")["E-mail"] == "broken"
    assert verdicts(app, smtp_url="smtp://")["E-mail"] == "broken"


def test_a_mail_server_that_takes_us_is_well(app):
    with mail_server() as port:
        assert verdicts(app, smtp_url=f"smtp://127.0.0.1:{port}")["E-mail"] == "ok"


def test_inbound_mail_needs_its_secret(app):
    assert verdicts(app, email_webhook_secret="x" * 40)["Inbound mail"] == "ok"


def test_uploads_must_be_writable(app, tmp_path):
    (tmp_path / "file").touch()
    assert verdicts(app, var=tmp_path / "file")["Uploads"] == "broken"


def test_a_worker_is_seen_by_its_heartbeats(app):
    assert verdicts(app)["Worker, lane now"] == "note"
    with tenancy.everyone(), writing() as session:
        session.add(Heartbeat(lane="now", process="one", at=clock.real_now()))
        session.add(Heartbeat(lane="slow", process="two", at=clock.real_now() - timedelta(hours=1)))
    found = verdicts(app)
    assert (found["Worker, lane now"], found["Worker, lane slow"]) == ("ok", "note")
    db.session.rollback()
