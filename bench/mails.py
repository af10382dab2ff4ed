"""Draining planned mails beside a loop that builds and sends the same messages to the same server."""

import smtplib
import subprocess
import sys
import time
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr
from pathlib import Path

from sqlalchemy import func, insert, select

from bench.figures import Ratio
from bench.stage import environment, run
from leadcrm import create_app
from leadcrm.conversations import jobs, operations
from leadcrm.conversations.models import Message
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.values import new_id
from leadcrm.identity import operations as identity
from leadcrm.leads.models import ContactPoint, Lead
from leadcrm.settings import ROOT, Settings

MAILS = 10_000
BAR = 0.60
SUBJECT = "A home for you, {first_name|there}"
CONTENT = (
    "Hello {first_name|there},\n\nthree homes came up that fit your wishes. Shall we see them?\n\n{organization_name}"
)


def measure_drain(folder: Path, count: int = MAILS) -> Ratio:
    """Mails per second of the drain (durable state per recipient) and of the bare loop."""
    folder.mkdir(parents=True)
    sink = subprocess.Popen(
        [sys.executable, "-m", "tests.contracts.smtp_sink", "--port", "0", "--log", str(folder / "sink.jsonl")],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        port = int(sink.stdout.readline())
        ours = _drain(folder, count, port)
        return Ratio(f"drain {count:,} mails", ours, _bare_loop(count, port), BAR)
    finally:
        sink.terminate()
        sink.wait()


def _drain(folder: Path, count: int, port: int) -> float:
    settings = Settings.from_env({**environment(folder), "SMTP_URL": f"smtp://127.0.0.1:{port}"})
    run(environment(folder), "db", "upgrade")
    app = create_app(settings)
    with app.app_context():
        with tenancy.everyone():
            organization = perform(
                identity.create_organization, name="Bench", slug="bench", timezone="UTC", country="US", currency="USD"
            )
        with tenancy.organization(organization.id):
            perform(plan_mails, count)
        started = time.perf_counter()
        jobs.drain_messages(lambda: False)
        elapsed = time.perf_counter() - started
        with tenancy.organization(organization.id):
            sent = db.session.scalar(select(func.count(Message.id)).where(Message.status == "sent"))
    if sent != count:
        raise RuntimeError(f"{sent} of {count} were sent")
    return count / elapsed


def plan_mails(count: int) -> None:
    """As many leads of the organization in scope, each with a flow's mail due now."""
    organization_id = tenancy.current_id()
    ids = [new_id() for _ in range(count)]
    leads = [
        {
            "id": lead,
            "organization_id": organization_id,
            "name": f"Person {n}",
            "first_name": f"Person {n}",
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
            "value": f"p{n}@leads.test",
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
                "subject": SUBJECT,
                "content": CONTENT,
                "origin": "flow",
                "intent_key": lead,
            }
            for lead in ids
        ]
    )


def _bare_loop(count: int, port: int) -> float:
    client = smtplib.SMTP("127.0.0.1", port)
    started = time.perf_counter()
    for n in range(count):
        name = f"Person {n}"
        mail = EmailMessage(policy=SMTP)
        mail["From"] = formataddr(("Bench", "leads@leadcrm.test"))
        mail["To"] = formataddr((name, f"p{n}@leads.test"))
        mail["Subject"] = SUBJECT.replace("{first_name|there}", name)
        mail["Message-ID"] = f"<{new_id()}@bench.test>"
        mail["List-Unsubscribe"] = "<https://bench.test/u/x>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        text = CONTENT.replace("{first_name|there}", name).replace("{organization_name}", "Bench")
        mail.set_content(text)
        mail.add_alternative(f"<p>{text}</p>", subtype="html")
        client.send_message(mail)
    elapsed = time.perf_counter() - started
    client.quit()
    return count / elapsed
