"""What cannot be shown is said inside the shell to those who are signed in, and never breaks itself."""

import pytest
from sqlalchemy.exc import OperationalError

from leadcrm.core import error_answers

SHELL, BARE = 'id="sidebar"', 'class="auth-main"'


@pytest.fixture
def breaking(app, monkeypatch):
    """`breaking(error)`: from now on the page of templates raises it, as it would in production."""

    def make_break(error: Exception) -> None:
        def view():
            raise error

        monkeypatch.setitem(app.view_functions, "conversations.templates", view)
        monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

    return make_break


def test_a_stranger_and_a_signed_in_person_who_lost_their_way(app, cast, sign_in):
    known = sign_in(cast.ben).get("/nowhere")
    assert known.status_code == 404
    assert SHELL in known.text
    assert "We could not find that page." in known.text
    assert 'href="/leads"' in known.text
    stranger = app.test_client().get("/nowhere")
    assert stranger.status_code == 404
    assert BARE in stranger.text
    assert SHELL not in stranger.text


def test_a_row_that_is_gone_or_not_allowed_is_said_in_the_shell(cast, sign_in):
    gone = sign_in(cast.ben).get("/leads/0198c0de-0000-7000-8000-000000000000")
    assert gone.status_code == 404
    assert SHELL in gone.text
    refused = sign_in(cast.ben).get("/settings/system")
    assert refused.status_code == 403
    assert SHELL in refused.text
    assert "Ask an owner or a manager" in refused.text


def test_a_page_that_breaks_offers_another_try(cast, sign_in, breaking):
    breaking(ZeroDivisionError())
    page = sign_in(cast.ben).get("/templates?q=x")
    assert page.status_code == 500
    assert SHELL in page.text
    assert 'href="/templates?q=x"' in page.text


def test_a_database_that_broke_is_not_asked_for_the_error_page(cast, sign_in, breaking, monkeypatch):
    breaking(OperationalError("SELECT 1", {}, Exception("the server closed the connection")))
    client = sign_in(cast.ben)
    monkeypatch.setattr(
        error_answers, "render_template", lambda *_, **__: pytest.fail("asked the database who is signed in")
    )
    page = client.get("/templates")
    assert page.status_code == 500
    assert BARE in page.text


def test_a_shell_that_breaks_as_well_gives_way_to_the_bare_page(cast, sign_in, breaking, monkeypatch):
    breaking(ZeroDivisionError())
    client = sign_in(cast.ben)

    def broken(*_, **__):
        raise OperationalError("SELECT 1", {}, Exception("no more connections"))

    monkeypatch.setattr(error_answers, "render_template", broken)
    page = client.get("/templates")
    assert page.status_code == 500
    assert BARE in page.text
