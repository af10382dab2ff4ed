"""A kill at every system call that writes, of one drain, one inbound mail and one capture (P5).

Each round prepares something fresh, runs the act in a child that is killed at one point, lets the outside repeat what
it got no answer to, lets leases end and one pass run, and asks the three witnesses.
"""

import hmac
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask import current_app

from leadcrm.conversations import delivery
from leadcrm.conversations.jobs import drain_inbound, drain_messages
from leadcrm.core.drains import drain_events
from soak.checker import ACCEPTED
from soak.crowd import PHONES, raw_mail
from soak.places import Office, Place
from soak.stage import NotTraceable, Say, Stage, end_leases, strace_objection
from soak.verdicts import Verdict, verdict_on

DRAIN_ROUND = ("first", "second")
SHORTEST_SECONDS = 0.35  # of a round, to plan with before any was run


@dataclass
class Witnesses:
    """The outside of one stage: its API from within, the sink's log, the carrier's log."""

    office: Office
    stage: Stage

    def call(self, method: str, path: str, key: str | None = None, **arguments):
        headers = {"Authorization": f"Bearer {self.office.token}"} | ({"Idempotency-Key": key} if key else {})
        answer = current_app.test_client().open(path, method=method, headers=headers, **arguments)
        if answer.status_code >= 300:
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

    def arrived(self, recipient: str) -> Counter:
        return Counter(mail["subject"] for mail in self.office.mails() if mail["rcpt"] == recipient)


class Round:
    """One thing that is done and killed. `act` may say answers; `judge` lets time pass and returns what broke."""

    name = ""

    def __init__(self, witnesses: Witnesses, number: int):
        self.see, self.number = witnesses, number
        self.email = f"{self.name}-{number}@points.test"

    def capture(self) -> dict:
        body = {"first_name": "Poe", "email": self.email, "phone": _phone(self), "timezone": _where_it_is_noon()}
        return self.see.call("POST", "/api/leads", key=self.email, json=body)

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
        _pass()  # its greeting has left
        for channel, text in (("email", "first"), ("email", "second"), ("sms", "third")):
            body = {"lead_id": lead, "channel": channel, "content": f"{text} {self.number}"}
            subject = {"subject": f"{text} {self.number}"} if channel == "email" else {}
            self.see.call("POST", "/api/messages", json=body | subject)
        say(lead)

    def act(self, say: Say) -> None:
        drain_messages(lambda: False)

    def judge(self, said: list) -> list[str]:
        _pass()
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
        _pass()

    def act(self, say: Say) -> None:
        say(self._hand_over())
        drain_inbound(lambda: False)
        drain_events(lambda: False)

    def judge(self, said: list) -> list[str]:
        answers = [answer for answer in said if isinstance(answer, dict)]
        if not answers:
            answers = [self._hand_over()]  # as a provider does that got no answer
        _pass()
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
        _pass()
        leads, greetings = self.see.leads(self.email), self.see.arrived(self.email).total()
        if [lead["id"] for lead in leads] == [answer] and greetings == 1:
            return []
        return [f"{len(leads)} leads, {greetings} greetings"]


ROUNDS = (Inbound, Capture, Drain)  # the longest last: it has what time the others left


@dataclass
class Tally:
    """Of one kind of round: how many points there are, how many were tried, what broke where."""

    calls: Counter
    tried: int = 0
    broken: list[str] = field(default_factory=list)


def attack(place: Place, seconds: float) -> list[Verdict]:
    """All points, or evenly spread ones when time is short."""
    with place.office(REDIS_URL="unix:///nonexistent/soak.sock") as office:
        office.start_sink()
        stage = Stage(office)
        witnesses = Witnesses(office, stage)
        objection = strace_objection()
        verdicts, until = [], time.monotonic() + seconds
        for left, kind in zip(range(len(ROUNDS), 0, -1), ROUNDS, strict=True):
            name = f"P5 killed in one {kind.name}"
            try:
                if objection:
                    raise NotTraceable(objection)
                tally = kill_at_calls(stage, witnesses, kind, (until - time.monotonic()) / left)
            except NotTraceable as error:
                verdicts.append(Verdict(name, place.name, f"not at system calls: {error}", None))
                tally = kill_at_statements(stage, witnesses, kind)
            calls = ", ".join(f"{n} {call}" for call, n in tally.calls.items())
            figure = f"{tally.tried} of {tally.calls.total()} points ({calls})"
            verdicts.append(verdict_on(name, place.name, tally.broken, figure))
        return verdicts


def kill_at_calls(stage: Stage, witnesses: Witnesses, kind: type[Round], seconds: float) -> Tally:
    """Count the calls of one undisturbed round, then kill at each. Raises NotTraceable."""
    rounds = _numbered(stage, witnesses, kind)
    first = next(rounds)
    _prepared(stage, first)
    tally = Tally(stage.count_calls(first.act, witnesses.office.folder / "calls.trace"))
    points = [(call, n) for call, count in tally.calls.items() for n in range(1, count + 1)]
    until, stride = time.monotonic() + seconds, max(1, round(len(points) * SHORTEST_SECONDS / seconds))
    for call, n in points[::stride]:
        if time.monotonic() > until:
            break
        one = next(rounds)
        said = _prepared(stage, one)
        ending = stage.run_killed_at_call(one.act, call, n)
        tally.broken += [f"{call} {n}: {what}" for what in _judged(stage, one, said + ending.said)]
        tally.tried += 1
    return tally


def kill_at_statements(stage: Stage, witnesses: Witnesses, kind: type[Round], most: int | None = None) -> Tally:
    """Kill at every statement, commit and network write, or at that many of them, evenly spread."""
    rounds = _numbered(stage, witnesses, kind)
    first = next(rounds)
    _prepared(stage, first)
    count = stage.count_points(first.act)
    tally = Tally(Counter({"statements and sends": count}))
    for point in range(1, count + 1, max(1, count // most) if most else 1):
        one = next(rounds)
        said = _prepared(stage, one)
        ending = stage.run(one.act, kill_at_point=point)
        tally.broken += [f"point {point}: {what}" for what in _judged(stage, one, said + ending.said)]
        tally.tried += ending.killed
    return tally


def _numbered(stage: Stage, witnesses: Witnesses, kind: type[Round]) -> Iterator[Round]:
    """Round after round; the first one is for warming up."""
    stage.warm(lambda say: _whole(kind(witnesses, 0), say))
    number = 0
    while True:
        number += 1
        yield kind(witnesses, number)


def _whole(one: Round, say: Say) -> None:
    said: list = []
    one.prepare(said.append)
    one.act(said.append)
    broken = one.judge(said)
    if broken:
        raise RuntimeError(f"one {one.name} breaks without any kill: {broken}")


def _prepared(stage: Stage, one: Round) -> list:
    return stage.run(one.prepare).said


def _judged(stage: Stage, one: Round, said: list) -> list[str]:
    return stage.run(lambda say: say(one.judge(said))).said[0]


def _pass() -> None:
    """What the system does by itself when the leases of the dead are over."""
    end_leases()
    delivery.sweep()
    for drain in (drain_inbound, drain_events, drain_messages):
        drain(lambda: False)


def _phone(one: Round) -> str:
    kinds = [kind.name for kind in ROUNDS]
    return f"{PHONES}{kinds.index(one.name)}{one.number:03d}"


def _where_it_is_noon() -> str:
    """A zone in which a text may be sent now."""
    hours = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"
