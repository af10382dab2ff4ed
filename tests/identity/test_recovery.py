"""Password reset and invitations: single use, bound to their purpose, never from the request's Host."""

import dataclasses
import re
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from leadcrm import create_app
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import DomainError
from leadcrm.identity import operations, queries
from leadcrm.identity.models import Invitation, PasswordReset, StaffMail, User
from tests.identity.people import browser, post, sign_in

NEW = "seven quiet otters"


def newest_mail(organization):
    db.session.rollback()
    with tenancy.organization(organization.id):
        return queries.sandbox_staff_mails()[0]


def link_in(mail) -> str:
    return re.search(r"https?://\S+", mail.body)[0]


def ask(app, cast, email="ben@acme.test", **options) -> str:
    """The path of the link in the mail."""
    assert post(browser(app), "/password/reset", {"email": email}, **options).status_code == 200
    return link_in(newest_mail(cast.acme)).removeprefix(app.settings.base_url)


def test_a_link_sets_a_new_password_once_and_signs_out_everywhere(app, cast):
    elsewhere = browser(app, cast.ben)
    path = ask(app, cast)
    client = browser(app)
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert post(client, path, {"new_password": NEW}).status_code == 200
    assert elsewhere.get("/settings").status_code == 302
    assert sign_in(browser(app), "ben@acme.test").status_code == 422
    assert sign_in(browser(app), "ben@acme.test", NEW).status_code == 303
    assert post(client, path, {"new_password": "another good one"}).status_code == 404


def test_the_person_is_told_that_the_password_changed(app, cast):
    post(browser(app), ask(app, cast), {"new_password": NEW})
    assert newest_mail(cast.acme).subject == "Your password was changed"


def test_a_link_dies_after_half_an_hour_and_with_another_change(app, cast):
    path, other = ask(app, cast), ask(app, cast)
    post(browser(app), other, {"new_password": NEW})
    assert browser(app).get(path).status_code == 404
    path = ask(app, cast)
    with writing() as session, tenancy.everyone():
        session.execute(update(PasswordReset).values(expires_at=clock.real_now() - timedelta(seconds=1)))
    assert browser(app).get(path).status_code == 404


def test_every_other_link_is_dead(app, cast):
    path = ask(app, cast)
    secret = path.rpartition("/")[2]
    for index in range(len(secret)):
        wrong = secret[:index] + ("a" if secret[index] != "a" else "b") + secret[index + 1 :]
        assert queries.reset_by_secret(wrong) is None
    with tenancy.organization(cast.acme.id):
        perform(operations.invite, "new@acme.test", "rep", by=cast.ada, base_url="")
    invitation = newest_mail(cast.acme).body.split("/invitations/")[1].split()[0]
    assert browser(app).get(f"/password/reset/{invitation}").status_code == 404
    assert browser(app).get(f"/invitations/{secret}").status_code == 404


@pytest.mark.parametrize("headers", [{"Host": "evil.test"}, {"X-Forwarded-Host": "evil.test"}, {"Host": "a@evil.test"}])
def test_the_link_never_comes_from_the_request(app, cast, headers):
    post(browser(app), "/password/reset", {"email": "ben@acme.test"}, headers=headers)
    with tenancy.organization(cast.acme.id):
        mails = queries.sandbox_staff_mails()
    assert all("evil.test" not in mail.body for mail in mails)


def test_production_answers_only_to_its_own_name(settings, cast):
    app = create_app(dataclasses.replace(settings, environment="production", base_url="https://crm.example"))
    assert app.test_client().get("/login", base_url="https://crm.example").status_code == 200
    for host in ("evil.test", "crm.example.evil.test", "127.0.0.1"):
        assert app.test_client().get("/login", base_url=f"https://{host}").status_code == 400


def test_an_unknown_address_gets_the_same_page_after_the_same_time(app, cast):
    times, pages = {}, {}
    for email in ("ben@acme.test", "nobody@acme.test"):
        taken = []
        for _ in range(4):
            started = time.perf_counter()
            answer = post(browser(app), "/password/reset", {"email": email})
            taken.append(time.perf_counter() - started)
        times[email], pages[email] = min(taken), answer.text.replace(email, "")
    first, second = times.values()
    assert abs(first - second) < 0.1 * first
    token = re.compile(r'"[0-9a-f]{56}"')
    assert len({token.sub("", page) for page in pages.values()}) == 1


def test_an_address_that_is_spelled_in_many_ways_is_sent_no_more_mails(app, cast):
    hosts = ("acme.test", "ACME.test", "\uff41cme.test", "a\uff43me.test", "ac\uff4de.test")
    spelled = ["ben@acme.test", *(f"BEN@{host}" for host in hosts)]
    answers = [post(browser(app), "/password/reset", {"email": email}).status_code for email in spelled]
    assert answers == [200] * 5 + [429]


def test_who_asks_for_many_addresses_is_stopped_by_their_own(app, cast):
    answers = [post(browser(app), "/password/reset", {"email": f"{n}@acme"}).status_code for n in range(11)]
    assert answers == [422] * 10 + [429]


def test_a_disabled_person_gets_no_link(app, cast):
    with tenancy.organization(cast.acme.id):
        perform(operations.set_disabled, cast.ben, True, by=cast.ada)
    post(browser(app), "/password/reset", {"email": "ben@acme.test"})
    with tenancy.everyone():
        assert db.session.scalars(select(StaffMail)).all() == []


def test_a_link_dies_when_its_person_is_disabled(app, cast):
    path = ask(app, cast)
    with tenancy.organization(cast.acme.id):
        perform(operations.set_disabled, cast.ben, True, by=cast.ada)
    assert browser(app).get(path).status_code == 404
    assert post(browser(app), path, {"new_password": NEW}).status_code == 404


def test_a_link_that_is_used_twice_at_once_is_used_by_the_first(app, cast, monkeypatch):
    secret = ask(app, cast).rpartition("/")[2]
    unused = queries.reset_by_secret(secret)
    perform(operations.reset_password, secret, "the hash of the first")
    monkeypatch.setattr(queries, "reset_by_secret", lambda _: unused)  # as the second has read it before
    with pytest.raises(DomainError):
        perform(operations.reset_password, secret, "the hash of the second")
    db.session.rollback()
    assert queries.user_by_email("ben@acme.test").password_hash == "the hash of the first"


@pytest.mark.parametrize(
    "password", ["", "short", "1234567890", "QWERTYUIOP", "aaaaaaaaaaaa", "ben@acme.test", "x" * 201, "a\0bcdefghijk"]
)
def test_a_weak_password_is_refused_and_the_link_stays(app, cast, password):
    path = ask(app, cast)
    assert post(browser(app), path, {"new_password": password}).status_code == 422
    assert browser(app).get(path).status_code == 200


def invited(app, cast, email="zoe@acme.test", role="rep") -> str:
    with tenancy.organization(cast.acme.id):
        perform(operations.invite, email, role, by=cast.ada, base_url=app.settings.base_url)
    return link_in(newest_mail(cast.acme)).removeprefix(app.settings.base_url)


def test_an_invited_person_joins_with_the_invited_address_and_role(app, cast):
    path = invited(app, cast)
    client = browser(app)
    fields = {"name": "Zoë", "new_password": NEW, "email": "ada@acme.test", "role": "owner"}
    answer = post(client, path, fields)
    assert (answer.status_code, answer.location) == (303, "/")
    user = queries.user_by_email("zoe@acme.test")
    assert (user.name, user.role, user.organization_id) == ("Zoë", "rep", cast.acme.id)
    assert client.get("/settings").status_code == 200
    assert browser(app).get(path).status_code == 404


def test_an_invitation_never_touches_an_existing_account(app, cast):
    path = invited(app, cast, email="rita@rival.test")
    with tenancy.everyone():
        before = db.session.scalars(select(User.password_hash).where(User.id == cast.rita.id)).one()
    client = browser(app)
    assert post(client, path, {"name": "Rita", "new_password": NEW}).status_code == 404
    db.session.rollback()
    with tenancy.everyone():
        assert db.session.scalars(select(User.password_hash).where(User.id == cast.rita.id)).one() == before
    assert client.get("/settings").status_code == 302


def test_a_newer_invitation_and_a_revocation_end_a_link(app, cast):
    first, second = invited(app, cast), invited(app, cast)
    assert browser(app).get(first).status_code == 404
    assert browser(app).get(second).status_code == 200
    with tenancy.organization(cast.acme.id):
        (row,) = queries.open_invitations()
        perform(operations.revoke_invitation, row)
    assert browser(app).get(second).status_code == 404


def test_an_invitation_ends_after_a_week(app, cast):
    path = invited(app, cast)
    with writing() as session, tenancy.everyone():
        session.execute(update(Invitation).values(expires_at=clock.real_now() - timedelta(seconds=1)))
    assert browser(app).get(path).status_code == 404


@pytest.mark.parametrize("name", ["", "x" * 121, "a\0b"])
def test_joining_with_a_bad_name_keeps_what_was_typed(app, cast, name):
    answer = post(browser(app), invited(app, cast), {"name": name, "new_password": NEW})
    assert answer.status_code == 422
    assert queries.user_by_email("zoe@acme.test") is None


@pytest.mark.parametrize("name", ["😀 Zoë", "‮غادة", "<b>Zoe</b>", 'O\'Neil "Z"'])
def test_any_real_name_joins_and_is_text(app, cast, name):
    client = browser(app)
    post(client, invited(app, cast), {"name": name, "new_password": NEW})
    assert queries.user_by_email("zoe@acme.test").name == name
    assert "<b>Zoe</b>" not in client.get("/settings").text
