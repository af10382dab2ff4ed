"""The database: models' base, tenancy hook, read and write transactions, on SQLite and PostgreSQL.

Outside `writing()` a session reads: on SQLite a deferred, query_only transaction that never waits for a writer.
Inside it writes: a fair file lock, then BEGIN IMMEDIATE. All other writers wait meanwhile, so a write transaction holds
no network call, hashing, file or template work.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, ParamSpec, TypeVar

from flask import current_app, has_app_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, ForeignKey, MetaData, String, TypeDecorator, event, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    mapped_column,
    registry,
    with_loader_criteria,
)
from sqlalchemy.sql import visitors

from leadcrm.core import clock, engines, tenancy
from leadcrm.core.errors import NotFound
from leadcrm.core.values import new_id

MADE_ONCE = {"leadcrm_made_once": True}  # execution options of a statement that lives as long as the process
RETRIED_SQLSTATES = {"40001", "40P01"}  # serialization failure, deadlock

Row = TypeVar("Row")
P = ParamSpec("P")
Result = TypeVar("Result")

ID_LENGTH = 36
NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An instant: aware UTC in Python, `timestamptz` on PostgreSQL, sortable text on SQLite. Refuses naive values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A naive datetime is not a moment.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def encrypted_for(purpose: str) -> dict[str, str]:
    """`info` of a column that holds what at_rest.encrypt made: so `rotate-secrets` and the doctor find it."""
    return {"encrypted_for": purpose}


class Base(DeclarativeBase):
    registry = registry(metadata=MetaData(naming_convention=NAMING), type_annotation_map={datetime: Moment})


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


class Identified:
    """A row named by a UUIDv7 string, which sorts by its making."""

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)


class Timestamped:
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class TenantOwned:
    """A row of one organization; every ORM statement on it is filtered by `tenancy`."""

    organization_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("organizations.id", ondelete="CASCADE"), default=tenancy.current_id
    )


@event.listens_for(Session, "do_orm_execute")
def _add_tenant_criterion(state: ORMExecuteState) -> None:
    if state.is_column_load or state.is_relationship_load:
        return  # follows from a row that was itself fetched through the criterion
    if not (state.is_select or state.is_update or state.is_delete):
        return
    organization_id = tenancy.scoped_id()
    if organization_id is not None:
        scoped = _scoped_once if state.execution_options.get("leadcrm_made_once") else _scoped
        state.statement = scoped(state.statement, organization_id)
    elif not tenancy.is_everyone() and any(issubclass(mapper.class_, TenantOwned) for mapper in _mappers(state)):
        raise tenancy.TenantMissing("A tenant-owned table was read outside any organization's scope.")


def _scoped(statement: Any, organization_id: str) -> Any:
    return statement.options(_criterion_of(organization_id))


_scoped_once = lru_cache(maxsize=256)(_scoped)  # the statement keeps its cache key: half the cost of a small query


@lru_cache(maxsize=256)
def _criterion_of(organization_id: str) -> Any:
    """Made once per organization: the analysis of the lambda costs more than many a query."""
    if is_postgresql():
        return _criterion(lambda cls: cls.organization_id == organization_id)
    # untold otherwise, SQLite takes "of this organization" to be as good as "of this lead" and reads all that it has
    return _criterion(lambda cls: func.unlikely(cls.organization_id == organization_id))


def _criterion(criterion: Callable[[Any], Any]) -> Any:
    return with_loader_criteria(TenantOwned, criterion, include_aliases=True)


def _mappers(state: ORMExecuteState) -> Iterator[Any]:
    """Mappers the statement names anywhere: its columns, and FROMs without columns as in count().select_from(Lead)."""
    yield from state.all_mappers
    for element in visitors.iterate(state.statement):
        entity = element._annotations.get("parententity")
        if entity is not None:
            yield entity.mapper


def asked_id(row_id: str) -> str:
    """The id somebody asks for. Raises NotFound for one with a NUL: PostgreSQL refuses to even look for it."""
    if isinstance(row_id, str) and "\x00" in row_id:
        raise NotFound
    return row_id


def get_or_404(model: type[Row], row_id: str) -> Row:
    """The organization's row with this id. Raises NotFound for anyone else's and for none."""
    row = db.session.scalar(select(model).where(model.id == asked_id(row_id)))
    if row is None:
        raise NotFound
    return row


def lock(row: Row) -> Row:
    """Re-read the row inside the write transaction, holding its lock on PostgreSQL. Raises NotFound when it is gone.

    Of the row alone: a person is read together with their organization, for whose lock everybody's writes would wait.
    """
    model = type(row)
    alone = select(model).where(model.id == row.id).with_for_update(of=model)
    fresh = db.session.scalar(alone.execution_options(populate_existing=True))
    if fresh is None:
        raise NotFound
    return fresh


@contextmanager
def writing() -> Iterator[Session]:
    """One write transaction: commits at its end, rolls back on any error, then rings the bells it asked for.

    Drops the read transaction that went before, so loaded rows are read afresh under the lock. Does not nest.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("writing() does not nest: verbs never commit, edges do it once.")
    session.rollback()
    session.expire_all()  # a rollback expires only what its own transaction saw
    with writers_turn():
        session.info.update(writing=True, at_the_end=set(), after_commit=[])
        try:
            session.connection(execution_options={"leadcrm_write": True})
            yield session
            session.flush()
            for about, effect in sorted(session.info["at_the_end"], key=itemgetter(0)):
                effect(about)
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info["writing"] = False
    for effect in session.info.pop("after_commit"):
        effect()


def end_reading() -> None:
    """End the read transaction, for work that goes on for long or outside the database.

    By COMMIT, which has nothing to write: after a ROLLBACK psycopg forgets every statement it has prepared.
    """
    db.session.commit()


def perform(verb: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
    """Run one verb in one write transaction: what an edge does.

    A deadlock, a serialization failure or a twin that took a unique key first is tried once more: the second look sees
    what the twin wrote. DomainError and everything else pass through after the rollback.
    """
    try:
        with writing():
            return verb(*args, **kwargs)
    except DBAPIError as error:
        if not (isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", None) in RETRIED_SQLSTATES):
            raise
    with writing():
        return verb(*args, **kwargs)


def at_the_end(effect: Callable[[str], None], about: str) -> None:
    """Call `effect(about)` once, as the last that the open write transaction does.

    For a row that many transactions write: whoever has it wants no other, so nobody deadlocks, and soon lets it go.
    """
    db.session().info["at_the_end"].add((about, effect))


def after_commit(effect: Callable[[], None]) -> None:
    """Call `effect` once the open write transaction has committed; never when it rolls back."""
    effects = db.session().info["after_commit"]
    if effect not in effects:
        effects.append(effect)


@contextmanager
def writers_turn() -> Iterator[None]:
    """Queue for the write lock: SQLite's own waiting is unfair and starves the web beside a busy worker."""
    path = current_app.extensions["leadcrm_lock_path"]
    if path is None:
        yield
        return
    # opened afresh each time: a descriptor kept over a fork shares the lock
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def init_app(app: Any) -> None:
    """Bind the database of `app.settings` to the application."""
    settings = app.settings
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = (
        engines.sqlite_options() if settings.is_sqlite else engines.postgresql_options()
    )
    app.extensions["leadcrm_lock_path"] = None
    if settings.is_sqlite:
        settings.database_path.parent.mkdir(parents=True, exist_ok=True)
        app.extensions["leadcrm_lock_path"] = f"{settings.database_path}.lock"
    db.init_app(app)
    with app.app_context():
        if settings.is_sqlite:
            engines.prepare_sqlite(db.engine)
        else:
            engines.limit_new_connections(app, db.engine)
            engines.ask_before_use(db.engine)
            app.teardown_appcontext(_keep_prepared)


def _keep_prepared(error: BaseException | None) -> None:
    """End a request's reading as `end_reading` does, before Flask-SQLAlchemy does it by ROLLBACK."""
    if error is not None or not db.session.registry.has():
        return
    session = db.session()
    if session.in_transaction() and session.is_active and not session.info.get("writing"):
        session.expunge_all()  # what was changed without `writing` must not be written by this
        session.commit()


def is_postgresql() -> bool:
    """Whether the running application's database is PostgreSQL."""
    return has_app_context() and db.engine.dialect.name == "postgresql"
