"""How each database is opened: SQLite in WAL mode behind immediate writes, PostgreSQL with limits on every wait."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import Session

Answer = TypeVar("Answer")

BUSY_TIMEOUT_SECONDS = 5
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA cache_size=-512",  # KiB a connection; the system keeps the file in memory for all of them
)
POSTGRESQL_SETTINGS = (
    "lock_timeout=3000",
    "idle_in_transaction_session_timeout=30000",
    # a generic plan does not know how many rows LIMIT asks for, and sorts the whole organization for fifty
    "plan_cache_mode=force_custom_plan",
    # as its manual has it for disks without arms; with the default of 4 a search of 100,000 leads was now and then
    # counted by a walk through all of them, in 17 ms instead of 2
    "random_page_cost=1.1",
)
WEB_STATEMENT_SECONDS, WORKER_STATEMENT_SECONDS = 15, 60  # commands and migrations may take as long as they need
REOPEN_SECONDS = 600  # a connection to SQLite knows the statistics of when it was opened
FRESH_SECONDS = 1
SAFE_SQLITE = (3, 51, 3)  # older ones can corrupt a WAL database

_trusts_fresh: ContextVar[bool] = ContextVar("trusts_fresh_connections", default=False)


def sqlite_options() -> dict[str, Any]:
    """Arguments of create_engine()."""
    return {
        "module": _sqlite_module(),
        "connect_args": {"isolation_level": None, "timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        "pool_recycle": REOPEN_SECONDS,
        "pool_size": 8,
        "max_overflow": 24,
    }


def _sqlite_module() -> Any:
    import sqlite3

    if sqlite3.sqlite_version_info >= SAFE_SQLITE or sys.platform != "linux":
        return sqlite3
    import pysqlite3

    return pysqlite3


def prepare_sqlite(engine: Any) -> None:
    """Set every new connection up, and begin every transaction as a reading or a writing one."""

    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        for pragma in SQLITE_PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        writes = bool(connection.get_execution_options().get("leadcrm_write"))
        if connection.info.get("writes") is not writes:
            connection.exec_driver_sql("PRAGMA query_only=OFF" if writes else "PRAGMA query_only=ON")
            connection.info["writes"] = writes
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def postgresql_options() -> dict[str, Any]:
    """Arguments of create_engine()."""
    options = " ".join(f"-c {setting}" for setting in POSTGRESQL_SETTINGS)
    return {
        "connect_args": {"options": options, "connect_timeout": 5},
        "pool_size": 8,
        "max_overflow": 24,
    }


def ask_before_use(engine: Any) -> None:
    """Replace connections to PostgreSQL that died while nobody used them, as `pool_pre_ping` does, in a round trip."""

    @event.listens_for(engine, "checkin")
    def note(connection: Any, record: Any) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: Any, proxy: Any) -> None:
        idle_since = record.info.get("idle_since")
        if idle_since is None or (_trusts_fresh.get() and time.monotonic() - idle_since < FRESH_SECONDS):
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.dbapi.Error as error:
            raise InvalidatePoolError from error


@contextmanager
def trusting_fresh_connections() -> Iterator[None]:
    """Inside, a connection that was used within the last second is not asked whether it lives.

    For work of many short transactions that begins anew after one of them failed.
    """
    token = _trusts_fresh.set(True)
    try:
        yield
    finally:
        _trusts_fresh.reset(token)


def asked_first(session: Session, question: Callable[[], Answer]) -> Answer:
    """What `question` reads, as the first thing in its transaction; asked again when a fresh connection had died.

    So the first question is the one whether the connection lives, and saves a round trip.
    """
    with trusting_fresh_connections():
        try:
            return question()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            session.rollback()
    return question()


def keep_plans(session: Session) -> None:
    """Let PostgreSQL plan the statements that follow in this transaction without their values, once for a connection.

    For what every page asks in the same way: planning the numbers beside the sidebar takes longer than counting them.
    Their LIMITs have to stand in the statement (`core.db.told`).
    """
    session.connection().exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")


def limit_statements(app: Any, seconds: int) -> None:
    """End statements on PostgreSQL after so long, on every connection that this process, or its children, open."""
    app.extensions["leadcrm_statement_seconds"] = seconds


def limit_new_connections(app: Any, engine: Any) -> None:
    """Give each connection the limit of `limit_statements`, as it stands when the connection is made."""

    @event.listens_for(engine, "do_connect")
    def limit(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> None:
        seconds = app.extensions.get("leadcrm_statement_seconds")
        if seconds is not None:
            options["options"] += f" -c statement_timeout={seconds * 1000}"
