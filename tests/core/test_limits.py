"""Doors that need no sign-in are knocked at so often and no more; while Redis is away a request counts for itself, and
waits for nobody who looks whether it is back.
"""

import threading

import pytest

from leadcrm.core.limits import Lookout, limiter
from tests.identity.people import browser, post
from tests.installation import wait_for


def test_who_asks_hears_what_the_last_look_found():
    go, looks = threading.Event(), []
    lookout = Lookout(lambda: looks.append(go.wait(10)) or True)
    assert [lookout() for _ in range(3)] == [False, False, False], "nobody waits"
    go.set()
    wait_for(lambda: lookout.answers)
    assert lookout() is True
    assert looks == [True], "one at a time"
    assert lookout() is False, "what is lost again has to be found anew"


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_look_that_found_nothing_is_followed_by_another():
    answers = iter([False, True])
    lookout = Lookout(lambda: next(answers))
    assert wait_for(lookout) is True


def test_no_request_looks_by_itself(app, monkeypatch):
    lookers = []
    monkeypatch.setattr(limiter.storage.check, "look", lambda: lookers.append(threading.current_thread()))
    visitor = browser(app)
    post(visitor, "/password/reset", {"email": "ada@acme.test"})  # finds Redis gone
    monkeypatch.setattr(limiter, "_Limiter__last_check_backend", 0)
    post(visitor, "/password/reset", {"email": "ada@acme.test"})
    wait_for(lambda: lookers)
    assert lookers != [threading.current_thread()]


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("GET", "/invitations/guessed", 30), ("POST", "/invitations/guessed", 30), ("POST", "/login/code", 30),
        ("GET", "/password/reset/guessed", 30), ("POST", "/password/reset/guessed", 30),
        ("GET", "/book/00000000-0000-4000-8000-000000000000", 120), ("GET", "/meeting/guessed", 120),
        ("POST", "/meeting/guessed", 20), ("POST", "/meeting/guessed/cancellation", 20), ("POST", "/t", 120),
    ],
)  # fmt: skip
def test_who_knocks_at_an_open_door_without_end_is_stopped(app, method, path, most):
    client = browser(app)
    ask = {"GET": lambda n: client.get(path), "POST": lambda n: post(client, path, {"step": f"of another {n}"})}[method]
    codes = [ask(n).status_code for n in range(most + 1)]
    assert 429 not in codes[:-1]
    assert codes[-1] == 429
