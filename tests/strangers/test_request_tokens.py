"""Another site cannot make a signed-in browser change anything: each unsafe route against each wrong request token."""

import pytest
from flask import session

from leadcrm.core import security
from tests.strangers.cases import CASES, FOR_VISITORS, ask, routes
from tests.strangers.conftest import Houses

UNSAFE = [name for name in CASES if not name.startswith("GET")]
# These authenticate otherwise, or nobody: a signature over the bytes, a signed link, a visitor without a session.
EXEMPT = {
    "POST inbound.email", "POST inbound.unsubscribe", "POST site_visits.visit",
    "POST booking_page.book", "POST booking_page.move", "POST booking_page.cancel",
}  # fmt: skip
PAGES = [name for name in UNSAFE if "_api." not in name and name not in EXEMPT]
API = [name for name in UNSAFE if "_api." in name]
OTHER_SITES = ("cross-site", "same-site", "nonsense")


def asked(houses: Houses, name: str):
    return ask(routes(houses.app)[name], name, houses.acme)


def token_under(houses: Houses, secret: str) -> str:
    """A well-made token of a session with this secret."""
    with houses.app.test_request_context():
        session["csrf"] = secret
        return security.csrf_token()


def test_only_the_named_routes_do_without_a_token(houses):
    views = houses.app.view_functions
    assert {name for name in UNSAFE if getattr(views[name.partition(" ")[2]], "csrf_exempt", False)} == EXEMPT


@pytest.mark.parametrize("name", PAGES)
def test_a_change_needs_the_token_of_this_session(houses, name):
    wrong = {
        "none": "",
        "of another session": token_under(houses, "the secret of somebody else"),
        "of before the sign-in": token_under(houses, "the secret this browser had before"),
    }
    for what, token in wrong.items():
        answer = houses.ada.send(asked(houses, name), **{"X-CSRFToken": token})
        assert answer.status_code == 403, what
    assert not houses.changes()


@pytest.mark.parametrize("name", PAGES)
def test_a_change_is_not_taken_from_another_site_even_with_the_token(houses, name):
    for site in OTHER_SITES:
        answer = houses.ada.send(asked(houses, name), **{"Sec-Fetch-Site": site})
        assert answer.status_code == 403, site
    assert not houses.changes()


@pytest.mark.parametrize("name", PAGES)
def test_a_token_in_the_address_does_not_count(houses, name):
    request = asked(houses, name)
    token = token_under(houses, "the secret of a browser under test")
    browser = houses.ada.browser()
    query = {**request.query, "csrf_token": token}
    answer = browser.post(request.path, query_string=query, data=request.body, headers={"X-CSRFToken": ""})
    assert answer.status_code == 403
    assert not houses.changes()


@pytest.mark.parametrize("name", API)
def test_the_api_looks_at_no_cookie(houses, name):
    request = asked(houses, name)
    answer = houses.ada.browser().open(request.path, method=request.method, json=request.body)
    if name in FOR_VISITORS:  # the public's doors: the cookie gives them no name
        assert not any(f"user:{houses.acme['host']}" in row for _, row in houses.changes())
    else:
        assert answer.status_code == 401
        assert not houses.changes()


@pytest.mark.parametrize("name", UNSAFE)
def test_a_get_in_disguise_changes_nothing(houses, name):
    request = asked(houses, name)
    browser = houses.ada.browser()
    for disguise in ({"X-HTTP-Method-Override": request.method}, {"X-Method-Override": request.method}):
        query = {**request.query, **{key: str(value) for key, value in request.body.items()}, "_method": request.method}
        assert browser.get(request.path, query_string=query, headers=disguise).status_code < 500
    assert not houses.changes()
