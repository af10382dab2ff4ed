"""Callers of the API: a client that speaks JSON with a person's token."""

from typing import Any

import pytest

from leadcrm.core.db import perform
from leadcrm.identity import operations as identity


class ApiClient:
    """A caller with a token (or none); keeps no cookies."""

    def __init__(self, app, token: str | None = None):
        self.client = app.test_client(use_cookies=False)
        self.token = token

    def call(self, method: str, path: str, **options: Any):
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return self.client.open(f"/api{path}", method=method, headers=headers, **options)

    def get(self, path: str, **query: Any):
        return self.call("GET", path, query_string=query)

    def post(self, path: str, body: Any, key: str | None = None):
        return self.call("POST", path, json=body, headers={"Idempotency-Key": key} if key else {})

    def patch(self, path: str, body: Any):
        return self.call("PATCH", path, json=body)


@pytest.fixture
def caller(app):
    """`caller(cast.ada)` speaks with a token of hers; `caller()` has none."""

    def make(user=None) -> ApiClient:
        return ApiClient(app, perform(identity.create_token, user, "test")[1] if user else None)

    return make


@pytest.fixture
def ada(cast, caller) -> ApiClient:
    return caller(cast.ada)


@pytest.fixture
def rita(cast, caller) -> ApiClient:
    return caller(cast.rita)


@pytest.fixture
def anyone(caller) -> ApiClient:
    return caller()
