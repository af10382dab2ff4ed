"""Commands of `flask --app app`: what an operator does from a shell."""

import functools
import getpass
import json
import sys
from collections.abc import Callable
from typing import Any

import click
from flask import Flask
from sqlalchemy import select

from leadcrm import safekeeping
from leadcrm.core import addresses, rotation, tenancy, zones
from leadcrm.core.db import db, perform
from leadcrm.core.errors import DomainError
from leadcrm.core.once import run_once
from leadcrm.doctor import examine
from leadcrm.furnishing import found_organization
from leadcrm.identity import operations as identity
from leadcrm.identity import passwords, queries
from leadcrm.identity.models import ROLES, Organization

MARKS = {"ok": "ok      ", "note": "note    ", "broken": "BROKEN  "}


def init_app(app: Flask) -> None:
    own = (seed_demo, doctor, run_due, create_organization, create_user, create_token)
    for command in (*own, *safekeeping.COMMANDS):
        app.cli.add_command(command)


def says_why(command: Callable[..., Any]) -> Callable[..., Any]:
    """A verb's refusal becomes one line and exit 1."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except DomainError as error:
            raise click.ClickException(error.message) from error

    return wrapped


@click.command("seed-demo")
@click.option("--json", "as_json", is_flag=True, help="Print accounts, passwords and tokens as one line of JSON.")
@click.option("--leads", default=0, type=click.IntRange(0, 2_000_000), help="So many more leads, over two years.")
@click.option("--messages", type=click.IntRange(1, 100), help="Mails with each of them; one to three if not said.")
def seed_demo(as_json: bool, leads: int, messages: int | None) -> None:
    """Fill in the demo organizations Acme and Rival. A second run changes nothing."""
    from leadcrm import demo  # only here: its stories need not sit in every web process's memory

    demo.seed()
    if leads:
        demo.add_crowd(leads, messages)
    if as_json:
        click.echo(json.dumps(demo.accounts()))
        return
    for organization in demo.accounts()["organizations"]:
        click.echo(organization["name"])
        for user in organization["users"]:
            click.echo(f"  {user['email']:<24} {user['role']:<10} password {user['password']}")


@click.command("doctor")
def doctor() -> None:
    """Look at settings and connections; exit 1 when one is broken."""
    findings = examine()
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        click.echo(f"{MARKS[finding.verdict]}{finding.subject:<{width}}  {finding.words}")
        if finding.hint:
            click.echo(f"{'':<8}{'':<{width}}  → {finding.hint}")
    if any(finding.verdict == "broken" for finding in findings):
        sys.exit(1)


@click.command("run-due")
def run_due() -> None:
    """Do once, here, everything the worker would do now; needs no Redis."""
    run_once()


@click.command("create-organization")
@click.argument("name")
@click.option("--slug", help="Short name for addresses; made from the name when left out.")
@click.option("--timezone", default="UTC", show_default=True, callback=lambda _, __, value: _zone(value))
@click.option("--country", default="US", show_default=True, help="How national phone numbers are read.")
@click.option("--currency", default="USD", show_default=True)
@says_why
def create_organization(name: str, slug: str | None, timezone: str, country: str, currency: str) -> None:
    """Add an organization; `create-user` then adds its owner."""
    if not (len(country) == 2 and country.isalpha() and len(currency) == 3 and currency.isalpha()):
        raise click.ClickException("A country has two letters, like US; a currency three, like USD.")
    organization = perform(
        found_organization,
        name=name,
        slug=slug,
        timezone=timezone,
        country=country.upper(),
        currency=currency.upper(),
    )
    rotation.plant_canary()
    click.echo(f"{organization.name} is {organization.slug}. Add its owner:")
    click.echo(f"  flask --app app create-user {organization.slug} EMAIL NAME --role owner")


@click.command("create-user")
@click.argument("organization")
@click.argument("email", callback=lambda _, __, value: _address(value))
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="rep", show_default=True)
@click.option("--realtor", is_flag=True, help="Give a public realtor id.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@says_why
def create_user(organization: str, email: str, name: str, role: str, realtor: bool, password_stdin: bool) -> None:
    """Add a person to the ORGANIZATION with that slug."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else getpass.getpass("Password: ")
    objection = passwords.objection(password, name, email)
    if objection:
        raise click.ClickException(objection)
    hashed = passwords.hash(password)
    with tenancy.everyone():
        row = db.session.scalar(select(Organization).where(Organization.slug == organization))
        if row is None:
            raise click.ClickException(f"There is no organization {organization!r}.")
        user = perform(
            identity.create_user,
            organization_id=row.id,
            email=email,
            name=name,
            role=role,
            password_hash=hashed,
            realtor=realtor,
        )
    click.echo(f"{user.email} may sign in as {user.role} of {row.name}.")
    if user.realtor_id:
        click.echo(f"Realtor id: {user.realtor_id}")


@click.command("create-token")
@click.argument("email")
@click.option("--name", default="command line", show_default=True, help="What it is for.")
@says_why
def create_token(email: str, name: str) -> None:
    """Make an API token that acts as the person with this EMAIL; it is shown this once."""
    user = queries.user_by_email(email)
    if user is None or user.disabled_at is not None:
        raise click.ClickException(f"Nobody signs in as {email}.")
    _, secret = perform(identity.create_token, user, name)
    click.echo(secret)


def _address(text: str) -> str:
    try:
        return addresses.email_address(text)
    except addresses.NotAnAddress as error:
        raise click.BadParameter(str(error)) from error


def _zone(name: str) -> str:
    try:
        return zones.zone(name).key
    except zones.UnknownZone as error:
        raise click.BadParameter(str(error)) from error
