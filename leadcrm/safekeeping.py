"""Commands that keep an installation safe: backups, the audit chain, the keys of its secrets."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask_migrate import upgrade

from leadcrm import restoring
from leadcrm.core import audit, clock, grants, rotation
from leadcrm.core import backup as backups
from leadcrm.core.backup import journal
from leadcrm.core.db import db, is_postgresql
from leadcrm.core.values import plural
from leadcrm.first_start import at_head

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


def says_what_failed(command: Callable[..., Any]) -> Callable[..., Any]:
    """What an operator can mend becomes one line and exit 1."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (backups.Damaged, backups.Occupied, backups.ProgramMissing, OSError) as error:
            raise click.ClickException(str(error)) from error

    return wrapped


@click.command("backup")
@FILE
@says_what_failed
def backup(file: Path) -> None:
    """Write database and uploads to FILE, while everything runs. Key material is not in it: keep that apart."""
    manifest = backups.make(file)
    rows, files = sum(manifest.rows.values()), len(manifest.files) - 1
    click.echo(f"{file}: {plural(rows, 'row')} and {plural(files, 'uploaded file')}, {file.stat().st_size} bytes.")
    click.echo(f"Newest audit seal: {manifest.seal or 'none'}")
    click.echo("SECRET_KEY and the other settings are not in it; without the key its secrets stay closed.")


@click.command("restore")
@FILE
@click.option("--check", "only_check", is_flag=True, help="Only look: restore into a scratch place and verify it all.")
@click.option("--replace", is_flag=True, help="Put it in the place of everything this installation holds.")
@click.option(
    "--erasures",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A copy of var/erasures.jsonl that was kept apart: people in it are erased again.",
)
@says_what_failed
def restore(file: Path, only_check: bool, replace: bool, erasures: Path | None) -> None:
    """Put the backup FILE in the place of an empty installation. Sending is paused until a person releases it."""
    if only_check:
        _check(file)
        return
    known = journal.read_entries(erasures) if erasures else []
    manifest = backups.restore(file, functools.partial(restoring.calming, erasures=known), replace=replace)
    if not at_head():
        upgrade()
    in_hand = restoring.settle(manifest.moment)
    age = clock.real_now() - manifest.moment
    click.echo(f"Restored the backup of {manifest.made_at}, {age.total_seconds() / 3600:.1f} hours old.")
    if in_hand:
        click.echo(f"{in_hand} messages were in hand when it was made: of those being sent nobody knows the outcome.")
    click.echo("Nothing leaves until somebody releases it, per channel, in Settings → System. Everyone is signed out.")
    click.echo("Passwords, API tokens and invitations are as they were then: revoke again what was revoked since.")


def _check(file: Path) -> None:
    """One line for each thing that was looked at; exit 1 when one is broken."""
    is_whole = True
    for check in backups.check(file, restoring.files_of_rows()):
        is_whole = is_whole and check.holds
        click.echo(f"{'ok      ' if check.holds else 'BROKEN  '}{check.subject:<14}{check.words}")
    if not is_whole:
        sys.exit(1)


@click.command("verify-audit")
@click.option("--contains", metavar="HASH", help="A seal printed earlier, here or by a backup, that has to be there.")
def verify_audit(contains: str | None) -> None:
    """Seal what is new, then verify the chain of seals over all facts; exit 1 at the first link that is broken."""
    audit.seal_new_facts(most_seals=None)
    chain = audit.walk(db.session.connection(), must_contain=contains)
    db.session.rollback()
    click.echo(f"{chain.facts} facts under {chain.seals} seals are as they were recorded.")
    if chain.broken:
        click.echo(f"BROKEN  {chain.broken}")
        sys.exit(1)
    if chain.newest:
        click.echo(f"Newest seal: {chain.newest}")


@click.command("rotate-secrets")
def rotate_secrets() -> None:
    """Encrypt all secrets in the database with SECRET_KEY, from it or any of PREVIOUS_SECRET_KEYS.

    Can be broken off and run again. Exit 1 when a secret opens with none of the keys, or lies where it does not belong.
    """
    done = rotation.rotate_secrets()
    click.echo(f"{done.renewed} secrets encrypted anew, {done.current} were already.")
    if closed := sum(done.unusable.closed.values()):
        click.echo(f"BROKEN  {closed} open with none of the known keys: add theirs to PREVIOUS_SECRET_KEYS.")
    if misplaced := sum(done.unusable.misplaced.values()):
        click.echo(f"BROKEN  {misplaced} were made for another place and are not used: run `flask --app app doctor`.")
    if done.unusable:
        sys.exit(1)


@click.command("grant-role")
@click.argument("role")
def grant_role(role: str) -> None:
    """Let ROLE work in this PostgreSQL database without the right to change facts. Run it as the tables' owner.

    Again after each migration and each restore: new tables are not included.
    """
    if not is_postgresql():
        raise click.ClickException("SQLite has no roles: whoever may write the file may change all of it.")
    try:
        with db.engine.begin() as connection:
            grants.grant_to(connection, role)
    except grants.Ungrantable as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{role} may work here, and can neither change nor remove a fact.")


COMMANDS = (backup, restore, verify_audit, rotate_secrets, grant_role)
