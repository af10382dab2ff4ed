"""Files that are looked at and taken in: what becomes of each row, once, whoever is killed on the way."""

import threading
from datetime import date

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from leadcrm.automations import operations as automations
from leadcrm.automations.jobs import look_for_quiet_leads
from leadcrm.automations.models import AutomationRun
from leadcrm.automations.operations import AutomationData
from leadcrm.conversations.models import Message
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, get_or_404, perform, writing
from leadcrm.core.drains import drain_events
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.models import Debt, EventRow
from leadcrm.flows import operations as flows
from leadcrm.flows.models import Enrolment
from leadcrm.flows.operations import StepData
from leadcrm.imports import jobs, operations
from leadcrm.imports.jobs import drain_imports
from leadcrm.imports.models import ImportFile, ImportRow
from leadcrm.imports.operations import running
from leadcrm.leads import operations as lead_verbs
from leadcrm.leads.data import Consent, LeadData
from leadcrm.leads.models import ContactPoint, Inquiry, Lead
from leadcrm.notifications.models import Notification
from tests.imports.conftest import PEOPLE, address_of, again, lead_of, leads, rows_of, work

DAY = date(2026, 3, 1)
DAYS = 86_400


def known(**said) -> Lead:
    lead = perform(lead_verbs.create_lead, LeadData(**said), by=None)
    drain_events(lambda: False)
    return lead


def facts(lead: Lead) -> list[str]:
    named = select(EventRow.name).where(EventRow.lead_id == lead.id).order_by(EventRow.id)
    return list(db.session.scalars(named))


def test_nothing_is_done_before_somebody_says_so(bring):
    found = bring(PEOPLE)
    assert (found.state, found.checked, found.foreseen) == ("ready", 2, {"new": 2})
    assert not leads()
    assert [(row.number, row.outcome, row.state) for row in rows_of(found)] == [
        (2, "new", "waiting"),
        (3, "new", "waiting"),
    ]


def test_new_people_become_leads_with_their_row_as_their_inquiry(take_in, cast):
    found = take_in(PEOPLE, owner_id=cast.ben.id, tags=("fair",), source="spring fair")
    assert (found.state, found.results) == ("done", {"new": 2})
    lead = lead_of("Naledi Khumalo")
    assert (lead.company, lead.source, lead.owner_id, lead.status) == (
        "Khumalo & Co",
        "spring fair",
        cast.ben.id,
        "new",
    )
    assert (address_of(lead, "email"), address_of(lead, "phone")) == ("naledi@mail.example", "+12125550123")
    assert [tag.name for tag in lead.tags] == ["fair"]
    inquiry = db.session.scalars(select(Inquiry).where(Inquiry.lead_id == lead.id)).one()
    assert inquiry.payload["Phone"] == "+12125550123"
    assert {row.lead_id for row in rows_of(found)} == {lead.id for lead in leads()}
    actor = db.session.scalars(select(EventRow.actor).where(EventRow.name == "lead.created")).first()
    assert actor == f"user:{cast.ada.id}"
    assert not db.session.scalar(select(func.count()).select_from(ImportFile))


def test_who_is_known_is_filled_never_overwritten(take_in, bring):
    lead = known(first_name="Naledi", email="naledi@mail.example", company="Old Co")
    text = "First name,Last name,Email,Phone,Company,Tags\nNal,Khumalo,naledi@mail.example,+12125550123,New Co,vip\n"
    row = rows_of(bring(text))[0]
    assert (row.outcome, row.lead_id) == ("known", lead.id)
    assert row.detail["texts"] == {"last_name": "Khumalo"}
    assert row.detail["addresses"] == [["phone", "+12125550123"]]
    assert set(row.detail["differences"]) == {"first_name", "company"}
    found = take_in(text)
    lead = lead_of("Naledi Khumalo")
    assert (lead.company, address_of(lead, "phone")) == ("Old Co", "+12125550123")
    assert (found.results, len(leads())) == ({"known": 1}, 1)
    assert facts(lead) == ["lead.created", "lead.imported"]
    inquiry = db.session.scalars(select(Inquiry).where(Inquiry.lead_id == lead.id)).one()
    assert inquiry.differences["company"] == {"held": "Old Co", "said": "New Co"}


def test_the_same_person_twice_in_a_file_is_one_lead(take_in, bring):
    text = (
        "Name,Email,Phone\nJo Doe,jo@mail.example,\nJoanna Doe,JO@mail.example,+12125550123\n"
        "Jim,jim@mail.example,+12125550123\nOther,jo@mail.example,+12125550199\n"
    )
    assert [(row.outcome, row.reason) for row in rows_of(bring(text))] == [
        ("new", ""),
        ("repeat", "The same person as in row 2"),
        ("repeat", "The same person as in row 3"),
        ("new", ""),
    ]
    found = take_in(text)
    assert found.results == {"new": 2, "repeat": 2}
    assert address_of(lead_of("Jo Doe"), "phone") == "+12125550123"


def test_twins_far_apart_are_seen_too(bring, monkeypatch):
    monkeypatch.setattr(jobs, "LOOKED_AT", 2)
    text = "Email\n" + "".join(f"a{n % 3}@mail.example\n" for n in range(7))
    assert bring(text).foreseen == {"new": 3, "repeat": 4}


def test_who_is_in_the_archive_stays_there(take_in):
    lead = known(first_name="Jo", email="jo@mail.example")
    perform(lead_verbs.archive_lead, lead)
    take_in("Email,Last name\njo@mail.example,Doe\n")
    lead = lead_of("Jo Doe")
    assert lead.archived_at is not None
    assert "lead.restored" not in facts(lead)


def test_refused_rows_say_why_and_stop_nobody(take_in):
    found = take_in("Name,Email\nJo,jo@mail.example\nAl,nobody\n,\nEm,em@mail.example\n")
    assert found.results == {"new": 2}
    assert [(row.number, row.reason[:5]) for row in rows_of(found) if row.state == "refused"] == [(3, "Email")]


def test_a_file_of_refused_rows_cannot_be_started(bring):
    with pytest.raises(DomainError, match="No row can be imported"):
        perform(operations.start_import, bring("Email\nnobody\n"), announces=False)


def test_leads_begin_where_they_were(take_in):
    take_in("Name,Status,Score,Created\nJo,Qualified,55,2024-02-03T10:00:00+00:00\n")
    lead = lead_of("Jo")
    assert (lead.status, lead.score, lead.created_at.isoformat()) == ("qualified", 55, "2024-02-03T10:00:00+00:00")
    assert facts(lead) == ["lead.created", "lead.status_changed", "lead.scored"]


def test_consent_is_noted_with_source_and_day(take_in):
    take_in(PEOPLE, consent_source="fair", consent_on=DAY)
    points = db.session.execute(select(ContactPoint.consent_source, ContactPoint.consent_on)).all()
    assert points == [("fair", DAY)] * 3


def test_a_later_consent_stays(take_in):
    known(first_name="Jo", email="jo@mail.example", consent=Consent("form", date(2026, 5, 1)))
    take_in("Email\njo@mail.example\n", consent_source="fair", consent_on=DAY)
    assert db.session.scalars(select(ContactPoint.consent_source)).one() == "form"


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"consent_source": "fair"}, "consent_on"),
        ({"consent_on": DAY}, "consent_source"),
        ({"consent_source": "fair", "consent_on": date(2098, 1, 1)}, "consent_on"),
        ({"owner_id": "nobody"}, "owner_id"),
        ({"tags": ("x" * 41,)}, "tags"),
        ({"columns": ("ignore", "ignore", "ignore", "ignore")}, None),
        ({"columns": ("email", "email", "phone", "company")}, None),
        ({"columns": ("email",)}, None),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(bring, plan, field):
    with pytest.raises(DomainError) as refusal:
        bring(PEOPLE, **plan)
    assert refusal.value.field == field


@pytest.fixture
def greeting(acme):
    """A rule and a flow that greet every new lead."""
    flow = perform(flows.create_flow, "Welcome", "new_lead")
    perform(flows.add_step, flow, StepData("email", "Hello", "Hi", 0, None, subject="Hello"))
    perform(flows.set_flow_enabled, flow, True)
    note = {"kind": "create_note", "body": "Hello"}
    rule = perform(automations.create_automation, AutomationData("Greet", "lead.created", actions=[note]))
    perform(automations.set_automation_enabled, rule, True)


def test_an_import_greets_nobody_unless_it_is_asked_to(take_in, greeting):
    take_in(PEOPLE, consent_source="fair", consent_on=DAY)
    counts = [
        db.session.scalar(select(func.count()).select_from(model))
        for model in (Enrolment, Message, AutomationRun, Debt)
    ]
    assert counts == [0, 0, 0, 0]


def test_an_import_may_greet_its_new_leads_like_any_others(take_in, greeting):
    known(first_name="Jo", email="jo@mail.example")
    take_in(PEOPLE, announces=True)
    for model in (Enrolment, Message, AutomationRun):  # who was known was greeted when they came
        assert set(db.session.scalars(select(model.lead_id))) == {lead.id for lead in leads()}
        assert db.session.scalar(select(func.count()).select_from(model)) == 2


def test_no_silence_begins_with_whom_nobody_greeted_before_something_is_said(take_in):
    note = {"kind": "create_note", "body": "Quiet"}
    data = AutomationData("Quiet", "quiet.no_activity", actions=[note], quiet_seconds=2 * DAYS)
    perform(automations.set_automation_enabled, perform(automations.create_automation, data), True)
    take_in(PEOPLE)
    take_in("Name\nGreeted\n", announces=True)
    clock.move(3 * DAYS)
    assert look_for_quiet_leads() == 1
    db.session.rollback()
    assert db.session.scalars(select(AutomationRun.lead_id)).all() == [lead_of("Greeted").id]
    perform(lead_verbs.note_activity, lead_of("Jo Doe").id, clock.now())
    clock.move(6 * DAYS)
    assert look_for_quiet_leads() == 1


def test_the_author_hears_when_it_is_done(take_in, cast):
    take_in(PEOPLE)
    notice = db.session.scalars(select(Notification)).one()
    assert (notice.user_id, notice.title) == (cast.ada.id, "fair.csv is imported: 2 new leads")


def test_one_lead_is_told_of_as_one(take_in):
    take_in("Name\nNaledi\n")
    assert db.session.scalars(select(Notification.title)).all() == ["fair.csv is imported: 1 new lead"]


def test_it_stops_and_goes_on(bring, monkeypatch):
    monkeypatch.setattr(jobs, "TAKEN_IN", 1)
    found = bring(PEOPLE)
    perform(operations.start_import, found, announces=False)
    jobs_done = iter([False, True])
    drain_imports(lambda: next(jobs_done))
    perform(operations.stop_import, again(found))
    work()
    assert (again(found).state, len(leads())) == ("stopped", 1)
    perform(operations.resume_import, again(found))
    work()
    assert (again(found).state, len(leads())) == ("done", 2)


def test_a_row_is_taken_in_once_however_often_it_is_asked_for(bring):
    found = bring(PEOPLE)
    perform(operations.start_import, found, announces=False)
    readings = jobs._read(jobs._reader(found), [jobs.Record(row.number, tuple(row.cells)) for row in rows_of(found)])
    for _ in range(2):
        perform(running.take_in_rows, found.id, readings)
    assert (len(leads()), again(found).results) == (2, {"new": 2})
    with pytest.raises(IntegrityError), writing() as session:
        session.add(ImportRow(import_id=found.id, number=2, cells=[], outcome="new"))


def test_a_worker_that_is_killed_in_a_batch_leaves_nothing_of_it(bring, monkeypatch):
    found = bring(PEOPLE)
    perform(operations.start_import, found, announces=False)
    with monkeypatch.context() as patch:
        patch.setattr(running, "_note_done", _die)
        with pytest.raises(SystemExit):
            drain_imports(lambda: False)
    assert not leads()
    work()
    assert (len(leads()), again(found).results) == (2, {"new": 2})


def _die(*arguments) -> None:
    raise SystemExit


def test_two_workers_at_once_take_each_row_in_once(app, cast, bring, monkeypatch):
    monkeypatch.setattr(jobs, "TAKEN_IN", 3)
    found = bring("Email\n" + "".join(f"a{n}@mail.example\n" for n in range(30)))
    perform(operations.start_import, found, announces=False)

    def worker() -> None:
        with app.app_context():
            drain_imports(lambda: False)

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(leads()), again(found).results, again(found).state) == (30, {"new": 30}, "done")


def test_what_was_started_is_not_mapped_again(bring):
    found = bring(PEOPLE)
    perform(operations.start_import, found, announces=False)
    for verb in (operations.map_again, operations.discard_import):
        with pytest.raises(Conflict):
            perform(verb, again(found))


def test_mapping_again_forgets_what_was_seen(bring):
    found = bring(PEOPLE)
    perform(operations.map_again, found)
    assert (again(found).state, again(found).checked, rows_of(found)) == ("mapping", 0, [])


def test_a_row_that_somebody_else_made_impossible_meanwhile_is_refused(bring, cast):
    found = bring("Name,Owner\nJo,Ben\nAl,\n")
    perform(operations.start_import, found, announces=False)
    with tenancy.everyone(), writing() as session:
        session.execute(update(type(cast.ben)).where(type(cast.ben).id == cast.ben.id).values(disabled_at=func.now()))
    work()
    assert again(found).results == {"refused": 1, "new": 1}
    assert "Nobody of your team" in rows_of(found)[0].reason


def test_another_organization_sees_nothing_of_it(bring, cast):
    found = bring(PEOPLE)
    with tenancy.organization(cast.rival.id), pytest.raises(DomainError):
        get_or_404(type(found), found.id)
