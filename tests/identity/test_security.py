"""Passwords, the second step, and the lifetimes of sessions."""

import dataclasses
from datetime import timedelta
from types import SimpleNamespace

import pyotp
import pytest
from sqlalchemy import select, update

from leadcrm.core import clock, security
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import DomainError
from leadcrm.identity import lifetimes, operations, passwords, queries
from leadcrm.identity.models import User, UserSession
from leadcrm.identity.routes import sign_in as sign_in_routes
from tests.conftest import PASSWORD
from tests.identity.people import browser, post, sign_in, value_in

NEW = "seven quiet otters"


def age_sessions(**changes):
    with writing() as session:
        session.execute(update(UserSession).values(changes))


@pytest.mark.parametrize(
    ("person", "idle", "works"),
    [
        ("ben", timedelta(days=13), True),
        ("ben", timedelta(days=15), False),
        ("ada", timedelta(hours=11), True),
        ("ada", timedelta(hours=13), False),
    ],
)
def test_a_resting_session_ends(app, acme, cast, person, idle, works):
    client = browser(app, getattr(cast, person))
    age_sessions(seen_at=clock.real_now() - idle)
    assert client.get("/settings").status_code == (200 if works else 302)


def test_no_session_lives_longer_than_sixty_days(app, acme, cast):
    client = browser(app, cast.ben)
    row = db.session.scalars(select(UserSession)).one()
    assert row.expires_at - row.created_at <= timedelta(days=60, seconds=1)
    age_sessions(expires_at=clock.real_now())
    assert client.get("/settings").status_code == 302


def test_being_here_is_written_at_most_every_five_minutes(app, acme, cast):
    client = browser(app, cast.ben)
    long_ago = clock.real_now() - lifetimes.SEEN_EVERY * 2
    age_sessions(seen_at=long_ago)
    client.get("/settings")
    db.session.rollback()
    seen = db.session.scalars(select(UserSession.seen_at)).one()
    assert seen > long_ago
    client.get("/settings")
    db.session.rollback()
    assert db.session.scalars(select(UserSession.seen_at)).one() == seen


@pytest.mark.parametrize("change", ["role", "disabled", "password", "two_factor"])
def test_a_copied_cookie_dies_with_every_change_of_power(app, acme, cast, change):
    copy = browser(app, cast.ben)
    verbs = {
        "role": lambda: perform(operations.change_role, cast.ben, "marketing", by=cast.ada),
        "disabled": lambda: perform(operations.set_disabled, cast.ben, True, by=cast.ada),
        "password": lambda: perform(operations.change_password, cast.ben, passwords.hash(NEW)),
        "two_factor": lambda: perform(operations.disable_two_factor, cast.ben),
    }
    assert copy.get("/settings").status_code == 200
    verbs[change]()
    assert copy.get("/settings").status_code == 302


def test_who_signs_in_at_the_moment_they_are_disabled_is_not_let_in(app, acme, cast):
    """Their session was not there yet when all of theirs ended."""
    perform(operations.set_disabled, cast.ben, True, by=cast.ada)
    assert browser(app, cast.ben).get("/settings").status_code == 302


def test_changing_the_password_asks_for_the_old_one(app, acme, cast):
    client, elsewhere = browser(app, cast.ben), browser(app, cast.ben)
    wrong = post(client, "/settings/security/password", {"password": "wrong", "new_password": NEW}, htmx=True)
    assert wrong.status_code == 422
    assert "This is not your password." in wrong.text
    assert NEW not in wrong.text
    right = post(client, "/settings/security/password", {"password": PASSWORD, "new_password": NEW})
    assert right.status_code == 303
    assert client.get("/settings").status_code == 200
    assert elsewhere.get("/settings").status_code == 302
    assert sign_in(browser(app), "ben@acme.test", NEW).status_code == 303


def test_guessing_the_old_password_is_slowed_down(app, acme, cast):
    client = browser(app, cast.ben)
    data = {"password": "wrong", "new_password": NEW}
    codes = [post(client, "/settings/security/password", data).status_code for _ in range(11)]
    assert codes == [422] * 10 + [429]


@pytest.mark.parametrize("password", ["Ben", "ben@acme.test", "password123", "short"])
def test_a_new_password_is_not_easily_guessed(app, acme, cast, password):
    data = {"password": PASSWORD, "new_password": password}
    assert post(browser(app, cast.ben), "/settings/security/password", data).status_code == 422


def test_hashes_are_argon2_of_the_promised_cost_and_refreshed(app, acme, cast):
    from argon2 import PasswordHasher

    assert passwords.hash(NEW).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with writing() as session:
        session.execute(update(User).where(User.id == cast.ben.id).values(password_hash=weak))
    assert sign_in(browser(app), "ben@acme.test").status_code == 303
    db.session.rollback()
    assert not passwords.is_outdated(db.session.scalars(select(User).where(User.id == cast.ben.id)).one().password_hash)


def test_no_hash_is_never_a_match():
    assert not passwords.matches(None, "")
    assert not passwords.matches(None, PASSWORD)
    assert not passwords.matches("not a hash", PASSWORD)


@pytest.mark.parametrize("email", ["ben@acme.test", "nobody@acme.test"])
def test_known_and_unknown_addresses_cost_one_hash(app, cast, monkeypatch, email):
    seen = []
    monkeypatch.setattr(passwords, "_hasher", SimpleNamespace(verify=lambda stored, typed: seen.append(stored)))
    assert sign_in(browser(app), email, "wrong").status_code == 422
    assert len(seen) == 1
    assert seen[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def set_up_two_factor(app, user) -> tuple[str, list[str], object]:
    client = browser(app, user)
    page = client.get("/settings/security/two-factor").text
    secret = page.split("<code>")[1].split("</code>")[0]
    picture = client.get("/settings/security/two-factor.svg")
    assert (picture.mimetype, picture.headers["Cache-Control"]) == ("image/svg+xml", "no-store")
    answer = post(
        client, "/settings/security/two-factor", {"code": pyotp.TOTP(secret).now(), "password": PASSWORD}, htmx=True
    )
    assert answer.status_code == 200
    codes = [part.split("</code>")[0] for part in answer.text.split("<code>")[1:]]
    return secret, codes, client


def next_code(secret: str) -> str:
    """The code of the following half minute: tolerated now, and not the one used for setting up."""
    return pyotp.TOTP(secret).at(clock.real_now() + timedelta(seconds=30))


def first_step(app) -> tuple:
    client = browser(app)
    return client, value_in(sign_in(client, "ben@acme.test", next="/settings").text, "step")


def test_two_factor_is_asked_for_and_a_code_works_once(app, acme, cast):
    secret, codes, before = set_up_two_factor(app, cast.ben)
    assert len(set(codes)) == 8
    assert before.get("/settings").status_code == 200
    client, step = first_step(app)
    assert client.get("/settings").status_code == 302
    code = next_code(secret)
    assert post(client, "/login/code", {"step": step, "code": "000000"}).status_code == 422
    answer = post(client, "/login/code", {"step": step, "code": code, "next": "/settings"})
    assert (answer.status_code, answer.location) == (303, "/settings")
    again, step = first_step(app)
    assert post(again, "/login/code", {"step": step, "code": code}).status_code == 422


def test_a_recovery_code_works_once(app, acme, cast):
    _, codes, _ = set_up_two_factor(app, cast.ben)
    client, step = first_step(app)
    assert post(client, "/login/code", {"step": step, "code": codes[0].upper()}).status_code == 303
    client, step = first_step(app)
    assert post(client, "/login/code", {"step": step, "code": codes[0]}).status_code == 422


def test_nobody_gets_past_the_code(app, acme, cast):
    secret, _, _ = set_up_two_factor(app, cast.ben)
    client, step = first_step(app)
    payload, _, signature = step.rpartition(".")
    ada = queries.user_by_email("ada@acme.test").id
    forged = [
        "",
        "x",
        payload,
        f"{payload}.{'A' * len(signature)}",
        step.replace(cast.ben.id, ada),
        security.sign(payload, "another purpose"),
    ]
    for token in forged:
        answer = post(client, "/login/code", {"step": token, "code": next_code(secret)})
        assert answer.status_code == 422
        assert client.get("/settings").status_code == 302


def test_the_first_step_dies_with_time_and_with_the_password(app, acme, cast, monkeypatch):
    set_up_two_factor(app, cast.ben)
    _, step = first_step(app)
    assert sign_in_routes._user_of_step(step).id == cast.ben.id
    later = clock.real_now() + timedelta(minutes=6)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "real_now", lambda: later)
        assert sign_in_routes._user_of_step(step) is None
    perform(operations.change_password, cast.ben, passwords.hash(NEW))
    assert sign_in_routes._user_of_step(step) is None


def test_five_wrong_codes_close_the_second_step(app, acme, cast):
    secret, _, _ = set_up_two_factor(app, cast.ben)
    client, step = first_step(app)
    for _ in range(5):
        assert post(client, "/login/code", {"step": step, "code": "000000"}).status_code == 422
    assert post(client, "/login/code", {"step": step, "code": next_code(secret)}).status_code == 429


def test_blanks_before_the_step_give_no_further_guesses(app, acme, cast):
    set_up_two_factor(app, cast.ben)
    client, step = first_step(app)
    tries = [post(client, "/login/code", {"step": " " * n + step, "code": "000000"}).status_code for n in range(6)]
    assert tries == [422] * 5 + [429]


def test_turning_it_on_needs_password_and_code(app, acme, cast):
    client = browser(app, cast.ben)
    page = client.get("/settings/security/two-factor").text
    secret = page.split("<code>")[1].split("</code>")[0]
    code = pyotp.TOTP(secret).now()
    for data in ({"code": code, "password": "wrong"}, {"code": "000000", "password": PASSWORD}, {}):
        assert post(client, "/settings/security/two-factor", data).status_code == 422
    db.session.rollback()
    assert queries.user_by_email("ben@acme.test").totp_secret is None


def test_turning_it_off_needs_the_password(app, acme, cast):
    _, _, client = set_up_two_factor(app, cast.ben)
    path = "/settings/security/two-factor/removal"
    assert post(client, path, {"password": "wrong"}).status_code == 422
    assert post(client, path, {"password": PASSWORD}).status_code == 303
    db.session.rollback()
    assert queries.user_by_email("ben@acme.test").totp_secret is None


def test_the_seed_is_encrypted_for_its_person(app, acme, cast):
    secret, _, _ = set_up_two_factor(app, cast.ben)
    db.session.rollback()
    kept = queries.user_by_email("ben@acme.test").totp_secret
    assert secret.encode() not in kept
    with writing() as session:
        session.execute(update(User).where(User.id == cast.mia.id).values(totp_secret=kept))
    mia = db.session.scalars(select(User).where(User.id == cast.mia.id)).one()
    with pytest.raises(DomainError, match="cannot be checked"):
        perform(operations.use_totp_code, mia, next_code(secret))


def test_a_seed_that_cannot_be_read_is_a_sentence_and_recovery_codes_go_on(app, acme, cast):
    secret, codes, _ = set_up_two_factor(app, cast.ben)
    app.settings = dataclasses.replace(app.settings, secret_key="another key, long enough for a server")
    client, step = first_step(app)
    answer = post(client, "/login/code", {"step": step, "code": next_code(secret)})
    assert answer.status_code == 422
    assert "Sign in with a recovery code" in answer.text
    assert post(client, "/login/code", {"step": step, "code": codes[0]}).status_code == 303
