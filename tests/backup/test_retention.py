"""What is only needed for a while is forgotten in time, and nothing before it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from leadcrm.conversations.jobs import purge_raw_inbound
from leadcrm.conversations.models import RawInbound
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.models import RememberedAnswer
from leadcrm.core.values import new_id
from leadcrm.identity import jobs, operations
from leadcrm.identity.letters import Letter
from leadcrm.identity.models import PasswordReset, StaffMail, UserSession
from leadcrm.identity.operations.letters import post_letter
from leadcrm.imports.models import Import, ImportFile, ImportRow
from leadcrm.timetable import TIMETABLE
from leadcrm.tracking.models import Engagement, SiteVisit, Visitor
from tests.conversations.conftest import make_lead, plan

HOUR = 3600


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


# All of it by the timetable, whatever its jobs are called: who plants a row, its table, its days


def _session(cast, moment) -> None:
    session_id = perform(operations.open_session, cast.ada.id)[0].id
    _date(UserSession, session_id, ended_at=moment)


def _letter(cast, moment) -> None:
    perform(post_letter, "ben@acme.test", Letter(subject="Hello", body="https://…"))
    _date(StaffMail, _newest(StaffMail), created_at=moment, due_at=None)


def _reset(cast, moment) -> None:
    _add(PasswordReset(user_id=cast.ada.id, token_hash=new_id(), expires_at=moment))


def _raw_mail(cast, moment) -> None:
    _add(RawInbound(channel="email", external_id=new_id(), body=b"x", received_at=moment, done_at=moment, due_at=None))


def _answer(cast, moment) -> None:
    _add(RememberedAnswer(actor="ada", route="/leads", key=new_id(), request_hash="x" * 64, created_at=moment))


def _opened_mail(cast, moment) -> None:
    lead = make_lead(email=f"{new_id()}@example.com")
    message = plan(lead, new_id())
    _add(Engagement(lead_id=lead.id, message_id=message.id, kind="open", state="counted", at=moment))


def _visit(cast, moment) -> None:
    browser = Visitor(key=new_id()[:32], seen_at=moment)
    _add(browser)
    _add(SiteVisit(visitor_id=browser.id, url="https://shop.example/", kind="page", at=moment))


def _file(cast, moment) -> None:
    found = Import(**FILE, author_id=cast.ada.id, created_at=moment)
    _add(found)
    _add(ImportFile(import_id=found.id, content=b"Name"))


def _refused_row(cast, moment) -> None:
    found = Import(**FILE, author_id=cast.ada.id, state="done", started_at=moment, ended_at=moment)
    _add(found)
    _add(ImportRow(import_id=found.id, number=2, cells=["Jane"], outcome="refused", state="refused", reason="why"))


FILE = {"file_name": "list.csv", "encoding": "utf-8", "delimiter": ",", "headings": ["Name"], "rows": 1, "plan": {}}
KEPT = [
    (_session, UserSession, 90),
    (_letter, StaffMail, 30),
    (_reset, PasswordReset, 30),
    (_raw_mail, RawInbound, 30),
    (_answer, RememberedAnswer, 2),
    (_opened_mail, Engagement, 396),
    (_visit, SiteVisit, 396),
    (_visit, Visitor, 396),
    (_file, ImportFile, 7),
    (_refused_row, ImportRow, 90),
]


@pytest.mark.parametrize(("plant", "model", "days"), KEPT, ids=[f"{model.__name__}" for _, model, _ in KEPT])
def test_the_timetable_forgets_it_in_time_and_not_before(acme, cast, plant, model, days):
    plant(cast, days_ago(days - 0.1))
    _run_the_timetable()
    assert _rows(model) == 1
    plant(cast, days_ago(days + 0.1))
    _run_the_timetable()
    assert _rows(model) == 1


def _run_the_timetable() -> None:
    for job in TIMETABLE:
        if job.interval_seconds >= HOUR:
            job.run()


def _rows(model) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model))


def _newest(model) -> str:
    return db.session.scalar(select(func.max(model.id)))


def _add(row) -> None:
    with writing() as session:
        session.add(row)


def _date(model, row_id: str, **moments) -> None:
    with writing() as session:
        session.execute(update(model).where(model.id == row_id).values(**moments))
