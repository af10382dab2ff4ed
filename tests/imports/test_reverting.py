"""Taking an import back: all of it, but for what something happened with since."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from leadcrm.conversations.models import Message
from leadcrm.core import clock
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import Conflict
from leadcrm.core.models import Debt
from leadcrm.flows import operations as flows
from leadcrm.flows.models import Enrolment
from leadcrm.flows.operations import StepData
from leadcrm.imports import jobs, operations
from leadcrm.imports.jobs import forget_old_imports
from leadcrm.imports.models import Import, ImportFile, ImportRow
from leadcrm.imports.operations import reverting
from leadcrm.leads import operations as lead_verbs
from leadcrm.leads.data import Consent, LeadData
from leadcrm.leads.models import ContactPoint
from leadcrm.notifications.models import Notification
from tests.imports.conftest import PEOPLE, address_of, again, lead_of, leads, rows_of, work

DAY = date(2026, 3, 1)


@pytest.fixture
def revert():
    def make(found: Import) -> Import:
        perform(operations.revert_import, again(found))
        work()
        return again(found)

    return make


def states(found: Import) -> list[str]:
    return [row.state for row in rows_of(found)]


def test_leads_it_made_go_to_the_archive(take_in, revert):
    found = revert(take_in(PEOPLE, consent_source="fair", consent_on=DAY))
    assert (found.state, found.undone) == ("reverted", {"archived": 2})
    assert all(lead.archived_at for lead in leads())
    assert not db.session.scalars(
        select(ContactPoint.consent_source).where(ContactPoint.consent_source.is_not(None))
    ).all()
    assert not db.session.scalar(select(func.count()).select_from(Debt))
    assert "fair.csv is reverted" in db.session.scalars(select(Notification.title)).all()


def test_the_file_mended_comes_in_anew(take_in, revert):
    revert(take_in(PEOPLE))
    assert take_in(PEOPLE.replace("Jo Doe", "Joanna Doe")).results == {"new": 2}
    assert {lead.name for lead in leads() if lead.archived_at is None} == {"Naledi Khumalo", "Joanna Doe"}


def test_three_times_in_and_out_finds_nobody_of_before(take_in, revert):
    for _ in range(3):
        assert revert(take_in(PEOPLE)).undone == {"archived": 2}


@pytest.mark.parametrize(
    "touch",
    [
        lambda lead: perform(lead_verbs.add_note, lead, "Called", None),
        lambda lead: perform(lead_verbs.change_status, lead, "contacted"),
        lambda lead: perform(lead_verbs.edit_lead, lead, LeadData(company="Another")),
        lambda lead: perform(lead_verbs.capture_lead, LeadData(email="jo@mail.example"), realtor=None),
    ],
)
def test_what_something_happened_with_stays_and_says_so(take_in, revert, touch):
    found = take_in(PEOPLE)
    touch(lead_of("Jo Doe"))
    found = revert(found)
    assert found.undone == {"archived": 1, "left": 1}
    assert lead_of("Jo Doe").archived_at is None
    assert [(row.state, row.reason) for row in rows_of(found)] == [
        ("reverted", ""),
        ("left", "Something happened with this lead since"),
    ]


def test_what_it_filled_is_emptied_again(take_in, revert):
    lead = perform(
        lead_verbs.create_lead,
        LeadData(
            first_name="Naledi", email="naledi@mail.example", tags=["old"], consent=Consent("form", date(2026, 1, 1))
        ),
        by=None,
    )
    text = (
        "Email,Last name,Phone,Company,Tags,Time zone,City,Country\n"
        "naledi@mail.example,Khumalo,+12125550123,K Co,vip,Europe/London,Cape Town,ZA\n"
    )
    found = take_in(text, consent_source="fair", consent_on=DAY)
    lead = lead_of("Naledi Khumalo")
    assert (lead.timezone, len(lead.tags), address_of(lead, "phone")) == ("Europe/London", 2, "+12125550123")
    assert lead.place == ("Cape Town", "ZA")
    found = revert(found)
    lead = lead_of("Naledi")
    assert (found.undone, lead.archived_at) == ({"emptied": 1}, None)
    assert (lead.last_name, lead.company, address_of(lead, "phone")) == ("", "", "")
    assert (lead.timezone, lead.zone_source, lead.place) == ("America/New_York", "organization", ("", ""))
    assert [tag.name for tag in lead.tags] == ["old"]
    (point,) = lead.contact_points
    assert (point.consent_source, point.consent_on) == ("form", date(2026, 1, 1))


def test_what_says_something_else_by_now_stays(take_in, revert):
    perform(lead_verbs.create_lead, LeadData(first_name="Jo", email="jo@mail.example"), by=None)
    found = take_in("Email,Last name,Company\njo@mail.example,Doe,K Co\n", consent_source="fair", consent_on=DAY)
    lead = lead_of("Jo Doe")
    later = Consent("form", date(2026, 6, 1))
    perform(lead_verbs.edit_lead, lead, LeadData(company="Mine", consent=later))
    found = revert(found)
    lead = lead_of("Jo")
    assert (lead.last_name, lead.company) == ("", "Mine")
    assert lead.contact_points[0].consent_source == "form"
    assert (found.undone, rows_of(found)[0].reason) == ({"left": 1}, "By now the lead has another company")
    told = "fair.csv is reverted: 1 row stays, because something happened since"
    assert told in db.session.scalars(select(Notification.title)).all()


def test_people_who_were_twice_in_the_file_go_as_one(take_in, revert):
    text = "Name,Email,Company\nJo,jo@mail.example,\nJo,jo@mail.example,K Co\n"
    found = revert(take_in(text))
    assert (states(found), found.undone) == (["reverted", "reverted"], {"archived": 1, "repeat": 1})
    found = take_in(text)
    perform(lead_verbs.add_note, next(lead for lead in leads() if not lead.archived_at), "Called", None)
    assert states(revert(found)) == ["left", "left"]


def test_who_was_greeted_and_heard_nothing_yet_leaves_the_flow(take_in, revert):
    flow = perform(flows.create_flow, "Welcome", "new_lead")
    perform(flows.add_step, flow, StepData("email", "Hello", "Hi", 3, None, subject="Hello"))
    perform(flows.set_flow_enabled, flow, True)
    found = revert(take_in(PEOPLE, announces=True))
    work()
    assert found.undone == {"archived": 2}
    assert set(db.session.scalars(select(Enrolment.state))) == {"exited"}
    assert set(db.session.scalars(select(Message.status))) == {"skipped"}


def test_who_comes_back_from_the_archive_is_found_again(take_in, revert):
    revert(take_in(PEOPLE))
    lead = lead_of("Jo Doe")
    perform(lead_verbs.restore_lead, lead)
    found, is_new = perform(lead_verbs.capture_lead, LeadData(email="jo@mail.example"), realtor=None)
    assert (found.id, is_new) == (lead.id, False)


def test_it_is_done_in_batches_each_once(take_in, revert, monkeypatch):
    monkeypatch.setattr(reverting, "REVERTED", 3)
    text = "Email\n" + "".join(f"a{n}@mail.example\n" for n in range(10))
    found = take_in(text)
    perform(operations.revert_import, again(found))
    stops = iter([False, True])
    jobs.drain_imports(lambda: next(stops))
    assert states(found).count("reverted") == 3
    work()
    assert (again(found).state, again(found).undone) == ("reverted", {"archived": 10})


def test_a_stopped_import_is_reverted_as_far_as_it_came(bring, revert, monkeypatch):
    monkeypatch.setattr(jobs, "TAKEN_IN", 1)
    found = bring(PEOPLE)
    perform(operations.start_import, found, announces=False)
    stops = iter([False, True])
    jobs.drain_imports(lambda: next(stops))
    perform(operations.stop_import, again(found))
    assert (revert(found).undone, states(found)) == ({"archived": 1}, ["reverted", "waiting"])


def test_what_was_not_done_is_not_reverted(bring, take_in, revert):
    with pytest.raises(Conflict):
        revert(bring(PEOPLE))
    found = revert(take_in(PEOPLE))
    with pytest.raises(Conflict):
        revert(found)


def test_files_that_nobody_imports_are_forgotten_after_a_week(bring):
    found = bring(PEOPLE)
    assert forget_old_imports() == 0
    clock.move(timedelta(days=7, minutes=1).total_seconds())
    assert forget_old_imports() == 1
    assert [db.session.scalar(select(func.count()).select_from(it)) for it in (Import, ImportFile, ImportRow)] == [
        0,
        0,
        0,
    ]
    assert found


def test_what_rows_said_is_forgotten_after_three_months(take_in, revert):
    found = take_in(PEOPLE + "Refused,nobody,,\n")
    with writing() as session:
        session.execute(update(Import).values(ended_at=clock.now() - timedelta(days=91)))
    assert forget_old_imports() == 1
    assert [(row.cells, row.email, row.detail, bool(row.lead_id)) for row in rows_of(found)] == [([], "", {}, True)] * 2
    assert again(found).results == {"new": 2}
    assert forget_old_imports() == 0
    with pytest.raises(Conflict, match="was forgotten"):
        revert(found)
