"""Secrets move to the newest key, in pieces, and nothing that was made with an older key stops working meanwhile."""

import dataclasses

import pytest
from sqlalchemy import select, update

from leadcrm.core import at_rest, rotation, security, tenancy
from leadcrm.core.at_rest import Place
from leadcrm.core.db import db, perform, writing
from leadcrm.core.models import Canary
from leadcrm.identity.letters import Letter
from leadcrm.identity.models import StaffMail, User
from leadcrm.identity.operations.letters import post_letter
from tests.signing_in import sign_in

NEW_KEY = "the key after the one that leaked, quite long"


@pytest.fixture
def secrets(acme, cast) -> None:
    """Seven letters and a second factor under the first key."""
    for number in range(7):
        perform(post_letter, "ben@acme.test", Letter(subject="Hello", body=f"letter {number}"))
    with writing() as session:
        ada = session.scalars(select(User).where(User.id == cast.ada.id)).one()
        ada.totp_secret = at_rest.encrypt("seed", Place.of(User.totp_secret, ada))


@pytest.fixture
def new_key(app, secrets) -> str:
    """The installation gets a new key and keeps the old one for reading. Returns the old one."""
    old = app.settings.secret_key
    app.settings = dataclasses.replace(app.settings, secret_key=NEW_KEY, previous_secret_keys=(old,))
    return old


def forget_old_key(app) -> None:
    app.settings = dataclasses.replace(app.settings, previous_secret_keys=())


def letters() -> list[str]:
    db.session.rollback()
    with tenancy.everyone():
        mails = db.session.scalars(select(StaffMail)).all()
    return sorted(at_rest.decrypt(mail.body, Place.of(StaffMail.body, mail)) for mail in mails)


def test_all_secrets_open_with_the_new_key_alone(app, new_key, cast):
    result = rotation.rotate_secrets()
    assert (result.renewed, result.current, bool(result.unusable)) == (8, 0, False)
    forget_old_key(app)
    assert letters() == [f"letter {number}" for number in range(7)]
    with tenancy.everyone():
        ada = db.session.scalars(select(User).where(User.id == cast.ada.id)).one()
    assert at_rest.decrypt(ada.totp_secret, Place.of(User.totp_secret, ada)) == "seed"


def test_broken_off_it_goes_on_where_it_was(app, new_key, monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 3)
    true_renewed, calls = rotation.renewed, []

    def power_cut(token: bytes, place: Place) -> bytes | None:
        calls.append(token)
        if len(calls) > 4:
            raise KeyboardInterrupt
        return true_renewed(token, place)

    monkeypatch.setattr(rotation, "renewed", power_cut)
    with pytest.raises(KeyboardInterrupt):
        rotation.rotate_secrets()
    db.session.rollback()
    monkeypatch.setattr(rotation, "renewed", true_renewed)
    assert len(letters()) == 7, "a half rotated database is read with both keys"
    result = rotation.rotate_secrets()
    assert result.current in (3, 4)
    assert result.renewed + result.current == 8
    forget_old_key(app)
    assert len(letters()) == 7


def test_a_secret_under_a_lost_key_is_told_and_left_alone(app, new_key):
    forget_old_key(app)
    result = app.test_cli_runner().invoke(args=["rotate-secrets"])
    assert result.exit_code == 1
    assert "8 open with none of the known keys" in result.output
    app.settings = dataclasses.replace(app.settings, previous_secret_keys=(new_key,))
    assert app.test_cli_runner().invoke(args=["rotate-secrets"]).output.startswith("8 secrets encrypted anew")


def test_links_in_old_mails_work_while_the_old_key_is_listed(app, secrets):
    link = security.sign("message 7", "unsubscribe")
    old = app.settings.secret_key
    app.settings = dataclasses.replace(app.settings, secret_key=NEW_KEY, previous_secret_keys=("another", old))
    assert security.unsign(link, "unsubscribe") == "message 7"
    assert security.sign("message 7", "unsubscribe") != link
    forget_old_key(app)
    with pytest.raises(ValueError, match="not valid"):
        security.unsign(link, "unsubscribe")


def test_every_column_that_holds_ciphertext_says_so(app, secrets):
    """Fernet's tokens begin with the same bytes: none lies in a column the rotation does not know."""
    known = {(column.table.name, column.name) for column in rotation.encrypted_columns()}
    assert {("users", "totp_secret"), ("staff_mails", "body")} <= known
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(select(table)).mappings():
            for name, value in row.items():
                if isinstance(value, bytes) and value.startswith(b"gAAAA"):
                    assert (table.name, name) in known


def test_signed_in_people_stay_signed_in(app, cast, databases, settings):
    client = sign_in(app, cast.ada)
    assert client.get("/settings").status_code == 200
    app.config.update(SECRET_KEY=NEW_KEY, SECRET_KEY_FALLBACKS=[settings.secret_key])
    assert client.get("/settings").status_code == 200


def test_the_doctor_tries_a_secret_of_each_kind(app, new_key):
    def said() -> str:
        db.session.rollback()
        return app.test_cli_runner().invoke(args=["doctor"]).output

    assert "open with SECRET_KEY or 1 previous key" in said()
    forget_old_key(app)
    assert "BROKEN  Secrets" in said()
    assert "users.totp_secret" in said()
    app.settings = dataclasses.replace(app.settings, previous_secret_keys=(new_key,))
    rotation.rotate_secrets()
    forget_old_key(app)
    assert "ok      Secrets" in said()


def test_a_canary_tells_another_key_though_there_are_no_secrets(app, acme):
    def finding() -> str:
        db.session.rollback()
        lines = app.test_cli_runner().invoke(args=["doctor"]).output.splitlines()
        return next((line for line in lines if "Key " in line), "")

    assert "nothing in the database proves" in finding()
    rotation.plant_canary()
    assert finding() == ""
    old = app.settings.secret_key
    app.settings = dataclasses.replace(app.settings, secret_key=NEW_KEY)
    assert "BROKEN" in finding()
    assert "SECRET_KEY is not the one" in finding()
    rotation.plant_canary()
    assert rotation.canary_lives() is False, "a wrong key does not take the place of the right one"
    app.settings = dataclasses.replace(app.settings, previous_secret_keys=(old,))
    rotation.rotate_secrets()
    forget_old_key(app)
    assert rotation.canary_lives() is True


def test_no_canary_is_planted_under_a_key_that_opens_nothing(app, secrets):
    app.settings = dataclasses.replace(app.settings, secret_key=NEW_KEY)
    rotation.plant_canary()
    rotation.rotate_secrets()
    assert db.session.get(Canary, rotation.CANARY_ID) is None


@pytest.mark.parametrize("changes", [{"organization_id": "rival"}, {"purpose": "second factor"}, {"row_id": "2"}])
def test_a_secret_opens_at_its_own_place_alone(app, changes):
    place = Place("acme", "staff mail", "1")
    secret = at_rest.encrypt("seed", place)
    assert at_rest.decrypt(secret, place) == "seed"
    with pytest.raises(at_rest.Misplaced):
        at_rest.decrypt(secret, dataclasses.replace(place, **changes))


def test_a_secret_of_another_row_is_told_and_left_alone(app, new_key, cast):
    with tenancy.everyone(), writing() as session:
        session.execute(update(User).where(User.id == cast.rita.id).values(totp_secret=seed_of(cast.ada.id)))
    told = app.test_cli_runner().invoke(args=["doctor"])
    assert told.exit_code == 1
    assert "users.totp_secret (1) were made for another place" in told.output
    result = app.test_cli_runner().invoke(args=["rotate-secrets"])
    assert (result.exit_code, "1 were made for another place" in result.output) == (1, True)
    assert result.output.startswith("8 secrets encrypted anew")


def seed_of(user_id: str) -> bytes:
    return db.session.scalar(select(User.totp_secret).where(User.id == user_id))
