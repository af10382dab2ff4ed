"""After a restore webhooks are a kind of their own: counted, shown, and released by a person."""

import pytest
from sqlalchemy import select

from leadcrm.automations import webhook_pause
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.models import CHANNELS, PAUSABLE, SendingPause
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import Conflict
from leadcrm.core.models import EventRow
from tests.automations.test_webhooks import CALL, outside, work

__all__ = ["outside"]
PAGE = "/settings/system/webhooks"


@pytest.fixture
def restored(acme, cast):
    """As a restore leaves every organization behind."""
    for organization_id in (acme.id, cast.rival.id):
        with tenancy.organization(organization_id):
            pause(PAUSABLE)


def pause(kinds) -> None:
    now = clock.real_now()
    with writing() as session:
        session.add_all(SendingPause(channel=kind, backup_at=now, paused_at=now, paused_by="root") for kind in kinds)


def test_no_other_release_lets_calls_go(rule, new_lead, outside, restored):
    rule(actions=[CALL])
    new_lead()
    for channel in CHANNELS:
        perform(conversations.release_sending, channel)
    assert work() == 0
    assert perform(webhook_pause.release) == 1
    assert work() == 1
    assert len(outside.heard) == 1


def test_calls_are_released_while_messages_wait(rule, new_lead, outside, restored, cast):
    rule(actions=[CALL])
    new_lead()
    perform(webhook_pause.release)
    assert work() == 1
    with tenancy.organization(cast.rival.id):
        assert webhook_pause.waiting() is not None, "another organization decides for itself"


def test_a_later_restore_pauses_again(restored):
    perform(webhook_pause.release)
    pause(["webhook"])
    assert webhook_pause.waiting() is not None


def test_the_page_counts_them_and_its_button_releases(rule, new_lead, restored, sign_in, cast):
    rule(actions=[CALL])
    new_lead()
    client = sign_in(cast.max)
    assert "Webhooks: 1 call would leave now" in client.get(PAGE, hx=True).text
    assert client.post(f"{PAGE}/release").status_code == 303
    assert "Release webhooks" not in client.get(PAGE, hx=True).text
    assert client.post(f"{PAGE}/release").status_code == 409
    db.session.rollback()
    fact = db.session.scalars(select(EventRow).where(EventRow.name == "webhooks.released")).one()
    assert (fact.data["waiting"], fact.actor) == (1, f"user:{cast.max.id}")


def test_what_is_not_paused_is_not_released(acme):
    assert webhook_pause.waiting() is None
    with pytest.raises(Conflict):
        perform(webhook_pause.release)
