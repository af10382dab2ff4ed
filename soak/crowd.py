"""Clients that press on until they are answered, and remember what was acknowledged: the outside's own record."""

import hmac
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import requests

from soak.places import Office
from tests.installation import Api

WAIT_AFTER_ERROR = 0.1
PATIENCE_SECONDS = 60.0
DOMAIN = "soak.test"
SLOT_TAKEN = "slot_taken"  # somebody was quicker: an answer like any other
PHONES = "+1917555"  # and four digits; nobody of the demo, where some want no texts, has such a number


@dataclass
class Record:
    """What the office said yes to. Nothing else is promised."""

    leads: dict[str, str] = field(default_factory=dict)  # e-mail → lead id
    messages: dict[tuple[str, str], str] = field(default_factory=dict)  # (e-mail, subject) → message id
    inbound: dict[str, str] = field(default_factory=dict)  # text → sender
    meetings: dict[str, tuple[str, str]] = field(default_factory=dict)  # e-mail → (booking id, start)
    customers: dict[str, dict[str, str]] = field(default_factory=dict)  # e-mail → ids of account, contact and deal
    seconds: list[float] = field(default_factory=list)  # each acknowledged request's own time
    refused: list[str] = field(default_factory=list)  # answers that are neither yes nor "not now"

    def merge(self, other: "Record") -> None:
        self.leads |= other.leads
        self.messages |= other.messages
        self.inbound |= other.inbound
        self.meetings |= other.meetings
        self.customers |= other.customers
        self.seconds += other.seconds
        self.refused += other.refused

    @property
    def acknowledged(self) -> int:
        """How many times the office said yes."""
        return sum(map(len, (self.leads, self.messages, self.inbound, self.meetings, self.customers)))


class Client(threading.Thread):
    """One after the other: captures leads, writes to them, answers as they would, meets them, makes them customers."""

    def __init__(self, office: Office, number: int, limit: int | None = None, pause: float = 0.0):
        super().__init__(daemon=True)
        self.api = Api(office.url, office.token)
        self.secret = office.environment["EMAIL_WEBHOOK_SECRET"].encode()
        self.mailbox, self.realtor_id = office.environment["MAIL_FROM"], office.realtor_id
        self.number, self.limit, self.pause = number, limit, pause
        self.rng = random.Random(number)
        self.record = Record()
        self.stopping = threading.Event()

    def run(self) -> None:
        done = 0
        while not self.stopping.is_set() and (self.limit is None or done < self.limit):
            act = self.rng.choice([*[self.capture] * 3, self.write, self.reply, self.book, self.convert])
            act(done)
            done += 1
            self.stopping.wait(self.pause)

    def capture(self, n: int) -> None:
        email = f"lead-{self.number}-{n}@{DOMAIN}"
        body = {"first_name": "Lea", "last_name": f"Soak {self.number}-{n}", "email": email}
        answer = self.press(lambda: self.api.post("/api/leads", key=email, **body), 201)
        if answer:
            self.record.leads[email] = answer["id"]

    def write(self, n: int) -> None:
        if not self.record.leads:
            return
        email, lead = self.rng.choice(list(self.record.leads.items()))
        subject = f"Soak {self.number}-{n}"
        body = {"lead_id": lead, "channel": "email", "subject": subject, "content": "Is it still free?"}
        answer = self.press(lambda: self.api.post("/api/messages", key=subject, **body), 202)
        if answer:
            self.record.messages[email, subject] = answer["id"]

    def reply(self, n: int) -> None:
        if not self.record.leads:
            return
        sender, text = self.rng.choice(list(self.record.leads)), f"Reply {self.number}-{n}"
        mail = raw_mail(sender, self.mailbox, text)
        headers = {"X-LeadCRM-Signature": "sha256=" + hmac.new(self.secret, mail, "sha256").hexdigest()}
        headers["Content-Type"] = "message/rfc822"
        url = f"{self.api.url}/webhook/email"
        if self.press(lambda: self.api.session.post(url, data=mail, headers=headers, timeout=15), 200):
            self.record.inbound[text] = sender

    def book(self, n: int) -> None:
        """The first free time of a day, for somebody who has no meeting yet; others reach for the same one."""
        email = self._somebody_not_in(self.record.meetings)
        day = (datetime.now(UTC) + timedelta(self.rng.randint(2, 40))).date().isoformat()
        query = {"realtor_id": self.realtor_id, "date": day, "timezone": "Etc/UTC"}
        url = f"{self.api.url}/api/slots"
        free = self.press(lambda: self.api.session.get(url, params=query, timeout=15), 200) if email else None
        if not free or not free["items"]:
            return
        start, lead = free["items"][0]["start"], self.record.leads[email]
        body = {"realtor_id": self.realtor_id, "lead_id": lead, "start": start, "timezone": "Etc/UTC"}
        answer = self.press(lambda: self.api.post("/api/bookings", key=f"{email} {start}", **body), 201, no=SLOT_TAKEN)
        if answer:
            self.record.meetings[email] = answer["id"], start

    def convert(self, n: int) -> None:
        """Somebody who is no customer yet becomes one, with a deal."""
        email = self._somebody_not_in(self.record.customers)
        if not email:
            return
        lead, company = self.record.leads[email], {"name": f"Works of {email}"}
        change = {"status": "qualified"}
        url = f"{self.api.url}/api/leads/{lead}"
        body = {"account": company, "opportunity": {"name": f"Deal of {email}"}}
        if self.press(lambda: self.api.session.patch(url, json=change, timeout=15), 200):
            answer = self.press(lambda: self.api.post(f"/api/leads/{lead}/convert", key=email, **body), 201)
            if answer:
                self.record.customers[email] = answer

    def _somebody_not_in(self, served: dict) -> str | None:
        left = [email for email in self.record.leads if email not in served]
        return self.rng.choice(left) if left else None

    def press(self, ask: Callable[[], requests.Response], expected: int, no: str = "") -> dict | None:
        """Ask until it is answered as hoped, as any sender does; the answer, or None when patience ends, or when it is
        a refusal with the code `no`.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            started = time.monotonic()
            try:
                response = ask()
            except requests.RequestException:
                time.sleep(WAIT_AFTER_ERROR)
                continue
            if response.status_code == expected:
                self.record.seconds.append(time.monotonic() - started)
                return response.json()
            if no and response.status_code == 400 and response.json()["error"]["code"] == no:
                return None
            if response.status_code < 500 and response.status_code != 429:
                self.record.refused.append(f"{response.status_code} {response.text[:100]}")
                return None
            time.sleep(WAIT_AFTER_ERROR)
        self.record.refused.append("no answer for a minute")
        return None


class Crowd:
    """Several clients at once."""

    def __init__(self, office: Office, clients: int, limit: int | None = None, pause: float = 0.0):
        self.clients = [Client(office, number, limit, pause) for number in range(clients)]

    def start(self) -> None:
        for client in self.clients:
            client.start()

    def stop(self) -> Record:
        """What was acknowledged until now; the clients are gone."""
        for client in self.clients:
            client.stopping.set()
        return self.join()

    def join(self) -> Record:
        """Wait for clients that have a limit."""
        record = Record()
        for client in self.clients:
            client.join(PATIENCE_SECONDS * 3)
            record.merge(client.record)
        return record


def raw_mail(sender: str, recipient: str, text: str) -> bytes:
    identity = text.lower().replace(" ", "-")
    lines = [f"From: {sender}", f"To: {recipient}", "Subject: Re: the flat", f"Message-ID: <{identity}@{DOMAIN}>"]
    return "\r\n".join([*lines, "", text, ""]).encode()
