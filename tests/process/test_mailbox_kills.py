"""Killed at random while it reads a mailbox: every mail is a message, once (P1 for mail by IMAP)."""

import collections
import contextlib
import random
import time

import psutil
import pytest
from sqlalchemy import select, update

from leadcrm import create_app
from leadcrm.conversations.models import Mailbox, Message, RawInbound
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, writing
from leadcrm.leads.models import ContactPoint
from tests.conftest import make_settings
from tests.contracts.mailboxes import imap_office
from tests.conversations.mails import mail
from tests.installation import wait_for

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

BACKLOG = 80
KILLS = 10
MAILS_PER_KILL = 5


@pytest.fixture
def office():
    with imap_office() as running:
        yield running


@pytest.fixture
def database(installation):
    """The installation's database, as seen from beside it."""
    app = create_app(make_settings(installation.environment["DATABASE_URL"], installation.folder))
    with app.app_context(), tenancy.everyone():
        yield
        db.session.remove()
        db.engine.dispose()


def numbered(start: int, count: int) -> list[bytes]:
    numbers = range(start, start + count)
    return [mail(f"Kill {n}\n", sender=f"kill{n}@example.com", message_id=f"<{n}@kill.test>") for n in numbers]


def kill_something(installation, rng: random.Random) -> None:
    """SIGKILL the worker's supervisor, or one of its children."""
    children = [child for child in installation.alive() if child.ppid() == installation.processes["worker"].pid]
    if children and rng.random() < 0.8:
        with contextlib.suppress(psutil.Error):
            rng.choice(children).kill()
        return
    installation.kill("worker")
    installation.start_worker()


def end_leases() -> None:
    """As if what the dead held had been given back by time."""
    with writing() as session:
        session.execute(update(Mailbox).values(due_at=clock.real_now()))
        session.execute(update(RawInbound).where(RawInbound.done_at.is_(None)).values(due_at=clock.real_now()))


def told() -> list[str]:
    db.session.rollback()
    said = Message.content.like("Kill %")
    return list(db.session.scalars(select(Message.content).where(Message.direction == "inbound", said)))


def test_no_mail_is_lost_and_none_comes_twice(installation, database, office):
    rng = random.Random(31)
    total = BACKLOG
    office.put(*numbered(0, BACKLOG))
    installation.environment["IMAP_URL"] = office.url()
    installation.start_worker()
    wait_for(lambda: db.session.rollback() or db.session.scalar(select(RawInbound.id).limit(1)))
    for _ in range(KILLS):
        kill_something(installation, rng)
        office.put(*numbered(total, MAILS_PER_KILL))
        total += MAILS_PER_KILL
        end_leases()
        time.sleep(rng.uniform(0.3, 1.5))

    def all_told() -> bool:
        end_leases()
        return len(told()) >= total

    wait_for(all_told, 120, pause=2)
    assert collections.Counter(told()) == collections.Counter(f"Kill {n}" for n in range(total))
    addresses = ContactPoint.value.like("kill%@example.com")
    assert len(db.session.scalars(select(ContactPoint.value).where(addresses)).all()) == total
