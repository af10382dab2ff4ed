"""The verbs of leads: what they keep, what they refuse, what they record."""

import threading
from itertools import chain

import pytest
from sqlalchemy import func, select

from leadcrm.core import events, tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.models import EventRow
from leadcrm.leads import operations, queries, search
from leadcrm.leads.data import Filters, LeadData
from leadcrm.leads.models import ContactPoint, Inquiry, Lead, LeadSearch
from leadcrm.leads.queries import lists


def create(**said) -> Lead:
    return perform(operations.create_lead, LeadData(**said), by=None)


def capture(**said) -> tuple[Lead, bool]:
    return perform(operations.capture_lead, LeadData(**said), realtor=None)


def facts(lead: Lead) -> list[str]:
    return list(db.session.scalars(select(EventRow.name).where(EventRow.lead_id == lead.id).order_by(EventRow.id)))


def found(user, query: str) -> list[str]:
    return [row.name for row in queries.lead_list(user, Filters(q=query)).items]


def test_a_typed_lead_is_kept_in_one_shape(acme):
    lead = create(first_name="Jo", last_name="Ramírez", email="Jo.R@Example.COM", phone="(212) 555-0147")
    assert lead.name == "Jo Ramírez"
    assert {(point.kind, point.value) for point in lead.contact_points} == {
        ("email", "jo.r@example.com"),
        ("phone", "+12125550147"),
    }
    assert (lead.timezone, lead.zone_source) == ("America/New_York", "phone")
    assert facts(lead) == ["lead.created"]


def test_the_zone_is_chosen_else_the_phones_else_the_organizations(acme):
    assert create(first_name="A", timezone="Asia/Tokyo").zone_source == "chosen"
    assert create(first_name="B", phone="+27 21 555 0147").timezone == "Africa/Johannesburg"
    lead = create(first_name="C", phone="+1 800 555 0199")  # toll-free: many zones
    assert (lead.timezone, lead.zone_source) == ("America/New_York", "organization")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"last_name": "Shah", "company": "Shah Ltd"}, "Shah"),
        ({"company": "Shah Ltd"}, "Shah Ltd"),
        ({"email": "a@b.example"}, "a@b.example"),
        ({"phone": "+27215550147"}, "+27215550147"),
    ],
)
def test_a_name_is_never_empty(acme, said, name):
    assert create(**said).name == name


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "first_name"),
        ({"first_name": "A", "email": "nonsense"}, "email"),
        ({"first_name": "A", "email": "a@localhost"}, "email"),
        ({"first_name": "A", "phone": "123"}, "phone"),
        ({"first_name": "A", "phone": "9" * 1000}, "phone"),
        ({"first_name": "A", "timezone": "Mars/Olympus"}, "timezone"),
        ({"first_name": "A", "owner_id": "nobody"}, "owner_id"),
        ({"first_name": "A", "tags": ["x" * 41]}, "tags"),
        ({"first_name": "A", "tags": [str(n) for n in range(21)]}, "tags"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field_and_leaves_nothing(acme, said, field):
    with pytest.raises(DomainError) as refusal:
        create(**said)
    assert refusal.value.field == field
    assert db.session.scalar(select(func.count(Lead.id))) == 0


def test_owners_are_of_the_own_team_and_no_providers(acme, cast):
    for stranger in (cast.rita, cast.pat):
        with pytest.raises(DomainError):
            create(first_name="A", owner_id=stranger.id)
    assert create(first_name="A", owner_id=cast.ben.id).owner_id == cast.ben.id


def test_one_rendering_of_a_form_makes_one_lead(acme):
    key = "0198c0de-0000-7000-8000-000000000001"
    first = perform(operations.create_lead, LeadData(first_name="A"), by=None, form_key=key)
    again = perform(operations.create_lead, LeadData(first_name="A"), by=None, form_key=key)
    assert first.id == again.id
    assert facts(first) == ["lead.created"]


def test_a_follow_up_needs_an_address_and_is_a_fact(acme, cast):
    with pytest.raises(DomainError) as refusal:
        perform(operations.create_lead, LeadData(first_name="A"), by=cast.ben, follow_up=True)
    assert refusal.value.field == "follow_up"
    lead = perform(operations.create_lead, LeadData(email="a@b.example"), by=cast.ben, follow_up=True)
    assert facts(lead) == ["lead.created", "lead.follow_up_requested"]


def test_several_leads_may_share_an_address_and_the_first_is_found_by_it(acme):
    first, second = create(first_name="A", phone="+27215550147"), create(first_name="B", phone="+27215550147")
    assert queries.find_by_address("phone", "+27 21 555 0147").id == first.id
    assert [lead.id for lead in queries.duplicates("", "+27215550147", except_id=second.id)] == [first.id]
    perform(operations.edit_lead, first, LeadData(phone="+27215550100"))
    assert queries.find_by_address("phone", "+27215550147").id == second.id


def test_a_known_phone_is_the_same_lead_filled_but_never_overwritten(acme):
    lead, is_new = capture(first_name="Jo", phone="+27215550147", answers={"rooms": 3})
    assert is_new
    same, is_new = capture(
        first_name="Joanna", last_name="Shah", email="jo2@b.example", phone="+27 21 555 0147", timezone="Europe/Paris"
    )
    assert not is_new
    assert same.id == lead.id
    assert (same.first_name, same.last_name, same.name) == ("Jo", "Shah", "Jo Shah")
    assert (same.timezone, same.zone_source) == ("Europe/Paris", "browser")
    newest = db.session.scalars(select(Inquiry).order_by(Inquiry.id.desc())).first()
    assert newest.differences == {"first_name": {"held": "Jo", "said": "Joanna"}}
    assert facts(lead) == ["lead.created", "lead.inquired"]


def test_an_email_decides_only_where_one_side_has_no_phone(acme):
    with_phone, _ = capture(first_name="A", email="a@b.example", phone="+27215550147")
    assert capture(first_name="A", email="A@b.example") == (with_phone, False)
    _, is_new = capture(first_name="A", email="a@b.example", phone="+27215550148")
    assert is_new
    without_phone, _ = capture(email="c@b.example")
    assert capture(email="c@b.example", phone="+27215550149") == (without_phone, False)
    assert {point.value for point in without_phone.contact_points} == {"c@b.example", "+27215550149"}


def test_a_submission_brings_a_lead_back_from_the_archive(acme):
    lead, _ = capture(phone="+27215550147")
    perform(operations.archive_lead, lead)
    same, is_new = capture(phone="+27215550147")
    assert (same.id, is_new, same.archived_at) == (lead.id, False, None)
    assert facts(lead) == ["lead.created", "lead.archived", "lead.restored", "lead.inquired"]


def test_two_submissions_at_once_make_one_lead(app, acme):
    barrier, made = threading.Barrier(4), []

    def submit() -> None:
        with app.app_context(), tenancy.organization(acme.id):
            barrier.wait()
            made.append(capture(first_name="A", phone="+27215550147"))
            db.session.remove()

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    db.session.rollback()  # look afresh
    assert len({lead.id for lead, _ in made}) == 1
    assert sorted(is_new for _, is_new in made) == [False, False, False, True]
    assert db.session.scalar(select(func.count(Inquiry.id))) == 4


def test_a_stale_edit_is_refused_and_changes_nothing(acme):
    lead = create(first_name="A", company="Old")
    seen = lead.revision
    perform(operations.edit_lead, lead, LeadData(company="New"), seen)
    with pytest.raises(Conflict):
        perform(operations.edit_lead, lead, LeadData(company="Other", owner_id=""), seen)
    db.session.rollback()
    assert db.session.scalar(select(Lead.company)) == "New"
    perform(operations.edit_lead, lead, LeadData(company="New"), seen)  # says what is there: nothing is overwritten


def test_an_address_can_be_changed_and_taken_away(acme):
    lead = create(first_name="A", email="a@b.example", phone="+27215550147")
    perform(operations.edit_lead, lead, LeadData(email="new@b.example", phone=""))
    assert [point.value for point in lead.contact_points] == ["new@b.example"]
    assert queries.address_of([lead.id], "sms") == {}
    assert facts(lead)[-1] == "lead.edited"
    assert db.session.scalar(select(func.count(ContactPoint.id))) == 1


def test_status_rules(acme):
    lead = create(first_name="A")
    with pytest.raises(DomainError):
        perform(operations.change_status, lead, "converted")
    with pytest.raises(DomainError) as refusal:
        perform(operations.change_status, lead, "unqualified")
    assert refusal.value.field == "reason"
    perform(operations.change_status, lead, "unqualified", "No budget")
    assert (lead.status, lead.status_reason) == ("unqualified", "No budget")
    assert facts(lead)[-1] == "lead.status_changed"


def test_the_first_word_of_a_person_makes_a_new_lead_contacted_unless_set_by_hand(acme, cast):
    untouched, by_hand = create(first_name="A"), create(first_name="B")
    with events.acting_as(f"user:{cast.ben.id}"):
        perform(operations.change_status, by_hand, "qualified")
        perform(operations.change_status, by_hand, "new")
    for lead in (untouched, by_hand):
        perform(operations.note_contact, lead.id)
    assert (untouched.status, by_hand.status) == ("contacted", "new")


def test_note_activity_only_moves_forward_and_keeps_forms_valid(acme):
    lead = create(first_name="A")
    later = lead.last_activity_at.replace(year=lead.last_activity_at.year + 1)
    revision, updated_at = lead.revision, lead.updated_at
    perform(operations.note_activity, lead.id, later)
    perform(operations.note_activity, lead.id, updated_at)
    db.session.refresh(lead)
    assert (lead.last_activity_at, lead.revision, lead.updated_at) == (later, revision, updated_at)


def test_only_the_own_last_word_is_undone(acme, cast):
    lead = create(first_name="A", tags=["Garden"])
    with events.acting_as(f"user:{cast.ben.id}"):
        done = [
            *perform(operations.assign_leads, [lead], cast.ben.id),
            *perform(operations.tag_leads, [lead], ["Urgent"]),
            *perform(operations.archive_leads, [lead]),
        ]
        assert perform(operations.undo, done, cast.max) == []
        perform(operations.undo, done, cast.ben)
    assert (lead.owner_id, lead.archived_at, [tag.name for tag in lead.tags]) == (None, None, ["Garden"])
    with events.acting_as(f"user:{cast.ben.id}"):
        done = perform(operations.assign_leads, [lead], cast.ben.id)
        perform(operations.assign_lead, lead, cast.max.id)
        assert perform(operations.undo, done, cast.ben) == []
    assert lead.owner_id == cast.max.id


def test_tags_are_one_word_whatever_the_case(acme):
    first, second = create(first_name="A", tags=["Garden"]), create(first_name="B", tags=["garden", "GARDEN "])
    assert [tag.id for tag in first.tags] == [tag.id for tag in second.tags]


def test_merge_values_cost_three_queries_for_a_batch(acme, cast):
    from tests.conftest import count_queries

    leads = [create(first_name=f"A{n}", email=f"a{n}@b.example", owner_id=cast.ben.id).id for n in range(20)]
    db.session.expire_all()
    with count_queries() as seen:
        values = queries.merge_values(leads)
    assert len(seen) <= 3
    assert values[leads[3]] | {"first_name": "A3", "email": "a3@b.example", "owner_name": "Ben"} == values[leads[3]]


def test_a_stranger_becomes_a_lead_and_is_found_again(acme):
    lead = perform(operations.receive_stranger, "email", "Sam@New.example", "Sam van Wyk")
    assert (lead.first_name, lead.last_name) == ("Sam", "van Wyk")
    assert queries.find_by_address("email", "sam@new.example").id == lead.id
    assert perform(operations.receive_stranger, "phone", "INFO", "").name == "info"


@pytest.mark.parametrize(
    "query",
    [
        "jo",
        "JO",
        "ram",
        "amír",
        "ramirez jo",
        "example",
        "o.r@ex",
        "5550147",
        "(212) 555",
        "212-555-0147",
        "acme p",
        "j",
    ],
)
def test_a_lead_is_found_by_any_part(acme, cast, query):
    create(
        first_name="Jo", last_name="Ramírez", company="Acme Plumbing", email="jo.r@example.com", phone="212 555 0147"
    )
    create(first_name="Ingrid", last_name="Shah")
    assert found(cast.ada, query) == ["Jo Ramírez"]


@pytest.mark.parametrize("query", ["o", "ohj", "ramí jor", '"', "'; --", "NOT", "a* OR", "%", "_", "5550199", "éé"])
def test_what_is_not_there_is_not_found_and_nothing_breaks(acme, cast, query):
    create(first_name="Jo", last_name="Ramírez", email="jo.r@example.com")
    assert found(cast.ada, query) == []


@pytest.mark.parametrize(("few", "many"), [(4, 9), (6, 40), (40, 40)])
def test_a_search_finds_its_pages_wherever_the_matches_lie(acme, cast, monkeypatch, few, many):
    """Among the newest, among the old, in stretches, forwards and back."""
    for name, value in (("FEW", few), ("MANY", many)):
        monkeypatch.setattr(search, name, value)
    for name, value in (("OFTEN_FOUND", 2), ("FOUND_UP_TO", 3)):
        monkeypatch.setattr(lists, name, value)
    lists._listing.cache_clear()
    for n in range(30):
        create(first_name="Maya" if n % 10 > 6 or n < 5 else "Adam", last_name=f"{n}")
    pages, cursor = [], None
    while cursor or not pages:
        pages.append(queries.lead_list(cast.ada, Filters(q="maya"), cursor=cursor, limit=3, counted=True))
        cursor = pages[-1].next
    names = [[row.name for row in page.items] for page in pages]
    assert [*chain.from_iterable(names)] == [f"Maya {n}" for n in range(29, -1, -1) if n % 10 > 6 or n < 5]
    assert {row.matching for page in pages for row in page.items} == {4}
    back = [queries.lead_list(cast.ada, Filters(q="maya"), cursor=page.previous, limit=3) for page in pages[1:]]
    assert [[row.name for row in page.items] for page in back] == names[:-1]
    lists._listing.cache_clear()


def test_search_follows_edits_and_stays_in_its_organization(app, cast):
    with tenancy.organization(cast.acme.id):
        lead = create(first_name="Jo", last_name="Ramírez")
        perform(operations.edit_lead, lead, LeadData(last_name="Shah"))
        assert found(cast.ada, "ramirez") == []
        assert found(cast.ada, "shah") == ["Jo Shah"]
    with tenancy.organization(cast.rival.id):
        assert found(cast.rita, "shah") == []
    with tenancy.organization(cast.acme.id):
        perform(lambda: db.session.delete(db.session.scalars(select(Lead)).one()))
        assert db.session.scalar(select(func.count(LeadSearch.id))) == 0
        assert found(cast.ada, "shah") == []


def test_reps_see_their_own_and_unassigned_leads(acme, cast):
    for name, owner in (("Own", cast.ben), ("Free", None), ("Others", cast.max)):
        create(first_name=name, owner_id=owner.id if owner else None)
    assert {row.name for row in queries.lead_list(cast.ben, Filters()).items} == {"Own", "Free"}
    assert {row.name for row in queries.lead_list(cast.mia, Filters()).items} == {"Own", "Free", "Others"}
    assert queries.lead_list(cast.pat, Filters()).items == []
    assert queries.count_leads(cast.ben, Filters()) == 2
