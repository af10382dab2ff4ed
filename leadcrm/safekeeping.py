"""Commands that keep an installation safe: the audit chain and the keys of its secrets."""

import sys

import click

from leadcrm.core import audit, rotation
from leadcrm.core.db import db


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

    Can be broken off and run again. Exit 1 when a secret opens with none of the keys.
    """
    done = rotation.rotate_secrets()
    click.echo(f"{done.renewed} secrets encrypted anew, {done.current} were already.")
    if done.unreadable:
        click.echo(f"BROKEN  {done.unreadable} open with none of the known keys: add theirs to PREVIOUS_SECRET_KEYS.")
        sys.exit(1)


COMMANDS = (verify_audit, rotate_secrets)
