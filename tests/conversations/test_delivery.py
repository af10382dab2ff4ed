"""From due to a known fate: each ending of a call, each reason not to call, each way to die on the way."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from leadcrm.adapters.mime import outgoing
from leadcrm.adapters.ports import OutcomeUnknown, Refused, TryLater
from leadcrm.conversations import delivery, operations
from leadcrm.conversations.delivery import books, claims, pauses, sending
from leadcrm.conversations.models import Attempt, ChannelPause, Conversation, Message
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import Conflict
from leadcrm.core.models import EventRow
from leadcrm.identity.models import Organization
from leadcrm.leads.models import Lead
from tests.conversations.conftest import FakeTransport, again, end_lease, make_due, make_lead, plan

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def attempts(message: Message) -> list[tuple[int, str | None]]:
    rows = select(Attempt.n, Attempt.outcome).where(Attempt.message_id == message.id).order_by(Attempt.n)
    return [tuple(row) for row in db.session.execute(rows)]


def facts(message: Message) -> list[str]:
    rows = db.session.execute(select(EventRow.name, EventRow.data).order_by(EventRow.id))
    return [name for name, data in rows if data.get("message_id") == message.id]


def at(monkeypatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


# The four endings


def test_an_accepted_message_is_sent_with_its_fields_filled(jane, transport):
    message = plan(jane, content="Hi {first_name|there}", subject="For {first_name}")

    assert transport.drain() == 1

    message = again(message)
    assert (message.status, message.subject, message.content) == ("sent", "For Jane", "Hi Jane")
    assert message.sent_at is not None
    assert message.address == "jane@example.com"
    assert (message.provider_message_id, message.sandbox) == ("provider-1", False)
    assert attempts(message) == [(1, "sent")]
    assert facts(message) == ["message.scheduled", "message.sent"]


@pytest.mark.parametrize("blank", ["\u2028", "\u2029", "\n"])
def test_a_name_that_was_pasted_with_a_break_in_it_keeps_no_mail_from_leaving(acme, transport, blank):
    plan(make_lead(f"Ann{blank}Marie", email="ann@example.com"))
    transport.drain()
    head = message_from_bytes(outgoing.build(transport.sent[0]))
    assert head["To"] == '"Ann Marie Doe" <ann@example.com>'


def test_a_refused_message_has_failed_and_says_why(jane):
    message = plan(jane)
    FakeTransport([Refused("550 no such mailbox", "550")]).drain()

    message = again(message)
    assert (message.status, message.reason) == ("failed", "550 no such mailbox")
    assert attempts(message) == [(1, "refused")]
    assert facts(message)[-1] == "message.failed"


def test_a_message_surely_not_accepted_waits_and_goes_out_with_the_same_message_id(jane):
    message = plan(jane)
    transport = FakeTransport([TryLater("451 greylisted")])
    before = clock.now()
    transport.drain()

    waiting = again(message)
    assert (waiting.status, waiting.reason) == ("scheduled", "451 greylisted")
    assert timedelta(seconds=14) < waiting.due_at - before < timedelta(seconds=47)
    first_id = waiting.external_id

    make_due(message)
    transport.drain()
    assert again(message).status == "sent"
    assert transport.sent[0].message_id == first_id
    assert attempts(message) == [(1, "try_later"), (2, "sent")]


def test_the_other_sides_wish_when_to_come_back_is_honoured(jane):
    message = plan(jane)
    before = clock.now()
    FakeTransport([TryLater("429 slow down", retry_after=5000)]).drain()
    assert again(message).due_at - before >= timedelta(seconds=5000)


def test_what_was_said_once_is_said_the_same_again(jane):
    """A second copy of a mail whose first one perhaps arrived must not differ from it."""
    message = plan(jane, content="Hi {first_name}")
    transport = FakeTransport([TryLater("busy")])
    transport.drain()
    with writing() as session:
        session.execute(update(Lead).values(first_name="{company}"))
    make_due(message)
    transport.drain()
    assert again(message).content == "Hi Jane"


@pytest.mark.parametrize("answer", [OutcomeUnknown("the line went dead"), RuntimeError("a bug in the adapter")])
def test_a_call_without_a_verdict_is_unknown_and_never_sent_again(jane, answer):
    message = plan(jane)
    transport = FakeTransport([answer])
    transport.drain()

    message = again(message)
    assert message.status == "unknown"
    assert str(answer) in message.reason
    assert attempts(message) == [(1, "unknown")]
    delivery.sweep()
    assert transport.drain() == 0
    assert transport.sent == []


def test_a_machines_message_expires_when_it_is_too_late_to_be_useful(jane, monkeypatch):
    message = plan(jane, origin="automation", scheduled_for=clock.now() + timedelta(hours=1))
    at(monkeypatch, clock.now() + timedelta(hours=80))
    transport = FakeTransport()
    transport.drain()
    assert (again(message).status, transport.sent) == ("expired", [])


def test_a_persons_message_never_expires(jane, monkeypatch, transport):
    message = plan(jane, origin="manual", scheduled_for=clock.now() + timedelta(hours=1))
    at(monkeypatch, clock.now() + timedelta(days=20))
    transport.drain()
    assert again(message).status == "sent"


def test_also_a_persons_message_is_given_up_in_the_end(jane):
    """A mailbox that is full for ever: the writer must hear of it."""
    message = plan(jane, origin="manual")
    with writing() as session:
        session.execute(update(Message).values(tries=sending.MOST_TRIES - 2))
    transport = FakeTransport([TryLater("452 full"), TryLater("452 full")])
    transport.drain()
    assert again(message).status == "scheduled"
    make_due(message)
    transport.drain()
    message = again(message)
    assert (message.status, message.reason) == ("expired", "given up after 120 tries: 452 full")
    assert facts(message)[-1] == "message.failed"


def test_a_retry_that_would_come_too_late_is_not_waited_for(jane):
    message = plan(jane, origin="manual", useful_until=clock.now() + timedelta(seconds=5))
    FakeTransport([TryLater("down")]).drain()
    message = again(message)
    assert (message.status, message.reason) == ("expired", "not accepted in time: down")


# Reasons not to call


def test_a_message_for_later_waits(jane, transport):
    message = plan(jane, scheduled_for=clock.now() + timedelta(minutes=5))
    assert transport.drain() == 0
    assert again(message).status == "scheduled"


def test_a_hole_is_refused_and_named(transport, acme):
    lead = make_lead(first_name="", last_name="", email="anon@example.com", name="anon@example.com")
    message = plan(lead, content="Hi {first_name}, about {interest}")
    transport.drain()
    message = again(message)
    assert (message.status, message.reason) == ("failed", "nothing known for {first_name}, {interest}")
    assert transport.sent == []


def test_an_opt_out_between_claim_and_call_is_obeyed(jane, monkeypatch, transport):
    message = plan(jane)

    def opts_out_while_rendering(claimed, *rest):
        prepared = original(claimed, *rest)
        perform(operations.suppress, "email", "jane@example.com", "unsubscribed")
        return prepared

    original = sending.Batch
    monkeypatch.setattr(sending, "Batch", opts_out_while_rendering)
    transport.drain()
    message = again(message)
    assert (message.status, message.reason, transport.sent) == ("skipped", "opted out", [])
    assert facts(message)[-1] == "message.canceled"


def test_an_archived_lead_hears_nothing(jane, transport):
    message = plan(jane)
    with writing() as session:
        session.execute(update(Lead).where(Lead.id == jane.id).values(archived_at=clock.now()))
    transport.drain()
    assert (again(message).status, transport.sent) == ("skipped", [])


def test_a_lead_without_an_address_is_skipped_by_machines_and_failed_for_people(jane, transport):
    by_hand, by_flow = plan(jane, "hand"), plan(jane, "flow", origin="flow")
    with writing() as session:
        session.delete(session.merge(jane).contact_points[0])
    transport.drain()
    assert again(by_hand).status == "failed"
    assert again(by_flow).status == "skipped"


@pytest.mark.parametrize(
    ("channel", "hour", "status"),
    [("sms", 3, "held"), ("whatsapp", 23, "held"), ("sms", 15, "sent"), ("email", 3, "sent")],
)
def test_texts_keep_quiet_hours_of_the_lead(jane, transport, monkeypatch, channel, hour, status):
    night = datetime(2026, 11, 24, hour, 30, tzinfo=UTC) + timedelta(hours=5)  # New York
    at(monkeypatch, night)
    message = plan(jane, channel=channel, subject="" if channel != "email" else "Hello")
    transport.drain()
    assert again(message).status == status
    if status == "held":
        assert again(message).reason == "quiet hours of the lead"
        assert again(message).due_at.hour == 13  # 8:00 in New York


def test_a_person_can_waive_quiet_hours(jane, transport, monkeypatch):
    at(monkeypatch, datetime(2026, 11, 24, 8, 30, tzinfo=UTC))
    message = plan(jane, channel="sms", subject="")
    transport.drain()
    perform(operations.send_now, again(message))
    transport.drain()
    assert again(message).status == "sent"
    assert facts(message) == ["message.scheduled", "message.hurried", "message.sent"]


def test_the_waiver_does_not_last_all_night(jane, monkeypatch):
    nine_in_the_evening = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)  # 21:30 in New York
    at(monkeypatch, nine_in_the_evening)
    message = plan(jane, channel="sms", subject="")
    perform(operations.send_now, message)
    transport = FakeTransport([TryLater("503 down", retry_after=5 * 3600)])
    transport.drain()
    at(monkeypatch, nine_in_the_evening + timedelta(hours=5, minutes=1))
    transport.drain()
    message = again(message)
    assert (message.status, message.reason, transport.sent) == ("held", "quiet hours of the lead", [])
    assert message.due_at.hour == 13, "8:00 in New York"


def test_quiet_hours_that_begin_while_a_message_waits_for_its_turn_are_kept(acme, monkeypatch):
    nine_in_the_evening = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)  # in New York
    at(monkeypatch, nine_in_the_evening - timedelta(seconds=30))
    leads = [make_lead(phone=f"+1212555010{n}") for n in range(2)]
    first, second = (plan(lead, lead.id, channel="sms", subject="") for lead in leads)
    transport = FakeTransport([lambda outgoing: at(monkeypatch, nine_in_the_evening + timedelta(seconds=1))])
    transport.drain()
    assert again(first).status == "sent"
    assert (again(second).status, again(second).reason) == ("held", "quiet hours of the lead")
    assert again(second).due_at.hour == 13, "8:00 in New York"


def test_what_becomes_useless_while_it_waits_for_its_turn_is_not_sent(jane, monkeypatch):
    at(monkeypatch, NOW)
    plan(jane, "one")
    late = plan(jane, "two", useful_until=NOW + timedelta(seconds=5))
    transport = FakeTransport([lambda outgoing: at(monkeypatch, NOW + timedelta(seconds=6))])
    transport.drain()
    assert (again(late).status, len(transport.sent)) == ("expired", 1)


def test_a_canceled_message_is_not_sent(jane, transport):
    message = plan(jane)
    perform(operations.cancel_message, message)
    transport.drain()
    assert (again(message).status, transport.sent) == ("canceled", [])


def test_what_is_on_its_way_cannot_be_canceled(jane):
    message = plan(jane)

    def cancel(outgoing):
        with pytest.raises(Conflict, match="on its way"):
            perform(operations.cancel_message, again(message))

    FakeTransport([cancel]).drain()
    assert again(message).status == "sent"


def test_a_message_that_cannot_be_made_ready_waits_and_holds_up_nobody(acme, transport, monkeypatch):
    at(monkeypatch, NOW)
    lost, found = make_lead(phone="+12125550100"), make_lead(phone="+12125550101")
    message, other = (plan(lead, lead.id, channel="sms", subject="") for lead in (lost, found))
    with writing() as session:
        session.execute(update(Lead).where(Lead.id == lost.id).values(timezone="Atlantis/Poseidonis"))
    transport.drain()
    message = again(message)
    assert (message.status, message.due_at) == ("held", NOW + sending.NEXT_LOOK)
    assert "Atlantis/Poseidonis" in message.reason
    assert again(other).status == "sent"


# What the mail says


def test_flow_mail_can_be_unsubscribed_and_a_persons_letter_has_no_such_line(jane, transport):
    plan(jane, "flow", origin="flow", content="From the flow")
    plan(jane, "hand", origin="manual", content="By hand")
    transport.drain()
    flow, hand = sorted(transport.sent, key=lambda mail: mail.unsubscribe_url is None)
    assert flow.unsubscribe_url in flow.text
    assert flow.unsubscribe_url in flow.html
    assert "-stop@" in flow.unsubscribe_mailto
    assert (hand.unsubscribe_url, hand.unsubscribe_mailto) == (None, None)
    assert "nsubscribe" not in hand.text + hand.html


def test_a_mail_answers_its_thread_and_replies_find_it(jane, transport):
    plan(jane, "one", subject="First")
    transport.drain()
    plan(jane, "two", subject="")
    transport.drain()
    first, second = transport.sent
    assert second.in_reply_to == first.message_id
    assert second.references == (first.message_id,)
    assert second.subject == "Re: First"
    token = db.session.scalar(select(Conversation.reply_token))
    assert second.reply_to == f"leads+{token}@leadcrm.test"


def test_the_organizations_own_address_is_the_sender(jane, acme, transport):
    with writing() as session:
        session.execute(update(Organization).where(Organization.id == acme.id).values(mail_from="team@acme.test"))
    plan(jane)
    transport.drain()
    assert transport.sent[0].sender == "team@acme.test"
    assert transport.sent[0].message_id.endswith("@acme.test>")


def test_words_of_a_lead_stay_text_in_html(acme, transport):
    lead = make_lead(first_name="<script>alert(1)</script>", email="x@example.com")
    plan(lead, content="Hi {first_name}\nsee https://example.com/a?b=1&c=2.")
    transport.drain()
    assert "<script>" not in transport.sent[0].html
    assert 'href="https://example.com/a?b=1&amp;c=2"' in transport.sent[0].html


def test_a_sent_message_shows_as_the_newest_of_its_thread(jane, transport):
    plan(jane, content="Hi {first_name}")
    transport.drain()
    db.session.rollback()
    thread = db.session.scalars(select(Conversation)).one()
    assert (thread.snippet, thread.last_direction) == ("Hi Jane", "outbound")


# Batches, stopping, dying


def test_a_batch_is_sent_in_one_session_and_the_next_one_too(acme, transport):
    for n in range(45):
        plan(make_lead(email=f"lead{n}@example.com"), f"key {n}")
    assert transport.drain() == 45
    assert transport.opened == 1
    assert len({mail.recipient for mail in transport.sent}) == 45


def test_organizations_take_turns(cast, transport):
    for organization, count in ((cast.acme, 41), (cast.rival, 1)):
        with tenancy.organization(organization.id):
            for n in range(count):
                plan(make_lead(email=f"{organization.slug}{n}@example.com"), f"key {n}")
    transport.drain()
    position = [mail.recipient for mail in transport.sent].index("rival0@example.com")
    assert position <= 2 * claims.BATCH


def test_one_organizations_trouble_is_its_own(cast, transport, monkeypatch):
    for organization in (cast.acme, cast.rival):
        with tenancy.organization(organization.id):
            plan(make_lead(email=f"{organization.slug}@example.com"))

    def batch(*arguments):
        if tenancy.current_id() == cast.acme.id:
            raise RuntimeError("cannot be read")
        return original(*arguments)

    original = sending.Batch
    monkeypatch.setattr(sending, "Batch", batch)
    transport.drain()
    assert [mail.recipient for mail in transport.sent] == ["rival@example.com"]
    monkeypatch.undo()
    transport.drain()
    assert len(transport.sent) == 2, "given back, not lost"


def test_what_is_given_back_keeps_its_place(acme, monkeypatch):
    """Before all that fell due later, however long the backlog is."""
    at(monkeypatch, NOW)
    early = [plan(make_lead(email=f"lead{n}@example.com"), f"key-{n}") for n in range(3)]
    at(monkeypatch, NOW + timedelta(hours=1))
    transport = FakeTransport()
    transport.drain(should_stop=lambda: len(transport.sent) >= 1)
    assert sorted((again(message).status, again(message).due_at) for message in early[1:]) == [("scheduled", NOW)] * 2


def test_what_is_given_back_after_something_broke_goes_behind(acme, monkeypatch):
    """One of them may be why: the others must get their turn."""
    at(monkeypatch, NOW)
    message = plan(make_lead(email="lead@example.com"))
    later = NOW + timedelta(hours=1)
    at(monkeypatch, later)
    monkeypatch.setattr(sending, "Batch", lambda *claims: 1 / 0)
    FakeTransport().drain()
    assert (again(message).status, again(message).due_at) == ("scheduled", later)


def test_told_to_stop_it_finishes_the_one_in_hand_and_gives_the_rest_back(acme):
    messages = [plan(make_lead(email=f"lead{n}@example.com"), f"key {n}") for n in range(5)]
    transport = FakeTransport()
    transport.drain(should_stop=lambda: len(transport.sent) >= 2)
    assert sorted(again(message).status for message in messages) == ["scheduled"] * 3 + ["sent"] * 2


class Killed(BaseException):
    """The process is gone: nothing of ours catches this."""


def test_killed_while_calling_the_message_is_unknown_and_its_neighbours_are_sent(acme):
    messages = [plan(make_lead(email=f"lead{n}@example.com"), f"key {n}") for n in range(3)]
    transport = FakeTransport([lambda mail: None, Killed()])
    with pytest.raises(Killed):
        transport.drain()
    hanging = next(message for message in messages if again(message).status == "sending")

    end_lease(hanging)
    assert delivery.sweep() == 1
    assert again(hanging).status == "unknown"
    assert attempts(hanging) == [(1, "unknown")]
    assert facts(hanging)[-1] == "message.unknown"

    transport.drain()
    assert sorted(again(message).status for message in messages) == ["sent", "sent", "unknown"]
    assert len(transport.sent) == 2


def test_killed_after_the_claim_nothing_was_sent_and_everything_is_due_again(jane, monkeypatch, transport):
    message = plan(jane)
    perform(claims.claim, "email", 20, timedelta(0))
    assert again(message).status == "claimed"
    assert delivery.sweep() == 0, "the lease still holds"

    end_lease(message)
    assert delivery.sweep() == 1
    assert again(message).status == "scheduled"
    transport.drain()
    assert (again(message).status, len(transport.sent)) == ("sent", 1)


def test_a_lease_from_a_clock_that_was_set_back_counts_as_over(jane):
    message = plan(jane)
    perform(claims.claim, "email", 20, timedelta(0))
    with writing() as session:
        session.execute(update(Message).values(lease_until=clock.real_now() + timedelta(days=3)))
    assert delivery.sweep() == 1
    assert again(message).status == "scheduled"


@pytest.mark.parametrize(
    ("answer", "status"),
    [(None, "sent"), (Refused("550 no", "550"), "failed"), (TryLater("451 later"), "scheduled")],
)
def test_a_late_finisher_may_still_tell_what_became_of_an_unknown_message(jane, answer, status):
    message = plan(jane)

    def slow(outgoing):
        end_lease(message)
        delivery.sweep()
        assert again(message).status == "unknown"
        if answer:
            raise answer

    FakeTransport([slow]).drain()
    assert again(message).status == status


def test_a_late_finisher_does_not_undo_what_a_person_decided(jane):
    message = plan(jane)

    def slow(outgoing):
        end_lease(message)
        delivery.sweep()
        perform(operations.resolve_unknown, again(message), "resend")
        raise Refused("550 no", "550")

    transport = FakeTransport([slow])
    transport.drain()
    assert again(message).status == "sent", "the person's second try went out"
    assert attempts(message) == [(1, "refused"), (2, "sent")]


def test_someone_else_took_over_an_expired_claim(jane, monkeypatch):
    """Our lease ended while we rendered; whoever has the message now sends it, we do not."""
    message = plan(jane)
    other = FakeTransport()

    def slow_rendering(*arguments):
        monkeypatch.setattr(sending, "Batch", original)
        prepared = original(*arguments)
        end_lease(message)
        delivery.sweep()
        other.drain()
        return prepared

    original = sending.Batch
    monkeypatch.setattr(sending, "Batch", slow_rendering)
    ours = FakeTransport()
    ours.drain()
    assert (len(other.sent), len(ours.sent)) == (1, 0)
    assert again(message).status == "sent"


def test_the_outcome_of_a_made_call_survives_a_busy_database(jane, monkeypatch):
    message = plan(jane)
    finish, refusals = books.finish, [1, 2]

    def busy(*arguments):
        if refusals:
            refusals.pop()
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        finish(*arguments)

    monkeypatch.setattr(books, "finish", busy)
    monkeypatch.setattr(sending, "WRITE_PAUSE_SECONDS", 0.01)
    FakeTransport().drain()
    assert again(message).status == "sent"


# A connection that is down


def down(n: int) -> list[TryLater]:
    return [TryLater("cannot be reached") for _ in range(n)]


def test_a_connection_that_fails_five_times_rests_and_its_messages_are_held(acme):
    messages = [plan(make_lead(email=f"lead{n}@example.com"), f"key {n}") for n in range(9)]
    transport = FakeTransport(down(9))
    transport.drain()

    states = [again(message) for message in messages]
    assert sorted(message.status for message in states) == ["held"] * 4 + ["scheduled"] * 5
    held = next(message for message in states if message.status == "held")
    assert (held.tries, held.reason) == (0, "the connection rests: cannot be reached")
    assert len(transport.answers) == 4, "five calls, not nine"
    pause = db.session.scalars(select(ChannelPause)).one()
    assert pause.failures == 5
    assert timedelta(seconds=50) < pause.paused_until - clock.real_now() <= timedelta(seconds=60)


def test_after_its_rest_one_message_tries_the_ground_and_then_all_go(acme):
    messages = [plan(make_lead(email=f"lead{n}@example.com"), f"key {n}") for n in range(9)]
    transport = FakeTransport(down(6))
    transport.drain()
    _wake(messages)
    transport.drain()
    assert transport.answers == [], "one more call only"
    assert db.session.scalars(select(ChannelPause)).one().failures == 6

    _wake(messages)
    transport.drain()
    assert [again(message).status for message in messages] == ["sent"] * 9
    assert db.session.scalars(select(ChannelPause)).all() == []


def test_rests_double_up_to_half_an_hour(acme):
    lengths = []
    for _ in range(12):
        health = perform(pauses.note_failure, "email", "down")
        lengths.append(health.paused_until and round((health.paused_until - clock.real_now()).total_seconds() / 60))
    assert lengths == [None, None, None, None, 1, 2, 4, 8, 16, 30, 30, 30]


def _wake(messages: list[Message]) -> None:
    with writing() as session:
        session.execute(update(ChannelPause).values(paused_until=clock.real_now() - timedelta(seconds=1)))
    for message in messages:
        if again(message).status in ("held", "scheduled"):
            make_due(message)
