"""Sign-in, sign-out, and what becomes of a request without a session."""

import pytest
from sqlalchemy import select, update

from leadcrm.core import tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.identity import operations, passwords, queries
from leadcrm.identity.models import User, UserSession
from tests.conftest import count_queries
from tests.identity.people import browser, post, sign_in, value_in


def test_the_right_password_opens_the_page_that_was_wanted(app, cast):
    client = browser(app)
    wanted = client.get("/settings?tab=1")
    assert wanted.status_code == 302
    assert wanted.location == "/login?next=/settings?tab%3D1"
    answer = sign_in(client, "Ada@Acme.test ", next="/settings?tab=1")
    assert (answer.status_code, answer.location) == (303, "/settings?tab=1")
    assert client.get("/settings").status_code == 200


@pytest.mark.parametrize("target", ["//evil.test", "/\\evil.test", "https:evil.test", "/\t/evil.test", "@evil.test"])
def test_no_sign_in_leads_out_of_the_house(app, cast, target):
    assert sign_in(browser(app), "ada@acme.test", next=target).location == "/"


@pytest.mark.parametrize(("email", "password"), [("ada@acme.test", "wrong"), ("nobody@acme.test", "wrong")])
def test_a_wrong_password_and_an_unknown_address_get_the_same_words(app, cast, email, password):
    answer = sign_in(browser(app), email, password)
    assert answer.status_code == 422
    assert "The email address or the password is not right." in answer.text
    assert f'value="{email}"' in answer.text
    assert "wrong" not in answer.text


def test_a_disabled_person_gets_the_same_words(app, cast):
    with tenancy.organization(cast.acme.id):
        perform(operations.set_disabled, cast.ben, True, by=cast.ada)
    answer = sign_in(browser(app), "ben@acme.test")
    assert answer.status_code == 422
    assert "The email address or the password is not right." in answer.text


def test_ten_wrong_passwords_close_the_account_for_a_while_but_no_other(app, cast):
    client = browser(app)
    for _ in range(10):
        assert sign_in(client, "ada@acme.test", "wrong").status_code == 422
    refused = sign_in(client, "ada@acme.test")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) <= 900
    assert sign_in(client, "max@acme.test").status_code == 303


def test_who_tries_many_accounts_is_stopped_by_their_address(app, cast):
    tries = [sign_in(browser(app), f"{n}@acme.test", "").status_code for n in range(31)]
    assert tries == [422] * 30 + [429]


def test_a_copied_cookie_dies_at_sign_out(app, cast):
    client = browser(app, cast.ada)
    copy = app.test_client()
    copy.set_cookie(app.config["SESSION_COOKIE_NAME"], client.get_cookie(app.config["SESSION_COOKIE_NAME"]).value)
    assert copy.get("/settings").status_code == 200
    answer = post(client, "/logout")
    assert answer.headers["Clear-Site-Data"]
    assert copy.get("/settings").status_code == 302


def test_a_password_that_is_changed_while_it_is_looked_at_lets_nobody_in(app, cast, monkeypatch):
    """Else whoever knew the old one has a session that the change could not end, or even brings the old one back."""
    made_anew = passwords.hash

    def changed_meanwhile(password: str) -> str:
        with writing() as session, tenancy.everyone():
            session.execute(update(User).where(User.id == cast.ben.id).values(password_hash="another"))
        return made_anew(password)

    monkeypatch.setattr(passwords, "is_outdated", lambda stored: True)
    monkeypatch.setattr(passwords, "hash", changed_meanwhile)
    client = browser(app)
    answer = sign_in(client, "ben@acme.test")
    assert answer.status_code == 422
    assert "Start again" in answer.text
    assert client.get("/settings").status_code == 302
    assert queries.user_by_email("ben@acme.test").password_hash == "another"


def test_the_session_is_new_at_sign_in(app, cast):
    client = browser(app, cast.ada)
    with client.session_transaction() as session:
        before = dict(session)
    sign_in(client, "ada@acme.test")
    with client.session_transaction() as session:
        assert session["_user_id"] != before["_user_id"]
        assert session["csrf"] != before["csrf"]
    with tenancy.organization(cast.acme.id):
        rows = db.session.scalars(select(UserSession).order_by(UserSession.id)).all()
    assert [row.ended_at is None for row in rows] == [False, True]


def test_a_session_id_from_before_is_not_accepted(app, cast):
    client = browser(app)
    with client.session_transaction() as session:
        session["_user_id"] = "chosen-by-someone-else"
    assert client.get("/settings").status_code == 302


def test_htmx_without_a_session_gets_a_dialog_and_goes_on_after_it(app, cast):
    client = browser(app)
    asked = post(client, "/settings", {"name": "Half a na"}, htmx=True)
    assert asked.status_code == 401
    assert asked.text.strip().startswith("<hx-partial")
    answer = post(
        client,
        "/login",
        {"email": "ada@acme.test", "password": "correct horse battery", "dialog": "1"},
        htmx=True,
    )
    assert answer.status_code == 200
    assert "token-renewed" in answer.headers["HX-Trigger"]
    assert client.get("/settings").status_code == 200


def test_a_plain_form_without_a_session_is_kept_and_offered_again(app, cast):
    client = browser(app)
    refused = client.post("/settings", data={"name": 'Ada "the <b>', "csrf_token": "old", "password": "secret!"})
    assert refused.status_code == 401
    assert value_in(refused.text, "kept:name") == "Ada &#34;the &lt;b&gt;"
    assert "secret!" not in refused.text
    wrong = sign_in(client, "ada@acme.test", "wrong", **{"kept-path": "/settings", "kept:name": "Ada L."})
    assert value_in(wrong.text, "kept:name") == "Ada L."
    offered = sign_in(client, "ada@acme.test", **{"kept-path": "/settings", "kept:name": "Ada L."})
    assert 'action="/settings"' in offered.text
    assert value_in(offered.text, "name") == "Ada L."


def test_a_signed_in_person_may_look_at_public_pages(app, cast):
    client = browser(app, cast.ada)
    for path in ("/password/reset", "/password/reset/unknown", "/invitations/unknown", "/nowhere"):
        assert client.get(path).status_code in (200, 404)


def test_another_sites_form_is_not_kept(app, cast):
    answer = browser(app).post("/settings", data={"name": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "kept" not in answer.text


def test_kept_fields_are_sent_nowhere_else(app, cast):
    answer = sign_in(browser(app), "ada@acme.test", **{"kept-path": "//evil.test/x", "kept:name": "x"})
    assert answer.location == "/"


@pytest.mark.parametrize("field", ["email", "password"])
@pytest.mark.parametrize("value", ["", "x" * 100_000, "a\0b", "😀" * 80, "‮abc", "<script>alert(1)</script>"])
def test_bad_input_is_answered_clearly(app, cast, field, value):
    fields = {"email": "ada@acme.test", "password": "wrong"} | {field: value}
    answer = sign_in(browser(app), fields["email"], fields["password"])
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text


def test_ten_megabytes_are_refused(app, cast):
    assert sign_in(browser(app), "ada@acme.test", "x" * 10_000_000).status_code == 413
    assert browser(app).post("/settings", data={"name": "x" * 10_000_000}).status_code == 413


def test_a_request_reads_person_organization_and_session_at_once(app, cast):
    client = browser(app, cast.ada)
    with count_queries() as seen:
        assert client.get("/settings", headers={"HX-Request": "true"}).status_code == 200
    assert len(seen) == 1


def test_providers_have_no_staff_pages(app, cast):
    client = browser(app, cast.pat)
    assert client.get("/settings/tokens").status_code == 403
    assert client.get("/").location == "/settings"
    assert client.get("/settings").status_code == 200
