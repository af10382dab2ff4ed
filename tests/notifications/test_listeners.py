"""Who hears of what, once the worker has paid the debts of an event."""

import pytest

from leadcrm.adapters.ports import OutcomeUnknown, Refused
from leadcrm.conversations.events import LeadOptedOut, MessageFailed, MessageOutcomeUnknown
from leadcrm.conversations.operations import plan_message
from leadcrm.core import events
from leadcrm.core.db import perform
from leadcrm.core.drains import drain_events
from leadcrm.identity import operations as identity
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.notifications import queries
from tests.conversations.conftest import FakeTransport, make_lead, plan


@pytest.fixture
def lead(acme, cast):
    data = LeadData(first_name="Naledi", last_name="Khumalo", email="naledi@example.com", owner_id=cast.ben.id)
    return perform(leads.create_lead, data, by=cast.ada)


def titles(user) -> list[str]:
    return [row.title for row in queries.notifications_of(user).items]


def drain():
    drain_events(lambda: False)


def captured(actor: str, **data):
    with events.acting_as(actor):
        perform(leads.capture_lead, LeadData(first_name="Thabo", phone="+14155550199", **data), realtor=None)
    drain()
    drain()


def test_the_owner_hears_once_of_a_lead_that_came_through_the_api(acme, cast):
    captured("token:1", owner_id=cast.ben.id, source="website")
    assert titles(cast.ben) == ["New lead: Thabo (website)"]
    assert titles(cast.ada) == titles(cast.max) == []


def test_of_a_lead_that_nobody_owns_the_managers_hear(acme, cast):
    captured("token:1")
    assert titles(cast.ada) == titles(cast.max) == ["New lead: Thabo"]
    assert titles(cast.ben) == titles(cast.mia) == []


@pytest.mark.parametrize("actor", ["user:1", "system"])
def test_nobody_hears_of_a_lead_that_was_typed_in_or_furnished(acme, cast, actor):
    captured(actor, owner_id=cast.ben.id)
    assert titles(cast.ben) == titles(cast.ada) == []


def test_a_new_owner_hears_of_it(cast, lead):
    with events.acting_as(f"user:{cast.ada.id}"):
        perform(leads.assign_lead, lead, cast.max.id)
    drain()
    assert titles(cast.max) == ["Naledi Khumalo is your lead now"]
    assert titles(cast.ben) == titles(cast.ada) == []


def test_who_takes_a_lead_knows_it(cast, lead):
    with events.acting_as(f"user:{cast.max.id}"):
        perform(leads.assign_lead, lead, cast.max.id)
    drain()
    assert titles(cast.max) == []


def test_for_an_owner_who_left_the_managers_hear(cast, lead):
    perform(identity.set_disabled, cast.ben, True, by=cast.ada)
    perform(events.record, LeadOptedOut(lead_id=lead.id, channel="sms", how="STOP"))
    drain()
    assert titles(cast.ada) == titles(cast.max) == ["Naledi Khumalo does not want texts any more"]
    assert titles(cast.ben) == titles(cast.mia) == []


def test_the_owner_hears_of_an_opt_out_once(cast, lead):
    perform(events.record, LeadOptedOut(lead_id=lead.id, channel="sms", how="STOP"))
    drain()
    drain()
    assert titles(cast.ben) == ["Naledi Khumalo does not want texts any more"]


@pytest.mark.parametrize(
    ("fact", "words"),
    [(MessageFailed, "was not sent: 550 no"), (MessageOutcomeUnknown, "may not have arrived: 550 no")],
)
@pytest.mark.parametrize(("author", "told"), [("max", "max"), (None, "ben")])
def test_the_author_else_the_owner_hears_of_a_message_that_did_not_arrive(cast, lead, fact, words, author, told):
    message = perform(
        plan_message,
        lead_id=lead.id,
        channel="email",
        subject="Hello",
        content="Hello",
        origin="manual",
        intent_key="composer:1",
        author_id=author and getattr(cast, author).id,
    )
    about = {"lead_id": lead.id, "message_id": message.id, "channel": "email", "origin": "manual"}
    perform(events.record, fact(**about, reason="550 no"))
    drain()
    assert titles(getattr(cast, told)) == [f"Your email to Naledi Khumalo {words}"]
    others = [user for user in (cast.ada, cast.ben, cast.max) if user.name != told.title()]
    assert [titles(user) for user in others] == [[], []]


@pytest.mark.parametrize("trouble", [OutcomeUnknown("cut off"), Refused("no such mailbox", "550")])
def test_managers_hear_once_a_day_of_what_is_nobodys(acme, cast, trouble):
    for n in range(3):
        plan(make_lead(email=f"lead{n}@example.com"), f"to {n}", origin="flow")
    FakeTransport(answers=[trouble] * 3).drain()
    drain()
    for manager in (cast.ada, cast.max):
        (note,) = queries.notifications_of(manager).items
        assert note.href == "/inbox?queue=failed"
    assert titles(cast.ben) == titles(cast.mia) == []
