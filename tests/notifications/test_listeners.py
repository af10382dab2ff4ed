"""What an owner hears at sign-in, and who hears of messages that are nobody's."""

import pytest
from sqlalchemy import select

from leadcrm.adapters.ports import OutcomeUnknown, Refused
from leadcrm.core import clock
from leadcrm.core.db import db, writing
from leadcrm.core.drains import drain_events
from leadcrm.notifications.models import Notification
from tests.conversations.conftest import FakeTransport, make_lead, plan


def told(starts: str) -> list[Notification]:
    db.session.rollback()
    return list(db.session.scalars(select(Notification).where(Notification.key.startswith(starts))))


def drain() -> None:
    drain_events(lambda: False)


def test_an_owner_with_a_password_alone_is_asked_once_a_month(acme, cast, sign_in):
    for _ in range(2):
        sign_in(cast.ada).get("/leads")
        drain()
    (note,) = told("second-factor:")
    assert (note.user_id, note.href) == (cast.ada.id, "/settings/security/two-factor")
    clock.move(40 * 86400)
    sign_in(cast.ada).get("/leads")
    drain()
    assert len(told("second-factor:")) == 2


def test_neither_others_nor_who_has_a_second_factor_are_asked(acme, cast, sign_in):
    with writing():
        cast.ada.totp_secret = b"what stands there does not matter here"
    for person in (cast.ada, cast.max, cast.ben):
        sign_in(person).get("/leads")
    drain()
    assert told("second-factor:") == []


@pytest.mark.parametrize("trouble", [OutcomeUnknown("cut off"), Refused("no such mailbox", "550")])
def test_managers_hear_once_a_day_of_what_is_nobodys(acme, cast, trouble):
    for n in range(3):
        plan(make_lead(email=f"lead{n}@example.com"), f"to {n}", origin="flow")
    FakeTransport(answers=[trouble] * 3).drain()
    drain()
    notes = told("trouble:")
    assert {note.user_id for note in notes} == {cast.ada.id, cast.max.id}
    assert len(notes) == 2
    assert {note.href for note in notes} == {"/inbox?queue=failed"}


def test_the_owner_of_a_lead_hears_of_each(acme, cast):
    plan(make_lead(email="jane@example.com", owner_id=cast.ben.id), origin="flow")
    FakeTransport(answers=[OutcomeUnknown("cut off")]).drain()
    drain()
    assert told("trouble:") == []
    assert {note.user_id for note in told("message.unknown:")} == {cast.ben.id}
