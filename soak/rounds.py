"""What is done and killed at every point: one drain, one inbound mail, one capture. Three witnesses judge each."""

import hmac
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import current_app

from leadcrm.conversations import delivery
from leadcrm.conversations.jobs import drain_inbound, drain_messages
from leadcrm.core.drains import drain_events
from soak.checker import ACCEPTED
from soak.crowd import PHONES, raw_mail
from soak.places import Office
from soak.stage import Say, Stage, end_leases

PHONE_OF = ("drain", "inbound", "capture", "book", "convert")  # names of rounds, each with numbers of its own


@dataclass
class Witnesses:
    """The outside of one stage: its API from within, the sink's log, the carrier's log."""

    office: Office
    stage: Stage

    def call(self, method: str, path: str, key: str | None = None, fine: tuple[int, ...] = (), **arguments):
        """What the API answers. Raises RuntimeError for an error whose status is not `fine`."""
        headers = {"Authorization": f"Bearer {self.office.token}"} | ({"Idempotency-Key": key} if key else {})
        answer = current_app.test_client().open(path, method=method, headers=headers, **arguments)
        if answer.status_code >= 300 and answer.status_code not in fine:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json

    def hand_over(self, mail: bytes) -> dict:
        """A mail, as the provider's webhook."""
        secret = self.office.environment["EMAIL_WEBHOOK_SECRET"].encode()
        signature = "sha256=" + hmac.new(secret, mail, "sha256").hexdigest()
        answer = current_app.test_client().post(
            "/webhook/email", data=mail, headers={"X-LeadCRM-Signature": signature}, content_type="message/rfc822"
        )
        return {"status": answer.status_code}

    def messages(self, lead: str) -> list[dict]:
        return self.call("GET", f"/api/messages?lead_id={lead}&limit=200")["items"]

    def leads(self, email: str) -> list[dict]:
        return self.call("GET", f"/api/leads?q={email}")["items"]

    def facts(self, lead: str, name: str) -> list[dict]:
        return self.call("GET", f"/api/events?lead_id={lead}&name={name}")["items"]

    def arrived(self, recipient: str) -> Counter:
        return Counter(mail["subject"] for mail in self.office.mails() if mail["rcpt"] == recipient)


class Round:
    """One thing that is done and killed. `act` may say answers; `judge` lets time pass and returns what broke."""

    name = ""

    def __init__(self, witnesses: Witnesses, number: int):
        self.see, self.number = witnesses, number
        self.email = f"{self.name}-{number}@points.test"

    def capture(self, **more: str) -> dict:
        body = {"first_name": "Poe", "email": self.email, "phone": _phone(self), "timezone": _where_it_is_noon()}
        return self.see.call("POST", "/api/leads", key=self.email, json=body | more)

    def prepare(self, say: Say) -> None:
        """What is there before."""

    def act(self, say: Say) -> None:
        raise NotImplementedError

    def judge(self, said: list) -> list[str]:
        raise NotImplementedError


class Drain(Round):
    """Two mails and a text leave."""

    name = "drain"

    def prepare(self, say: Say) -> None:
        lead = self.capture()["id"]
        let_time_pass()  # its greeting has left
        for channel, text in (("email", "first"), ("email", "second"), ("sms", "third")):
            body = {"lead_id": lead, "channel": channel, "content": f"{text} {self.number}"}
            subject = {"subject": f"{text} {self.number}"} if channel == "email" else {}
            self.see.call("POST", "/api/messages", json=body | subject)
        say(lead)

    def act(self, say: Say) -> None:
        drain_messages(lambda: False)

    def judge(self, said: list) -> list[str]:
        let_time_pass()
        rows = [row for row in self.see.messages(said[0]) if row["origin"] == "api"]
        mails, texts = self.see.arrived(self.email), Counter(self.see.stage.carrier.texts())
        broken = [] if len(rows) == 3 else [f"{len(rows)} messages"]
        for row in rows:
            copies = mails[row["subject"]] if row["channel"] == "email" else texts[row["content"]]
            if row["status"] not in ACCEPTED | {"unknown"}:
                broken.append(f"{row['content']} is {row['status']}")
            if copies > 1 or (row["status"] in ACCEPTED and copies == 0):
                broken.append(f"{row['content']} is {row['status']} and arrived {copies} times")
        if sum(row["status"] == "unknown" for row in rows) > 1:
            broken.append("more than one unknown")
        return broken


class Inbound(Round):
    """A mail comes in by the webhook and is read."""

    name = "inbound"

    def prepare(self, say: Say) -> None:
        self.capture()
        let_time_pass()

    def act(self, say: Say) -> None:
        say(self._hand_over())
        drain_inbound(lambda: False)
        drain_events(lambda: False)

    def judge(self, said: list) -> list[str]:
        answers = [answer for answer in said if isinstance(answer, dict)]
        if not answers:
            answers = [self._hand_over()]  # as a provider does that got no answer
        let_time_pass()
        broken = [f"the webhook said {answer}" for answer in answers if answer != {"status": 200}]
        leads = self.see.leads(self.email)
        heard = [row for row in self.see.messages(leads[0]["id"]) if row["direction"] == "inbound"]
        if len(leads) != 1 or len(heard) != 1:
            broken.append(f"{len(leads)} leads, {len(heard)} messages")
        return broken

    def _hand_over(self) -> dict:
        return self.see.hand_over(raw_mail(self.email, self.see.office.environment["MAIL_FROM"], self.email))


class Capture(Round):
    """A lead comes in, and what follows from it."""

    name = "capture"

    def act(self, say: Say) -> None:
        say(self.capture()["id"])
        drain_events(lambda: False)

    def judge(self, said: list) -> list[str]:
        answer = said[0] if said else self.capture()["id"]  # the same key again, as a client does that got no answer
        let_time_pass()
        leads, greetings = self.see.leads(self.email), self.see.arrived(self.email).total()
        if [lead["id"] for lead in leads] == [answer] and greetings == 1:
            return []
        return [f"{len(leads)} leads, {greetings} greetings"]


def let_time_pass() -> None:
    """What the system does by itself when the leases of the dead are over."""
    end_leases()
    delivery.sweep()
    for drain in (drain_inbound, drain_events, drain_messages):
        drain(lambda: False)


def _phone(one: Round) -> str:
    return f"{PHONES}{PHONE_OF.index(one.name)}{one.number:03d}"


def _where_it_is_noon() -> str:
    """A zone in which a text may be sent now."""
    hours = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"
