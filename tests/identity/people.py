"""Browsers of the cast: signed in by a session row of their own, or by the form."""

import hmac
import re

from leadcrm.core.db import perform
from leadcrm.identity import operations
from tests.conftest import PASSWORD

CSRF_SECRET = "5ec2e7"


def browser(app, user=None):
    """A test client; with a user, one that is signed in."""
    client = app.test_client()
    if user is not None:
        _, secret = perform(operations.open_session, user.id)
        with client.session_transaction() as session:
            session.permanent = True
            session["_user_id"] = secret
            session["csrf"] = CSRF_SECRET
    return client


def post(client, path: str, data: dict | None = None, htmx: bool = False, **options):
    """Send a form with the request token that pages of this browser carry."""
    with client.session_transaction() as session:
        secret = session.setdefault("csrf", CSRF_SECRET)
    nonce = "0123456789abcdef"
    token = nonce + hmac.digest(secret.encode(), nonce.encode(), "sha256").hex()[:40]
    headers = {"X-CSRFToken": token} | ({"HX-Request": "true"} if htmx else {}) | options.pop("headers", {})
    return client.post(path, data=data or {}, headers=headers, **options)


def sign_in(client, email: str, password: str = PASSWORD, **fields):
    """Send the sign-in form."""
    return post(client, "/login", {"email": email, "password": password, **fields})


def value_in(html: str, name: str) -> str:
    """The value of a hidden field."""
    return re.search(rf'name="{name}"[^>]*value="([^"]*)"', html)[1]
