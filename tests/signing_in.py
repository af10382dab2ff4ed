"""A browser for tests: signed in without hashing a password, its requests carry the page's token."""

from functools import lru_cache

from flask import Flask, session
from flask.testing import FlaskClient

from leadcrm.core import security
from leadcrm.core.db import perform
from leadcrm.identity import operations
from leadcrm.identity.models import User

CSRF_SECRET = "the secret of a browser under test"


class Browser(FlaskClient):
    """Adds the CSRF header to every request, and htmx's headers where `hx=True`."""

    def open(self, *args, hx: bool = False, **kwargs):
        headers = dict(kwargs.pop("headers", None) or {})
        headers.setdefault("X-CSRFToken", _request_token(self.application))
        if hx:
            headers.setdefault("HX-Request", "true")
        return super().open(*args, headers=headers, **kwargs)


@lru_cache(4)  # not all of a run: each is an application kept alive
def _request_token(app: Flask) -> str:
    """The secret is always the same, so one token serves all requests."""
    with app.test_request_context():
        session["csrf"] = CSRF_SECRET
        return security.csrf_token()


def sign_in(app: Flask, user: User) -> Browser:
    """A client with an open session of that person."""
    _, secret = perform(operations.open_session, user.id)
    client = Browser(app, app.response_class)
    with client.session_transaction() as cookie:
        cookie["_user_id"] = secret
        cookie["_fresh"] = True
        cookie["csrf"] = CSRF_SECRET
    return client
