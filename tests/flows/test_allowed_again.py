"""A person lifts a bounce: what the flow dropped because of it, and still has ahead, goes out after all, once."""

from datetime import timedelta

import pytest

from leadcrm.adapters.ports import OutgoingEmail
from leadcrm.conversations import incoming_mail
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.operations.consent import REASON_BOUNCED
from leadcrm.core import clock
from leadcrm.core.db import get_or_404, perform
from leadcrm.flows import operations, queries
from leadcrm.flows.operations import StepData
from leadcrm.leads.models import Lead
from tests.conversations.conftest import FakeTransport, plan
from tests.conversations.reports import report
from tests.flows.conftest import drain, enrolment_of, messages_of
from tests.flows.test_changing import data_of

ADDRESS = "naledi0@example.com"


@pytest.fixture
def bounced(flow, new_lead):
    """A lead of the flow whose welcome came back: two steps by mail in five and six days wait no longer."""
    for day in (5, 6):
        perform(operations.add_step, flow, StepData("email", f"Day {day}", "Hi", day, None, subject=f"Day {day}"))
    lead = new_lead(email=ADDRESS)
    plan(lead, "letter", scheduled_for=clock.now() + timedelta(days=7))
    FakeTransport().drain()
    welcome = messages_of(lead)[0]
    said = incoming_mail.read(report(welcome.external_id, address=ADDRESS)).report
    perform(conversations.take_report, said, None)
    drain()
    assert {"Day 5", "Day 6", "Hello"} <= set(dropped(lead))
    return lead


def dropped(lead) -> list[str]:
    return [message.subject for message in messages_of(lead) if message.reason == REASON_BOUNCED]


def allow(lead) -> bool:
    return perform(conversations.allow_mail_again, get_or_404(Lead, lead.id), ADDRESS)


def test_what_is_still_ahead_goes_out_once(bounced, monkeypatch):
    assert allow(bounced)
    drain()
    drain()
    assert dropped(bounced) == []
    letters = []
    for _ in range(10):
        transport, day = FakeTransport(), clock.now() + timedelta(days=1)
        monkeypatch.setattr(clock, "now", lambda day=day: day)
        transport.drain()
        letters += [mail.subject for mail in transport.sent if isinstance(mail, OutgoingEmail)]
    letters = [subject for subject in letters if subject in ("Day 5", "Day 6", "Hello")]
    assert letters == ["Day 5", "Day 6", "Hello"]


def test_what_is_past_stays_dropped(bounced, monkeypatch):
    later = clock.now() + timedelta(days=5, hours=12)
    monkeypatch.setattr(clock, "now", lambda: later)
    allow(bounced)
    drain()
    assert dropped(bounced)[-1] == "Day 5", "and with it what was due before"


def test_a_flow_that_was_left_says_no_more(bounced):
    perform(operations.exit_lead, bounced.id, "The lead replied")
    allow(bounced)
    drain()
    assert dropped(bounced)[-2:] == ["Day 5", "Day 6"], "and the letter by hand is on its way"
    assert enrolment_of(bounced).state == "exited"


def test_steps_say_what_they_say_by_now_and_those_that_are_off_nothing(bounced, flow):
    day_5, day_6 = queries.steps_of(flow.id)[-2:]
    perform(operations.edit_step, day_5, data_of(day_5, content="New"), day_5.revision)
    perform(operations.set_step_enabled, day_6, False)
    allow(bounced)
    drain()
    assert dropped(bounced) == ["Day 6"]
    assert "New" in [message.content for message in messages_of(bounced) if message.status == "scheduled"]


def test_the_page_says_so(bounced, sign_in, cast):
    answer = sign_in(cast.ada).post(f"/leads/{bounced.id}/mail-permission", data={"address": ADDRESS}, hx=True)
    assert "What was planned for later and still holds goes out, too." in answer.text


def test_the_page_promises_nothing_where_nothing_is_ahead(bounced, sign_in, cast, monkeypatch):
    later = clock.now() + timedelta(days=30)
    monkeypatch.setattr(clock, "now", lambda: later)
    answer = sign_in(cast.ada).post(f"/leads/{bounced.id}/mail-permission", data={"address": ADDRESS}, hx=True)
    assert "Mail to this address is sent again." in answer.text
    assert "planned for later" not in answer.text
