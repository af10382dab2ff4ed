"""What is named exists: endpoints are guarded, jobs resolve, facts can be read back, migrations match the tables."""

from importlib import import_module
from inspect import isfunction

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import upgrade
from sqlalchemy import CheckConstraint, inspect, select

from leadcrm import create_app
from leadcrm.core import events, tenancy
from leadcrm.core import jobs as core_jobs
from leadcrm.core.audit import seal_new_facts
from leadcrm.core.db import Base, TenantOwned, db, is_postgresql
from leadcrm.core.drains import drain_events
from leadcrm.core.idempotency import forget_old_answers
from leadcrm.core.statistics import refresh_statistics
from leadcrm.reactions import REACTIONS
from leadcrm.settings import ROOT
from leadcrm.timetable import LANES, TIMETABLE
from tests.conftest import make_settings

PUBLIC = {
    "system.healthz",
    "system.readyz",
    "identity.sign_in",
    "identity.request_reset",
    "identity.reset_password",
    "identity.accept_invitation",
}


def test_every_page_needs_a_sign_in_unless_marked_public(app):
    client = app.test_client()
    wrong = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if (
            getattr(view, "is_public", False)
            or rule.rule.startswith(("/api/", "/static/"))
            or "GET" not in rule.methods
        ):
            continue
        path = rule.rule
        for argument in rule.arguments:
            path = path.replace(next(p for p in rule.rule.split("/") if p.endswith(f"{argument}>")), "nothing")
        response = client.get(path)
        if response.status_code not in (302, 303, 401) or (response.location and "/login" not in response.location):
            wrong.append((rule.rule, response.status_code))
    assert not wrong


def test_lanes_and_timetable_name_callables_that_take_what_they_get():
    for lane, drains in LANES.items():
        assert lane in ("now", "slow")
        assert all(callable(drain) for drain in drains)
    names = [job.name for job in TIMETABLE]
    assert len(names) == len(set(names))
    assert all(callable(job.run) and job.lane in LANES and job.interval_seconds >= 1 for job in TIMETABLE)


def test_every_job_is_on_one_of_the_lists():
    """Else it never runs: its own tests call it, and nothing else does."""
    listed = {*(drain for drains in LANES.values() for drain in drains), *(job.run for job in TIMETABLE)}
    assert {drain_events, forget_old_answers, refresh_statistics, seal_new_facts} <= listed
    for path in (ROOT / "leadcrm").glob("*/*jobs.py"):
        module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        own = [job for name, job in vars(module).items() if isfunction(job) and not name.startswith("_")]
        missing = [job for job in own if job.__module__ == module.__name__ and job not in listed]
        assert not missing or module is core_jobs  # which are bells


def test_every_reaction_can_be_found_again_by_its_debt(app):
    for event_class, listeners in REACTIONS.items():
        assert events.known()[event_class.name] is event_class
        names = [events.listener_name(listener) for listener in listeners]
        assert len(names) == len(set(names))
        for listener in listeners:
            assert events.listener_for(event_class.name, events.listener_name(listener)) is listener


def test_every_tenant_owned_model_is_invisible_without_and_outside_its_organization(app, cast):
    for mapper in Base.registry.mappers:
        model = mapper.class_
        if not issubclass(model, TenantOwned):
            continue
        with pytest.raises(tenancy.TenantMissing):
            db.session.execute(select(model))
        with tenancy.organization(cast.rival.id):
            rows = db.session.scalars(select(model)).unique().all()
            assert {row.organization_id for row in rows} <= {cast.rival.id}, model


def test_every_table_of_an_organization_says_so():
    """A table with an organization's column is TenantOwned, so that the hook sees it."""
    for mapper in Base.registry.mappers:
        if "organization_id" in mapper.columns:
            assert issubclass(mapper.class_, TenantOwned), mapper.class_


def test_one_migration_head_equal_to_the_models(tmp_path):
    script = ScriptDirectory(str(ROOT / "migrations"))
    assert len(script.get_heads()) == 1
    app = create_app(make_settings(f"sqlite:///{tmp_path}/migrated.db", tmp_path))
    with app.app_context():
        upgrade()
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _is_ours})
            assert compare_metadata(context, db.metadata) == []
        _assert_indexes_are_there()


def test_every_check_of_the_models_is_the_one_of_the_migrations(app):
    """Which alembic does not compare. PostgreSQL keeps them in its own words: there only their names are looked at."""
    inspector = inspect(db.engine)
    drifted = []
    for table in db.metadata.tables.values():
        meant = {str(it.name): str(it.sqltext) for it in table.constraints if isinstance(it, CheckConstraint)}
        found = {it["name"]: it["sqltext"] for it in inspector.get_check_constraints(table.name)}
        if is_postgresql():
            meant, found = dict.fromkeys(meant, ""), dict.fromkeys(found, "")
        drifted += sorted(meant.items() ^ found.items())
    assert not drifted


def _is_ours(name, kind, parents) -> bool:
    return kind != "table" or name in db.metadata.tables


def _assert_indexes_are_there() -> None:
    inspector = inspect(db.engine)
    for table in db.metadata.tables.values():
        found = {index["name"] for index in inspector.get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= found, table.name
