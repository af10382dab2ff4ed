"""Whatever is typed into a field: a clear 422 or 413, nothing half-written, never a 500."""

import pytest
from sqlalchemy import func, select

from leadcrm.core.db import db
from leadcrm.leads.models import ContactPoint, Lead, LeadSearch, Tag

FIELDS = {
    "first_name": 120, "last_name": 120, "company": 160, "email": 254, "phone": 60, "interest": 200, "source": 60,
    "timezone": 60, "owner_id": 36, "tags": 400, "follow_up": 5, "form_key": 36, "revision": 9, "back": 2000,
}  # fmt: skip
ODD = {
    "emoji": "👩🏽‍🚀 Zoë",
    "right to left": "نعومي \u202eevil",
    "NUL": "a\x00b",
    "control": "a\x1bb",
    "HTML": '<script>alert(1)</script><img src=x onerror=alert(1) hx-get="/leads">',
    "template": "{{ 7*7 }}{% raw %}${7*7}",
    "SQL": "'; DROP TABLE leads; --",
    "number": "12345678901234567890",
    "zone that is none": "Mars/Olympus_Mons",
    "path": "../../etc/passwd",
    "blank": "   ",
}


def written() -> list[int]:
    db.session.rollback()
    return [db.session.scalar(select(func.count(model.id))) for model in (Lead, ContactPoint, LeadSearch, Tag)]


@pytest.mark.parametrize("field", FIELDS)
def test_any_value_is_kept_whole_or_refused_whole(sign_in, cast, acme, field):
    ada = sign_in(cast.ada)
    for name, value in ODD.items():
        before = written()
        answer = ada.post("/leads", data={"last_name": "Typed", field: value}, hx=True)
        assert answer.status_code in (200, 422), (name, answer.status_code)
        assert "<script>alert" not in answer.text
        if answer.status_code == 422:
            assert written() == before, name
            assert "aria-invalid" in answer.text or 'role="alert"' in answer.text, name
        else:
            shown = ada.get(answer.headers["HX-Redirect"])
            assert shown.status_code == 200, name
            assert "<script>alert" not in shown.text
            assert 'onerror=alert(1) hx-get="' not in shown.text


@pytest.mark.parametrize("field", [name for name in FIELDS if name != "follow_up"])
def test_too_long_is_refused_and_kept_on_the_screen(sign_in, cast, acme, field):
    answer = sign_in(cast.ada).post("/leads", data={"last_name": "Typed", field: "x" * (FIELDS[field] + 1)}, hx=True)
    assert answer.status_code == 422
    assert field == "last_name" or 'value="Typed"' in answer.text
    assert written()[0] == 0


@pytest.mark.parametrize("encoding", ["application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("field", ["first_name", "email", "form_key"])
def test_ten_megabytes_are_too_much(sign_in, cast, acme, field, encoding):
    typed = {"last_name": "Typed", field: "x" * 10_000_000}
    answer = sign_in(cast.ada).post("/leads", data=typed, content_type=encoding)
    assert answer.status_code in (413, 422)
    assert written()[0] == 0


def test_nothing_at_all_says_what_is_missing(sign_in, cast, acme):
    answer = sign_in(cast.ada).post("/leads", data={}, hx=True)
    assert answer.status_code == 422
    assert "Give a name, a company, an email address or a phone number." in answer.text


@pytest.mark.parametrize(
    ("path", "field"), [("status", "status"), ("status", "reason"), ("owner", "owner_id"), ("tags", "tags")]
)
@pytest.mark.parametrize("value", [*ODD.values(), "x" * 500, "converted"])
def test_changes_of_one_thing_refuse_nonsense(sign_in, cast, lead, path, field, value):
    ada = sign_in(cast.ada)
    answer = ada.post(f"/leads/{lead.id}/{path}", data={"status": "unqualified", field: value}, hx=True)
    assert answer.status_code in (200, 422)
    assert ada.get(f"/leads/{lead.id}").status_code == 200
    db.session.rollback()
    assert db.session.scalar(select(Lead.status).where(Lead.id == lead.id)) in ("new", "unqualified")
    assert db.session.scalar(select(Lead.owner_id).where(Lead.id == lead.id)) is None
