"""Templates: list, write, change, put away, preview."""

import pytest
from sqlalchemy import select

from leadcrm.conversations.models import Template
from leadcrm.core import tenancy
from leadcrm.core.db import db
from tests.conversations.conftest import make_lead
from tests.conversations.test_composer import NASTY, make_template
from tests.conversations.test_inbox import shown

GOOD = {
    "name": "Viewing",
    "channel": "email",
    "subject": "Hi {first_name|there}",
    "content": "See you, {name}",
}


@pytest.fixture
def ada(sign_in, cast):
    return sign_in(cast.ada)


def kept() -> list[Template]:
    db.session.expire_all()
    return list(db.session.scalars(select(Template).where(Template.purpose.is_(None)).order_by(Template.name)))


def test_write_change_archive_and_bring_back(ada, acme):
    assert ada.post("/templates", data=GOOD).status_code == 303
    (template,) = kept()
    assert "Viewing" in shown(ada.get("/templates"))
    page = shown(ada.get(f"/templates/{template.id}"))
    assert "See you, {name}" in page
    ada.post(f"/templates/{template.id}", data={**GOOD, "name": "House viewing"})
    assert kept()[0].name == "House viewing"
    archived = ada.post(f"/templates/{template.id}/archival", hx=True)
    assert f"/templates/{template.id}/restoration" in shown(archived)
    assert "House viewing" not in shown(ada.get("/templates"))
    assert "House viewing" in shown(ada.get("/templates?archived=1"))
    ada.post(f"/templates/{template.id}/restoration", hx=True)
    assert kept()[0].name == "House viewing"
    assert "House viewing" in shown(ada.get("/templates"))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"name": ""}, "Give it a name."), ({"content": ""}, "Write the text."), ({"subject": ""}, "needs a subject"),
        ({"content": "Hi {frist_name}"}, "There is no merge field {frist_name}"),
        ({"subject": "Hi {x}"}, "There is no merge field {x}"), ({"channel": "fax"}, "Not a valid choice"),
        ({"name": "x" * 81}, "longer than 80"), ({"content": "x" * 100_001}, "too long"),
        ({"channel": "sms", "content": "x" * 1601}, "too long"), ({"content": "a\x00b"}, "cannot be saved"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(ada, acme, changes, complaint):
    response = ada.post("/templates", data={**GOOD, **changes}, hx=True)
    assert response.status_code == 422
    assert complaint in shown(response)
    if "name" not in changes:
        assert 'value="Viewing"' in shown(response)
    assert kept() == []


def test_a_name_is_used_once(ada, acme):
    make_template(name="Viewing")
    response = ada.post("/templates", data=GOOD, hx=True)
    assert response.status_code == 422
    assert "already a template called Viewing" in shown(response)


def test_the_preview_reads_as_the_lead_would(ada, acme):
    lead = make_lead("Jane", email="jane@example.com")
    data = {**GOOD, "preview_lead": lead.id, "content": "Dear {first_name} of {company}, {nonsense}"}
    page = shown(ada.post("/templates/preview", data=data, hx=True))
    assert "Dear {first_name} of {company}, {nonsense}" in page or "Dear Jane of {company}" in page
    assert "We know no company" in page
    assert "There is no field nonsense" in page
    clean = {**data, "content": "Dear {first_name} of {company|your company}"}
    assert "Dear Jane of your company" in shown(ada.post("/templates/preview", data=clean, hx=True))


def test_a_rep_previews_only_for_leads_they_see(sign_in, cast, acme):
    ben, template = sign_in(cast.ben), make_template()
    own, others = make_lead("Jane", owner_id=cast.ben.id), make_lead("Zanele", owner_id=cast.max.id)
    page = ben.get(f"/templates/{template.id}").text
    assert own.name in page
    assert others.name not in page
    data = {**GOOD, "content": "Dear {first_name|somebody}"}
    for lead, read in ((own, "Dear Jane"), (others, "Dear somebody")):
        assert read in shown(ben.post("/templates/preview", data={**data, "preview_lead": lead.id}, hx=True))


@pytest.mark.parametrize("nasty", NASTY[:6])
def test_templates_are_text(ada, acme, nasty):
    make_lead("Jane", email="jane@example.com")
    make_template(name=nasty[:80], subject=nasty, content=nasty)
    template = kept()[0]
    for url in ("/templates", f"/templates/{template.id}", "/templates?archived=1"):
        page = shown(ada.get(url))
        if "<" in nasty or "'" in nasty:
            assert nasty not in page


def test_another_organization_gets_404(sign_in, cast, acme):
    template = make_template()
    with tenancy.organization(cast.rival.id):
        rita = sign_in(cast.rita)
        assert rita.get(f"/templates/{template.id}").status_code == 404
        for verb in ("", "/archival", "/restoration"):
            assert rita.post(f"/templates/{template.id}{verb}", data=GOOD).status_code == 404
        assert "Hello" not in shown(rita.get("/templates"))


def test_providers_are_kept_out(sign_in, cast, acme):
    pat = sign_in(cast.pat)
    for method, url in (("GET", "/templates"), ("POST", "/templates"), ("POST", "/templates/preview")):
        assert pat.open(url, method=method, data=GOOD).status_code == 403


def test_without_leads_the_form_still_opens(ada, acme):
    assert ada.get("/templates/new").status_code == 200
    assert ada.get("/templates/new?channel=nonsense").status_code == 200
