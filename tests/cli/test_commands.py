"""Commands as an operator runs them."""

import dataclasses
import json
import os
import subprocess
import sys

import pytest
from sqlalchemy import select

from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.models import Debt
from leadcrm.identity import passwords, queries
from leadcrm.identity.models import Organization
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.settings import ROOT


@pytest.fixture
def run(app):
    """`run("create-token", "ada@acme.test")` → click's result."""
    runner = app.test_cli_runner()
    return lambda *words, **options: runner.invoke(args=list(words), **options)


def flask(*words: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "flask", "--app", "app", *words]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60
    )


def test_bad_settings_print_one_line_each_and_no_traceback(tmp_path):
    result = flask("doctor", LEADCRM_VAR=str(tmp_path), SCHEDULER_INTERVAL_MS="5", PORT="many", SMTP_URL="http://x")
    assert result.returncode == 1
    assert result.stdout == ""
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 3
    assert {line.split()[0] for line in lines} == {"SCHEDULER_INTERVAL_MS", "PORT", "SMTP_URL"}


def test_production_refuses_weak_settings(tmp_path):
    result = flask("doctor", LEADCRM_VAR=str(tmp_path), LEADCRM_ENV="production", SECRET_KEY="short")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert {"SECRET_KEY", "BASE_URL"} <= {line.split()[0] for line in result.stderr.splitlines()}


def test_an_organization_its_owner_and_a_token(run):
    assert run("create-organization", "Blue Door", "--timezone", "Europe/Lisbon", "--country", "pt").exit_code == 0
    password = "harbour lights at noon"
    made = run(
        "create-user", "blue-door", "Joana@Blue.test", "Joana Dias", "--role", "owner", "--realtor", "--password-stdin",
        input=f"{password}\n",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "Realtor id:" in made.output
    user = queries.user_by_email("joana@blue.test")
    assert (user.role, user.organization.slug, user.organization.country) == ("owner", "blue-door", "PT")
    assert passwords.matches(user.password_hash, password)
    token = run("create-token", "joana@blue.test").output.strip()
    assert queries.user_by_token(token)[0].id == user.id


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["create-organization", "Acme Two", "--slug", "acme"], "short name"),
        (["create-organization", "Moon", "--timezone", "Moon/Base"], "Moon/Base"),
        (["create-organization", "Land", "--country", "USA"], "two letters"),
        (["create-user", "nowhere", "jo@nowhere.test", "Jo", "--password-stdin"], "no organization"),
        (["create-user", "acme", "ada@acme.test", "Ada", "--password-stdin"], "already"),
        (["create-user", "acme", "no address", "Jo", "--password-stdin"], "not an email address"),
        (["create-user", "acme", "jo@acme.test", "Jo", "--role", "king", "--password-stdin"], "king"),
        (["create-token", "nobody@acme.test"], "Nobody signs in"),
        (["seed-demo", "--leads", "-1"], "-1"),
    ],
)
def test_a_refusal_is_one_line_and_an_exit_code(run, words, complaint):
    result = run(*words, input="harbour lights at noon\n")
    assert result.exit_code != 0
    assert complaint in result.output
    assert "Traceback" not in result.output


def test_a_weak_password_is_refused(run):
    result = run("create-user", "acme", "jo@acme.test", "Jo", "--password-stdin", input="password12\n")
    assert result.exit_code == 1
    assert queries.user_by_email("jo@acme.test") is None


def test_run_due_does_what_the_worker_would(run, app, cast):
    with tenancy.organization(cast.acme.id):
        perform(leads.create_lead, LeadData(first_name="Jo", email="jo@example.com"), by=cast.ada)
        assert db.session.scalars(select(Debt)).all()
    assert run("run-due").exit_code == 0
    db.session.rollback()
    with tenancy.everyone():
        assert db.session.scalars(select(Debt)).all() == []


def test_seed_demo_prints_accounts_as_one_line_of_json(run):
    """The organizations are there already under these slugs, so nothing is made: what is printed is its shape."""
    result = run("seed-demo", "--json")
    assert result.exit_code == 0
    assert len(result.output.splitlines()) == 1
    printed = json.loads(result.output)
    acme = printed["organizations"][0]
    assert set(acme) == {"name", "slug", "users"}
    assert {"email", "password", "role", "api_token"} <= set(acme["users"][0])
    assert printed["providers"] == []
    with tenancy.everyone():
        assert len(db.session.scalars(select(Organization)).all()) == 2


def test_settings_of_a_rehearsal_are_named(app, run):
    app.settings = dataclasses.replace(app.settings, clock_offset_seconds=3600)
    assert "moved by 3600 s" in run("doctor").output
