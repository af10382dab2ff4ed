"""POST, GET and PATCH of leads."""

import pytest
from sqlalchemy import func, select

from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.values import new_id
from leadcrm.identity import operations as identity
from leadcrm.leads.models import Inquiry, Lead

NALEDI = {
    "first_name": "Naledi",
    "last_name": "Mokoena",
    "email": "Naledi@Example.com",
    "phone": "+27 82 555 0134",
    "timezone": "Africa/Johannesburg",
    "company": "Mokoena Trading",
    "source": "survey",
    "answers": {"budget": "2500000", "rooms": 3, "areas": ["Camps Bay", "Clifton"], "agent": None},
}


def count(model, organization) -> int:
    db.session.rollback()
    with tenancy.organization(organization.id):
        return db.session.scalar(select(func.count()).select_from(model))


@pytest.fixture
def naledi(anyone, cast) -> str:
    return anyone.post("/leads", {**NALEDI, "realtor_id": cast.rosa.realtor_id}).json["id"]


def test_a_public_submission_makes_a_lead_of_the_realtors_organization(anyone, ada, cast):
    answer = anyone.post("/leads", {**NALEDI, "realtor_id": cast.rosa.realtor_id})
    assert answer.status_code == 201
    assert answer.json["status"] == "new"
    assert answer.json["score"] == 0
    assert answer.json["next"]["kind"] == "thanks"
    assert answer.headers["Cache-Control"] == "no-store"
    lead = ada.get(f"/leads/{answer.json['id']}").json
    assert (lead["email"], lead["phone"]) == ("naledi@example.com", "+27825550134")
    assert lead["timezone"] == "Africa/Johannesburg"
    assert lead["owner"]["name"] == "Rosa"
    assert lead["inquiries"][0]["answers"] == NALEDI["answers"]


def test_the_thank_you_page_exists(anyone, cast):
    answer = anyone.post("/leads", {**NALEDI, "realtor_id": cast.rosa.realtor_id})
    path = answer.json["next"]["url"].removeprefix("http://127.0.0.1:8000")
    page = anyone.client.get(path)
    assert page.status_code == 200
    assert "Rosa" in page.text
    assert anyone.client.get(f"/thanks/{new_id()}").status_code == 404
    assert anyone.client.get("/thanks").status_code == 200


def test_a_known_phone_is_the_same_lead_and_keeps_what_we_hold(anyone, ada, cast, naledi):
    again = {"realtor_id": cast.rosa.realtor_id, "name": "N. Someone", "phone": "+27825550134", "answers": {"rooms": 4}}
    answer = anyone.post("/leads", again)
    assert (answer.status_code, answer.json["id"]) == (200, naledi)
    lead = ada.get(f"/leads/{naledi}").json
    assert lead["name"] == "Naledi Mokoena"
    newest = lead["inquiries"][0]
    assert newest["answers"] == {"rooms": 4}
    assert "last_name" in newest["differences"]


def test_a_whole_name_is_told_apart(ada):
    lead_id = ada.post("/leads", {"name": "Jo van der Merwe", "email": "jo@example.com"}).json["id"]
    lead = ada.get(f"/leads/{lead_id}").json
    assert (lead["first_name"], lead["last_name"]) == ("Jo van der", "Merwe")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"realtor_id": None}, "realtor_id"),
        ({"realtor_id": "not-an-id"}, "realtor_id"),
        ({"email": "nobody"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"answers": {"deep": {"er": 1}}}, "answers"),
        ({"owner_id": "x"}, "owner_id"),
        ({"status": "qualified"}, "status"),
        ({"score": 100}, "score"),
        ({"organization_id": "x"}, "organization_id"),
        ({"tags": ["vip"]}, "tags"),
        ({"email": "", "phone": ""}, "email"),
    ],
)
def test_a_bad_body_is_a_400_that_names_the_field(anyone, cast, change, field):
    body = {
        key: value
        for key, value in {**NALEDI, "realtor_id": cast.rosa.realtor_id, **change}.items()
        if value is not None
    }
    answer = anyone.post("/leads", body)
    assert answer.status_code == 400
    assert field in answer.json["error"]["fields"]
    assert count(Lead, cast.acme) == 0


def test_an_unknown_realtor_is_a_404(anyone, cast):
    answer = anyone.post("/leads", {**NALEDI, "realtor_id": new_id()})
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_a_provider_is_no_realtor(anyone, cast):
    account = {"email": "vic@acme.example", "name": "Vic", "role": "provider", "realtor": True}
    provider = perform(identity.create_user, organization_id=cast.acme.id, **account)
    assert anyone.post("/leads", {**NALEDI, "realtor_id": provider.realtor_id}).status_code == 404
    assert count(Lead, cast.acme) == 0


def test_a_token_needs_no_realtor_but_may_not_name_anothers(ada, rita, cast):
    assert ada.post("/leads", NALEDI).status_code == 201
    assert rita.post("/leads", {**NALEDI, "realtor_id": cast.rosa.realtor_id}).status_code == 404
    assert count(Lead, cast.rival) == 0


def test_an_invalid_token_is_not_the_public(caller, cast):
    stranger = caller()
    stranger.token = "lc_nonsense"
    answer = stranger.post("/leads", {**NALEDI, "realtor_id": cast.rosa.realtor_id})
    assert answer.status_code == 401
    assert "invalid_token" in answer.headers["WWW-Authenticate"]


def test_lists_filter_search_sort_and_page(ada):
    for number in range(5):
        ada.post("/leads", {"first_name": f"Ann{number}", "email": f"ann{number}@example.com"})
    first = ada.get("/leads", limit=2, sort="name").json
    second = ada.get("/leads", limit=2, sort="name", cursor=first["next"]).json
    third = ada.get("/leads", limit=2, sort="name", cursor=second["next"]).json
    assert [lead["name"] for page in (first, second, third) for lead in page["items"]] == [f"Ann{n}" for n in range(5)]
    assert third["next"] is None
    assert [lead["name"] for lead in ada.get("/leads", q="ann3@").json["items"]] == ["Ann3"]
    assert ada.get("/leads", status="qualified").json["items"] == []
    assert len(ada.get("/leads", owner="none").json["items"]) == 5
    assert ada.get("/leads", filter="booked").json == {"items": [], "next": None}
    assert ada.get("/leads", cursor="nonsense").status_code == 400


def test_hot_leads_have_a_score_of_70_or_more(ada, cast, naledi):
    assert ada.get("/leads", filter="hot").json["items"] == []
    with tenancy.organization(cast.acme.id):
        perform(_set_score, naledi, 70)
    assert [lead["id"] for lead in ada.get("/leads", filter="hot").json["items"]] == [naledi]
    lead = ada.get(f"/leads/{naledi}").json
    assert sum(line["points"] for line in lead["score_lines"]) == lead["score"] == 70


def _set_score(lead_id: str, score: int) -> None:
    db.session.scalars(select(Lead).where(Lead.id == lead_id)).one().score = score


def test_a_patch_changes_what_it_names(ada, cast, naledi):
    body = {"company": "Mokoena & Co", "tags": ["cash buyer"], "status": "qualified", "owner_id": cast.ben.id}
    lead = ada.patch(f"/leads/{naledi}", body)
    assert lead.status_code == 200
    assert lead.json["company"] == "Mokoena & Co"
    assert lead.json["tags"] == ["cash buyer"]
    assert lead.json["status"] == "qualified"
    assert lead.json["owner"]["id"] == cast.ben.id
    assert lead.json["first_name"] == "Naledi"
    assert ada.patch(f"/leads/{naledi}", {"owner_id": None}).json["owner"] is None


def test_a_patch_is_all_or_nothing_and_rules_answer_422(ada, naledi):
    answer = ada.patch(f"/leads/{naledi}", {"company": "New name", "status": "unqualified"})
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["reason"])
    assert ada.get(f"/leads/{naledi}").json["company"] == "Mokoena Trading"
    assert ada.patch(f"/leads/{naledi}", {"status": "converted"}).status_code == 422
    assert ada.patch(f"/leads/{naledi}", {"score": 100}).status_code == 422


def test_a_stale_patch_is_a_409(ada, naledi):
    revision = ada.get(f"/leads/{naledi}").json["revision"]
    assert ada.patch(f"/leads/{naledi}", {"company": "One", "revision": revision}).status_code == 200
    answer = ada.patch(f"/leads/{naledi}", {"company": "Two", "revision": revision})
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "conflict")


@pytest.mark.parametrize("said", [{"status": "contacted"}, {"tags": ["vip"]}, {"owner_id": None}])
def test_a_stale_patch_of_anything_is_a_409_unless_it_says_what_is_there(ada, naledi, said):
    revision = ada.get(f"/leads/{naledi}").json["revision"]
    ada.patch(f"/leads/{naledi}", {"company": "One"})
    before = ada.get(f"/leads/{naledi}").json
    assert ada.patch(f"/leads/{naledi}", {**said, "revision": revision}).status_code == 409
    assert ada.get(f"/leads/{naledi}").json == before
    assert ada.patch(f"/leads/{naledi}", {"status": before["status"], "revision": revision}).status_code == 200


def test_an_owner_of_another_organization_is_refused(ada, cast, naledi):
    answer = ada.patch(f"/leads/{naledi}", {"owner_id": cast.rita.id})
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["owner_id"])


def test_reps_see_their_own_leads_and_nobodys(caller, cast, naledi):
    ben, rosa = caller(cast.ben), caller(cast.rosa)
    assert ben.get(f"/leads/{naledi}").status_code == 404
    assert ben.get("/leads").json["items"] == []
    assert ben.get("/events", lead_id=naledi).json["items"] == []
    assert rosa.get(f"/leads/{naledi}").status_code == 200


def test_a_public_repetition_leaves_one_lead_and_two_inquiries(anyone, cast, naledi):
    anyone.post("/leads", {**NALEDI, "realtor_id": cast.rosa.realtor_id})
    assert (count(Lead, cast.acme), count(Inquiry, cast.acme)) == (1, 2)


def test_a_place_is_taken_shown_and_changed(anyone, ada, cast):
    said = {"realtor_id": cast.rosa.realtor_id, "email": "jo@example.com", "city": "Portland", "country": "US"}
    lead_id = anyone.post("/leads", said).json["id"]
    lead = ada.get(f"/leads/{lead_id}").json
    assert (lead["city"], lead["country"], lead["timezone"]) == ("Portland", "US", "America/Los_Angeles")
    answer = ada.patch(f"/leads/{lead_id}", {"city": "Cape Town", "country": "ZA"})
    assert (answer.status_code, answer.json["country"], answer.json["timezone"]) == (200, "ZA", "Africa/Johannesburg")
    assert ada.patch(f"/leads/{lead_id}", {"city": "", "country": ""}).json["country"] == ""
    with tenancy.organization(cast.acme.id):
        payload = db.session.scalars(select(Inquiry.payload)).one()
    assert (payload["city"], payload["country"]) == ("Portland", "US")


@pytest.mark.parametrize("country", ["South Africa", "za", "ZZ", "Z", 1])
def test_a_country_is_a_code(anyone, ada, cast, naledi, country):
    said = {"realtor_id": cast.rosa.realtor_id, "email": "jo@example.com", "country": country}
    for answer in (anyone.post("/leads", said), ada.patch(f"/leads/{naledi}", {"country": country})):
        assert answer.status_code in (400, 422)
        assert "country" in answer.json["error"]["fields"]
