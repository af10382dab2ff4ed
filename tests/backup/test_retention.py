"""What is only needed for a while is forgotten in time, and nothing before it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from leadcrm.conversations.jobs import purge_raw_inbound
from leadcrm.conversations.models import RawInbound
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.identity import jobs, operations
from leadcrm.identity.letters import Letter
from leadcrm.identity.models import PasswordReset, StaffMail, UserSession
from leadcrm.identity.operations.letters import post_letter
from leadcrm.timetable import TIMETABLE


def days_ago(days: float):
    return clock.real_now() - timedelta(days=days)


def count(model) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(model.id)))


@pytest.mark.parametrize(("ended", "kept"), [(89, 1), (91, 0)])
def test_ended_sessions_are_kept_ninety_days(acme, cast, ended, kept):
    perform(operations.open_session, cast.ada.id)
    perform(operations.open_session, cast.ada.id)
    oldest = select(func.min(UserSession.id)).scalar_subquery()
    with writing() as session:
        session.execute(update(UserSession).where(UserSession.id == oldest).values(ended_at=days_ago(ended)))
    assert jobs.forget_sign_ins() == 1 - kept
    assert count(UserSession) == 1 + kept, "the open one stays"


def test_sessions_nobody_ended_are_kept_ninety_days_after_they_ran_out(acme, cast):
    perform(operations.open_session, cast.ada.id)
    with writing() as session:
        session.execute(update(UserSession).values(expires_at=days_ago(91)))
    assert jobs.forget_sign_ins() == 1


@pytest.mark.parametrize(
    ("made", "due", "kept"), [(29, None, 1), (31, None, 0), (31, clock.real_now() + timedelta(hours=1), 1)]
)
def test_letters_are_kept_thirty_days_and_until_they_are_sent(acme, made, due, kept):
    perform(post_letter, "ben@acme.test", Letter(subject="Hello", body="https://…"))
    with writing() as session:
        session.execute(update(StaffMail).values(created_at=days_ago(made), due_at=due))
    jobs.forget_sign_ins()
    assert count(StaffMail) == kept


@pytest.mark.parametrize(("expired", "kept"), [(29, 1), (31, 0)])
def test_reset_links_are_kept_thirty_days(acme, cast, expired, kept):
    with writing() as session:
        session.add(PasswordReset(user_id=cast.ada.id, token_hash="x" * 64, expires_at=days_ago(expired)))
    jobs.forget_sign_ins()
    assert count(PasswordReset) == kept


@pytest.mark.parametrize(("received", "done", "kept"), [(29, True, 1), (31, True, 0), (31, False, 1)])
def test_raw_webhooks_are_kept_thirty_days_and_until_they_were_read(acme, received, done, kept):
    with writing() as session:
        moment = days_ago(received)
        row = RawInbound(channel="email", external_id="<1@x>", body=b"x", received_at=moment, due_at=None)
        row.done_at = moment if done else None
        session.add(row)
    purge_raw_inbound()
    assert count(RawInbound) == kept


def test_many_are_forgotten_in_short_transactions(acme, cast, monkeypatch):
    monkeypatch.setattr(jobs, "FORGET_BATCH", 2)
    for _ in range(5):
        perform(operations.open_session, cast.ada.id)
    with writing() as session:
        session.execute(update(UserSession).values(ended_at=days_ago(100)))
    assert jobs.forget_sign_ins() == 5
    with tenancy.everyone():
        assert count(UserSession) == 0


def test_each_of_them_is_on_the_timetable():
    runs = {job.run for job in TIMETABLE}
    assert {jobs.forget_sign_ins, purge_raw_inbound} <= runs
