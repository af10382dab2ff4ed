"""Draining planned mails beside a loop that builds and sends the same ones, and beside django-post-office.

All send to one server that takes everything, in turns, so that a machine that slows down slows all of them.
"""

import smtplib
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from sqlalchemy import func, select

from bench import letters
from bench.databases import NAMES, databases
from bench.figures import Ratio
from bench.mail_server import accepting_everything, expect
from bench.planned import new_organization, plan_mails
from bench.post_office import post_office
from bench.stage import environment, migrated
from leadcrm.conversations import jobs
from leadcrm.conversations.models import Message
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform

MAILS = 10_000
ROUNDS = 3
WARM_UP = 100
OF_THE_LOOP = 0.60
OF_POST_OFFICE = 1.30

Send = Callable[[int], float]  # so many mails → the seconds it took


def measure_drain(folder: Path, kinds: Sequence[str], count: int = MAILS) -> list[Ratio]:
    """Mails per second of the drain, with a durable state per recipient, by kind of database; `count` by each."""
    with ExitStack() as stack:
        port = stack.enter_context(accepting_everything())
        senders = {}
        for kind in kinds:
            places = stack.enter_context(databases(kind, folder))
            senders[NAMES[kind]] = _drain(folder, port, places.create("mails"))
        senders["loop"] = stack.enter_context(_loop(port))
        senders["post office"] = stack.enter_context(post_office(folder, port))
        rates = _side_by_side(senders, port, count // ROUNDS)
    return [
        Ratio(f"drain on {NAMES[kind]} beside {rival}", rates[NAMES[kind]], rates[rival], at_least)
        for kind in kinds
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


def _drain(folder: Path, port: int, database_url: str) -> Send:
    app = migrated({**environment(folder, database_url), "SMTP_URL": f"smtp://127.0.0.1:{port}"})

    def send(count: int) -> float:
        with app.app_context():
            organization_id = new_organization()
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
