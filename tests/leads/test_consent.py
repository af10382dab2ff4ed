"""Where and when somebody agreed to be written to is kept beside the address, shown, and stronger than nothing else."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from leadcrm.conversations import operations as conversations
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.errors import DomainError
from leadcrm.core.models import EventRow
from leadcrm.identity import operations as identity
from leadcrm.leads import operations
from leadcrm.leads.data import Consent, LeadData
from leadcrm.leads.models import ContactPoint, Lead

FAIR = Consent("trade fair form", date(2026, 3, 1))
EMAIL, PHONE = "jane@leads.example", "+12125550123"


def held() -> dict[str, tuple[str | None, date | None]]:
    """Source and day by address."""
    db.session.rollback()
    db.session.expire_all()
    rows = db.session.scalars(select(ContactPoint).order_by(ContactPoint.value))
    return {row.value: (row.consent_source, row.consent_on) for row in rows}


def noted() -> list[dict]:
    db.session.rollback()
    with tenancy.everyone():
        facts = select(EventRow).where(EventRow.name == "lead.consent_noted").order_by(EventRow.id)
        return [row.told for row in db.session.scalars(facts)]


@pytest.fixture
def jane(acme) -> Lead:
    return perform(operations.create_lead, LeadData(first_name="Jane", email=EMAIL, phone=PHONE), by=None)


@pytest.fixture
def api(app, cast):
    """Calls the API as Ada."""
    with tenancy.organization(cast.acme.id):
        _, secret = perform(identity.create_token, cast.ada, "import")
    headers = {"Authorization": f"Bearer {secret}"}
    return lambda method, path, **body: app.test_client().open(f"/api{path}", method=method, json=body, headers=headers)


def test_an_import_keeps_where_and_when(acme, api):
    consent = {"source": "trade fair form", "date": "2026-03-01"}
    answer = api("POST", "/leads", first_name="Jane", email=EMAIL, phone=PHONE, consent=consent)
    assert answer.status_code == 201
    assert held() == {EMAIL: (FAIR.source, FAIR.on), PHONE: (FAIR.source, FAIR.on)}
    shown = api("GET", f"/leads/{answer.json['id']}").json["consents"]
    assert sorted(shown, key=lambda one: one["kind"]) == [
        {"kind": "email", "address": EMAIL, **consent},
        {"kind": "phone", "address": PHONE, **consent},
    ]
    (fact,) = noted()
    assert (fact["kinds"], fact["source"], fact["on"]) == (["email", "phone"], "trade fair form", "2026-03-01")


def test_the_same_import_again_changes_nothing_and_an_older_one_neither(acme, api):
    for day in ("2026-03-01", "2026-03-01", "2025-01-01"):
        consent = {"source": f"form of {day}", "date": day}
        assert api("POST", "/leads", email=EMAIL, phone=PHONE, consent=consent).status_code in (200, 201)
    assert held()[EMAIL] == ("form of 2026-03-01", date(2026, 3, 1))
    assert len(noted()) == 1


def test_a_submission_without_consent_takes_none_away(acme, api):
    api("POST", "/leads", email=EMAIL, phone=PHONE, consent={"source": "fair", "date": "2026-03-01"})
    api("POST", "/leads", email=EMAIL, phone=PHONE)
    assert held()[EMAIL] == ("fair", date(2026, 3, 1))


@pytest.mark.parametrize(
    "consent",
    [
        "fair", [], {}, {"source": "fair"}, {"date": "2026-03-01"}, {"source": "", "date": "2026-03-01"},
        {"source": "fair", "date": ""}, {"source": "fair", "date": "yesterday"},
        {"source": "fair", "date": "9999-12-31"},
        {"source": "x" * 121, "date": "2026-03-01"}, {"source": "fair", "date": "2026-03-01", "by": "me"},
    ],
)  # fmt: skip
def test_half_a_consent_is_none(acme, api, consent):
    assert api("POST", "/leads", email=EMAIL, consent=consent).status_code == 400
    assert held() == {}


def test_it_can_be_typed_in_changed_and_taken_back(acme, cast, sign_in):
    client = sign_in(cast.ada)
    typed = {"first_name": "Jane", "email": EMAIL, "consent_source": FAIR.source, "consent_on": "2026-03-01"}
    assert client.post("/leads", data=typed, hx=True).status_code == 200
    assert held() == {EMAIL: (FAIR.source, FAIR.on)}
    lead = db.session.scalars(select(Lead)).one()
    page = client.get(f"/leads/{lead.id}").text
    assert "trade fair form, 1 Mar 2026" in page
    form = client.get(f"/leads/{lead.id}/edit").text
    assert 'value="trade fair form"' in form
    assert 'value="2026-03-01"' in form
    client.post(f"/leads/{lead.id}", data={**typed, "consent_source": "phone call"}, hx=True)
    assert held() == {EMAIL: ("phone call", FAIR.on)}
    client.post(f"/leads/{lead.id}", data={**typed, "consent_source": "", "consent_on": ""}, hx=True)
    assert held() == {EMAIL: (None, None)}
    assert [fact.get("source", "") for fact in noted()] == [FAIR.source, "phone call", ""]


@pytest.mark.parametrize(
    ("field", "value"),
    [("consent_on", ""), ("consent_source", ""), ("consent_on", "2099-01-01"), ("consent_on", "soon")],
)
def test_what_does_not_go_together_is_said_beside_the_field(acme, cast, sign_in, field, value):
    typed = {"first_name": "Jane", "email": EMAIL, "consent_source": FAIR.source, "consent_on": "2026-03-01"}
    answer = sign_in(cast.ada).post("/leads", data={**typed, field: value}, hx=True)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert EMAIL in answer.text
    assert held() == {}


def test_editing_something_else_leaves_each_address_its_own_consent(jane):
    perform(operations.edit_lead, jane, LeadData(consent=FAIR))
    perform(operations.edit_lead, jane, LeadData(phone="+12125550199"))
    assert held() == {EMAIL: (FAIR.source, FAIR.on), "+12125550199": (None, None)}
    perform(operations.edit_lead, get_or_404(Lead, jane.id), LeadData(company="Doe", consent=FAIR))
    assert held()["+12125550199"] == (None, None), "a new number has not agreed to anything"


def test_a_consent_lifts_no_opt_out(jane):
    perform(conversations.opt_out, jane.id, "email", EMAIL, "unsubscribed")
    perform(operations.edit_lead, jane, LeadData(consent=Consent("called", clock.now().date())))
    assert conversations.is_suppressed("email", EMAIL)


def test_nobody_agrees_in_the_future(jane):
    with pytest.raises(DomainError, match="not come yet"):
        perform(operations.edit_lead, jane, LeadData(consent=Consent("fair", clock.now().date() + timedelta(days=3))))
