"""What other programs are told: written with the run, signed, tried again, given up, and never after a restore."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from leadcrm.adapters import registry
from leadcrm.adapters.ports import OutcomeUnknown, Refused, TryLater
from leadcrm.adapters.webhook import Answer
from leadcrm.automations import jobs, operations, webhooks
from leadcrm.automations.models import Automation, WebhookCall
from leadcrm.conversations.models import SendingPause
from leadcrm.core import clock
from leadcrm.core.db import db, perform, writing
from leadcrm.core.models import EventRow
from leadcrm.identity.queries import active_managers
from leadcrm.notifications.models import Notification
from tests.automations.conftest import NOTE, runs_of

URL = "https://hooks.example.com/leads"
CALL = {"kind": "webhook", "url": URL}


class Outside:
    """Whoever is called: keeps what it heard, answers in turn, at the end always yes."""

    def __init__(self):
        self.heard: list[tuple[str, bytes, dict]] = []
        self.endings: list[Exception] = []

    def post(self, url: str, body: bytes, headers: dict) -> Answer:
        assert not db.session().in_transaction(), "no transaction is held while the other side thinks"
        self.heard.append((url, body, dict(headers)))
        if self.endings:
            raise self.endings.pop(0)
        return Answer(200, "thank you")


@pytest.fixture
def outside(monkeypatch) -> Outside:
    outside = Outside()
    monkeypatch.setattr(registry, "webhook_client", lambda: outside)
    return outside


@pytest.fixture
def real_later(monkeypatch):
    """`real_later(seconds)` moves the host's clock on."""
    start, moved = clock.real_now(), {"seconds": 0.0}

    def move(seconds: float) -> None:
        moved["seconds"] += seconds
        monkeypatch.setattr(clock, "real_now", lambda: start + timedelta(seconds=moved["seconds"]))

    return move


def work() -> int:
    return jobs.drain_webhooks(lambda: False)


def calls() -> list[WebhookCall]:
    db.session.rollback()
    newest = select(WebhookCall).order_by(WebhookCall.id).execution_options(populate_existing=True)
    return list(db.session.scalars(newest))


def test_a_call_tells_the_event_and_the_lead(rule, new_lead, outside):
    automation = rule(name="Tell the others", actions=[CALL])
    lead = new_lead(company="Acme", phone="+12125550001", tags=["Buyer"])
    assert runs_of(automation)[0].details[0]["text"] == "hooks.example.com is told"
    assert outside.heard == []
    assert (work(), work()) == (1, 0)
    [(url, body, headers)] = outside.heard
    [call] = calls()
    assert (call.state, call.tries, call.answer) == ("delivered", 1, "Answered 200: thank you")
    told = json.loads(body)
    assert (url, told["id"], told["type"]) == (URL, call.id, "lead.created")
    assert told["automation"] == {"id": automation.id, "name": "Tell the others"}
    assert told["event"]["source"] == "website"
    assert told["lead"] | {"id": lead.id, "company": "Acme", "phone": "+12125550001", "tags": ["Buyer"]} == told["lead"]
    assert headers["Content-Type"] == "application/json"


def test_the_signature_can_be_checked_with_the_secret(rule, new_lead, outside):
    automation = rule(actions=[CALL])
    new_lead()
    work()
    [(_, body, headers)] = outside.heard
    secret = webhooks.secret_of(db.session.scalars(select(Automation).where(Automation.id == automation.id)).one())
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(expected).decode()}"
    assert abs(int(headers["webhook-timestamp"]) - clock.real_now().timestamp()) < 60


def test_a_rule_has_a_secret_of_its_own_once_it_calls(rule):
    first, second, silent = rule(actions=[CALL]), rule(actions=[CALL]), rule(actions=[NOTE])
    assert webhooks.secret_of(first) != webhooks.secret_of(second)
    assert webhooks.secret_of(silent) is None
    assert webhooks.secret_of(first).encode() not in first.webhook_secret


@pytest.mark.parametrize("ending", [TryLater("Answered 503"), OutcomeUnknown("No answer")])
def test_what_was_not_taken_is_told_again_under_the_same_id(rule, new_lead, outside, real_later, ending):
    rule(actions=[CALL])
    new_lead()
    outside.endings = [ending]
    assert (work(), work()) == (1, 0)
    [call] = calls()
    assert (call.state, call.tries, call.answer) == ("waiting", 1, ending.reason)
    real_later(12)
    assert work() == 1
    assert calls()[0].state == "delivered"
    first, second = (headers for _, _, headers in outside.heard)
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] != second["webhook-timestamp"]


def test_the_other_side_may_ask_for_more_time(rule, new_lead, outside, real_later):
    rule(actions=[CALL])
    new_lead()
    outside.endings = [TryLater("Answered 429", 600)]
    work()
    real_later(590)
    assert work() == 0
    real_later(20)
    assert work() == 1


def test_a_refusal_is_final(rule, new_lead, outside, real_later):
    rule(actions=[CALL])
    new_lead()
    outside.endings = [Refused("hooks.example.com is not an address of the public internet", "private")]
    work()
    [call] = calls()
    assert (call.state, call.due_at) == ("failed", None)
    assert "public internet" in call.answer
    real_later(86_400)
    assert work() == 0


def test_it_is_given_up_in_the_end(rule, new_lead, outside, real_later):
    rule(actions=[CALL])
    new_lead()
    outside.endings = [TryLater("Answered 500")] * 20
    for _ in range(20):
        work()
        real_later(40_000)
    [call] = calls()
    assert (call.state, call.tries) == ("failed", len(webhooks.NEXT_TRIES_SECONDS) + 1)
    assert len(outside.heard) == call.tries


def test_who_runs_the_team_hears_of_it_once_a_day(rule, new_lead, outside, cast):
    automation = rule(name="Tell the others", actions=[CALL])
    for name in ("one", "two"):
        new_lead(email=f"{name}@example.com")
    outside.endings = [Refused("Answered 410", "gone")] * 2
    work()
    given_up = db.session.scalars(select(EventRow).where(EventRow.name == "automation.call_given_up")).all()
    assert {row.lead_id for row in given_up} == {call.lead_id for call in calls()}
    assert [row.told["reason"] for row in given_up] == ["Answered 410"] * 2
    told = select(Notification).where(Notification.icon == "plug")
    notices = db.session.scalars(told).all()
    assert {notice.user_id for notice in notices} == set(active_managers())
    assert len(notices) == len(active_managers()) > 0
    assert {notice.title for notice in notices} == {"Tell the others: another program could not be told"}
    assert {notice.href for notice in notices} == {f"/automations/runs?automation={automation.id}"}


def test_a_try_is_counted_before_it_is_made(rule, new_lead, outside, real_later, monkeypatch):
    """A call that ends its worker comes back after its lease, and does not come back for ever."""
    rule(actions=[CALL])
    new_lead()
    outside.endings = [KeyboardInterrupt()] * 30
    ended = 0
    for _ in range(20):
        try:
            work()
        except KeyboardInterrupt:
            ended += 1
            db.session.rollback()
            assert work() == 0, "leased"
        real_later(130)
    [call] = calls()
    assert (call.state, call.answer) == ("failed", webhooks.BROKE_OFF)
    assert ended == call.tries == len(webhooks.NEXT_TRIES_SECONDS) + 1


def test_the_call_and_its_run_are_written_together(rule, new_lead, monkeypatch):
    """A deed that fails later in the same stretch takes the call back."""
    from leadcrm.notifications import operations as notifications

    rule(actions=[CALL, {"kind": "notify", "to": "role:manager", "text": "Hi"}])

    def explode(*arguments, **names):
        raise RuntimeError("the roof is on fire")

    monkeypatch.setattr(notifications, "notify", explode)
    new_lead()
    assert calls() == []


def test_one_action_of_a_run_calls_once(rule, new_lead):
    rule(actions=[CALL, CALL])
    new_lead()
    first, second = calls()
    assert (first.run_id, first.position, second.position) == (second.run_id, 0, 1)
    columns = ("run_id", "automation_id", "lead_id", "position", "url", "body")
    twin = WebhookCall(**{name: getattr(first, name) for name in columns})
    with pytest.raises(Exception, match=r"(?i)unique"), writing() as session:
        session.add(twin)


def test_after_a_restore_nobody_is_told_until_released(rule, new_lead, outside):
    rule(actions=[CALL])
    new_lead()
    now = clock.real_now()
    with writing() as session:
        pause = SendingPause(channel="webhook", backup_at=now, paused_at=now, paused_by="root")
        session.add(pause)
    assert work() == 0
    with writing() as session:
        session.get_one(SendingPause, pause.id).released_at = now
        session.get_one(SendingPause, pause.id).released_by = "user:ada"
    assert work() == 1


def test_the_log_shows_how_each_call_went(mia, rule, new_lead, outside):
    automation = rule(actions=[CALL])
    new_lead()
    outside.endings = [TryLater("Answered 503: <b>busy</b>")]
    work()
    shown = mia.get(f"/automations/runs?automation={automation.id}", hx=True).text
    assert f"{URL}: waiting after 1 try. Answered 503: &lt;b&gt;busy&lt;/b&gt;" in shown


def test_only_who_may_edit_sees_the_secret(mia, sign_in, cast, rule):
    automation = rule(actions=[CALL])
    secret = webhooks.secret_of(automation)
    assert secret in mia.get(f"/automations/{automation.id}").text
    assert secret not in sign_in(cast.ben).get(f"/automations/{automation.id}").text


def test_only_who_may_edit_sees_the_whole_address(mia, sign_in, cast, rule, new_lead):
    """Many services know their callers by a secret in the address."""
    rule(actions=[CALL])
    new_lead()
    assert f"{URL}: waiting" in mia.get("/automations/runs").text
    shown = sign_in(cast.ben).get("/automations/runs").text
    assert "hooks.example.com: waiting" in shown
    assert URL not in shown


@pytest.mark.parametrize("stopped", ["disabled", "deleted"])
def test_what_still_waits_is_not_told_once_the_rule_is_off(rule, new_lead, outside, real_later, stopped):
    automation = rule(actions=[CALL])
    new_lead()
    outside.endings = [TryLater("Answered 503")]
    work()
    if stopped == "deleted":
        perform(operations.delete_automation, automation)
    else:
        perform(operations.set_automation_enabled, automation, False)
    real_later(3600)
    work()
    assert len(outside.heard) == 1
    [call] = calls()
    assert (call.state, call.answer) == ("failed", "The automation was switched off before it was told")
    assert db.session.scalars(select(Notification)).all() == []
