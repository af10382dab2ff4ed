"""What `make run` does with the database it finds."""

import pytest
from sqlalchemy import text

from leadcrm import create_app, station
from leadcrm.core.db import db, writing
from leadcrm.first_start import UnknownSchema, prepare
from tests.conftest import make_settings


@pytest.fixture(params=[False])
def own_app(databases, tmp_path, request):
    url = databases.create(empty=request.param)
    app = create_app(make_settings(url, tmp_path))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


def test_a_database_of_an_unknown_version_is_left_alone(own_app, monkeypatch, capsys):
    with writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    with pytest.raises(UnknownSchema, match="version later"):
        prepare()
    monkeypatch.setattr(station, "create_app", lambda: own_app)
    monkeypatch.setattr(station, "_is_taken", lambda port: False)
    assert station.main() == 1
    assert "set DATABASE_URL" in capsys.readouterr().err


@pytest.mark.parametrize("own_app", [True], indirect=True)
def test_an_empty_database_is_filled_and_a_filled_one_left_as_it_is(own_app):
    assert "Sign in as ada@acme.test" in prepare()
    with db.engine.connect() as connection:
        before = connection.scalar(text("SELECT count(*) FROM leads"))
    assert before
    prepare()
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM leads")) == before
