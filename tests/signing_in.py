"""A browser for tests: signed in without hashing a password, its requests carry the page's token."""

from flask import Flask
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
        with self.application.test_request_context():
            from flask import session

            session["csrf"] = CSRF_SECRET
            headers.setdefault("X-CSRFToken", security.csrf_token())
        if hx:
            headers.setdefault("HX-Request", "true")
        return super().open(*args, headers=headers, **kwargs)


def sign_in(app: Flask, user: User) -> Browser:
    """A client with an open session of that person."""
    _, secret = perform(operations.open_session, user.id)
    client = Browser(app, app.response_class)
    with client.session_transaction() as session:
        session["_user_id"] = secret
        session["_fresh"] = True
        session["csrf"] = CSRF_SECRET
    return client
