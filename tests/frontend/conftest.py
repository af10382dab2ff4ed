"""The demo office and its owner's browser, for tests that only read."""

import shutil
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from leadcrm import create_app
from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.identity.models import User
from tests import signing_in
from tests.conftest import make_settings


@pytest.fixture(scope="module")
def office(seeded, tmp_path_factory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("office")
    copy = shutil.copy(seeded, folder / "office.db")
    app = create_app(make_settings(f"sqlite:///{copy}", folder / "var"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def ada(office) -> signing_in.Browser:
    with tenancy.everyone():
        return signing_in.sign_in(office, db.session.scalars(select(User).where(User.email.startswith("ada@"))).one())
