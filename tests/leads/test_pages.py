"""Pages of leads: every address works, refuses what makes no sense, and shows nothing of others."""

import csv
import html
import io
import re

import pytest
from sqlalchemy import func, select

from leadcrm.core.db import Base, db, perform
from leadcrm.leads import operations, queries
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead, Note
from tests.conftest import count_queries
from tests.databases import BACKEND

READ = [
    "/leads", "/leads/new", "/leads/filters", "/leads/export.csv", "/leads/count", "/leads/duplicates",
    "/leads/bulk/owner", "/leads/bulk/tags", "/leads/zones", "/leads/countries", "/palette", "/palette?q=naledi",
]  # fmt: skip
READ_OF_ONE = [
    "/leads?open={id}", "/leads/{id}", "/leads/{id}?tab=notes", "/leads/{id}?tab=inquiries", "/leads/{id}/panel",
    "/leads/{id}/details", "/leads/{id}/title", "/leads/{id}/edit", "/leads/{id}/fields/company",
    "/leads/{id}/fields/company/value", "/leads/{id}/status", "/leads/{id}/owner", "/leads/{id}/tags",
]  # fmt: skip
WRITES_TO_ONE = {
    "/leads/{id}": {"first_name": "Other"},
    "/leads/{id}/status": {"status": "qualified"},
    "/leads/{id}/owner": {"owner_id": ""},
    "/leads/{id}/tags": {"tags": "Sea view"},
    "/leads/{id}/archival": {},
    "/leads/{id}/restoration": {},
    "/leads/{id}/notes": {"body": "Hello"},
    "/leads/{id}/fields/company": {"company": "Acme", "was": ""},
    "/leads/{id}/fields/company/undo": {"company": "Acme", "was": ""},
}
WRITES = {
    "/leads": {"first_name": "New"},
    "/leads/bulk/owner": {"owner_id": ""},
    "/leads/bulk/tags": {"tags": "Sea view"},
    "/leads/bulk/archival": {},
    "/leads/undo": {},
}


def snapshot() -> dict[str, int]:
    """How much every table holds, and every lead as it is."""
    db.session.rollback()
    counts = {
        table.name: db.session.connection().scalar(select(func.count()).select_from(table))
        for table in Base.metadata.sorted_tables
        if table.name not in ("user_sessions",)
    }
    return counts | {"state": [tuple(row) for row in db.session.connection().execute(select(Lead.__table__))]}


@pytest.mark.parametrize("hx", [False, True])
@pytest.mark.parametrize("path", READ + READ_OF_ONE)
def test_every_page_shows(sign_in, cast, lead, path, hx):
    answer = sign_in(cast.ada).get(path.format(id=lead.id), hx=hx, follow_redirects=True)
    assert answer.status_code == 200


@pytest.mark.parametrize("hx", [False, True])
@pytest.mark.parametrize("path", WRITES | WRITES_TO_ONE)
def test_every_change_works(sign_in, cast, lead, path, hx):
    fields = {**(WRITES | WRITES_TO_ONE)[path], "ids": [lead.id]}
    answer = sign_in(cast.ada).post(path.format(id=lead.id), data=fields, hx=hx)
    assert answer.status_code in ((200,) if hx or path.endswith(("notes", "company")) else (303,))


@pytest.mark.parametrize("path", READ_OF_ONE)
def test_pages_of_another_organizations_lead_are_not_there(sign_in, cast, lead, path):
    assert sign_in(cast.rita).get(path.format(id=lead.id)).status_code == 404


@pytest.mark.parametrize("path", WRITES_TO_ONE)
def test_another_organizations_lead_cannot_be_changed(sign_in, cast, lead, path):
    rita = sign_in(cast.rita)
    before = snapshot()
    assert rita.post(path.format(id=lead.id), data=WRITES_TO_ONE[path]).status_code == 404
    assert snapshot() == before


@pytest.mark.parametrize("path", ["/leads/bulk/owner", "/leads/bulk/tags", "/leads/bulk/archival"])
def test_ids_of_another_organization_change_nothing(sign_in, cast, lead, path):
    rita = sign_in(cast.rita)
    before = snapshot()
    rita.post(path, data={**WRITES[path], "ids": [lead.id]})
    assert snapshot() == before


@pytest.mark.parametrize("path", READ_OF_ONE)
def test_a_colleagues_lead_is_not_there_for_a_rep(sign_in, cast, lead, path):
    perform(operations.assign_lead, lead, cast.max.id)
    assert sign_in(cast.ben).get(path.format(id=lead.id)).status_code == 404
    assert sign_in(cast.max).get(path.format(id=lead.id), follow_redirects=True).status_code == 200


@pytest.mark.parametrize("path", READ + READ_OF_ONE)
def test_providers_see_none_of_it(sign_in, cast, lead, path):
    assert sign_in(cast.pat).get(path.format(id=lead.id)).status_code == 403


@pytest.mark.parametrize("path", WRITES | WRITES_TO_ONE)
def test_providers_change_none_of_it(sign_in, cast, lead, path):
    pat = sign_in(cast.pat)
    before = snapshot()
    fields = {**(WRITES | WRITES_TO_ONE)[path], "ids": [lead.id]}
    assert pat.post(path.format(id=lead.id), data=fields).status_code == 403
    assert snapshot() == before


@pytest.mark.parametrize(
    "path", ["/leads/nobody", "/leads/%00", "/leads/nobody/panel", "/leads?open=nobody", "/leads?open=%00"]
)
def test_a_lead_that_is_not_there(sign_in, cast, lead, path):
    assert sign_in(cast.ada).get(path).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["cursor=nonsense", "cursor=WyJ4IiwwLDFd"],
)
def test_a_foreign_page_address_is_refused(sign_in, cast, lead, query):
    assert sign_in(cast.ada).get(f"/leads?{query}").status_code == 400


@pytest.mark.parametrize(
    "query",
    ["score=abc", "score=101", "score=" + "9" * 400, "owner=x", "tag=%00", "status=x", "has=fax",
     "created_from=yesterday", "created_to=9999-12-31", "created_from=0001-01-01", "q=" + "x" * 500, "q=a%00b"],
)  # fmt: skip
@pytest.mark.parametrize("hx", [False, True])
def test_a_filter_that_makes_no_sense_is_named_and_left_out(sign_in, cast, lead, query, hx):
    answer = sign_in(cast.ada).get(f"/leads?{query}", hx=hx)
    assert answer.status_code == 422
    assert "was not understood" in answer.text
    assert "Naledi" in answer.text


def test_odd_but_harmless_addresses_show_the_list(sign_in, cast, lead):
    ada = sign_in(cast.ada)
    for query in ("sort=x", "dir=x", "page=-1", "page=9999999999999999", "page=²", "archived=0&q=%F0%9F%98%80"):
        assert ada.get(f"/leads?{query}").status_code == 200, query


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=naledi", True), ("q=nobody", False), ("status=new", True), ("status=contacted&status=qualified", False),
        ("owner=none", True), ("owner=me", False), ("source=manual", True), ("source=api", False), ("score=1", False),
        ("score=0", True), ("has=email&has=phone", True), ("archived=1", False), ("created_from=2020-01-01", True),
        ("created_to=2020-01-01", False), ("q=naledi&sort=score", True), ("q=+27 21 555", True),
    ],
)  # fmt: skip
def test_filters_narrow_the_list(sign_in, cast, lead, query, shown):
    assert (f'id="lead-{lead.id}"' in sign_in(cast.ada).get(f"/leads?{query}").text) is shown


def test_the_list_pages_by_key_in_both_directions(sign_in, acme, cast):
    for number in range(120):
        perform(operations.create_lead, LeadData(first_name=f"Lead {number:03}"), by=None)
    ada, seen = sign_in(cast.ada), []
    url = "/leads?sort=name"
    for label in ("1–50", "51–100", "101–120"):
        text = ada.get(url).text
        assert f"{label} of <b>120</b>" in " ".join(text.split())
        seen += [part.split("<")[0] for part in text.split("Select Lead ")[1:]]
        after = text.split('aria-label="Next page"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
        before, url = url, after
    assert seen == [f"{number:03}" for number in range(120)]
    assert "51–100" in ada.get(before).text or before


def test_the_open_lead_has_a_place_and_neighbours_also_on_the_next_page(sign_in, acme, cast):
    for number in range(52):
        perform(operations.create_lead, LeadData(first_name=f"Lead {number:03}"), by=None)
    ada = sign_in(cast.ada)
    page = ada.get("/leads?sort=name&open=last").text
    assert "50 of 52" in page
    assert "Lead: Lead 049" in page
    following = html.unescape(re.search(r'href="([^"]+)"[^>]*id="panel-next"', page)[1])
    answer = ada.get(following, hx=True)
    assert "51 of 52" in answer.text
    assert "Lead: Lead 050" in answer.text
    assert answer.headers["HX-Push-Url"].startswith("/leads?sort=name&cursor=")
    lead_id = answer.headers["HX-Push-Url"].rpartition("open=")[2]
    panel = ada.get(f"/leads/{lead_id}/panel?" + answer.headers["HX-Push-Url"].partition("?")[2], hx=True)
    assert "51 of 52" in panel.text
    assert 'id="panel-next"' in panel.text
    back = html.unescape(re.search(r'href="([^"]+)"[^>]*id="panel-previous"', panel.text)[1])
    assert "50 of 52" in ada.get(back, hx=True).text
    assert "of 52" not in ada.get(f"/leads?q=nobody&open={lead_id}").text


def test_large_lists_are_counted_only_so_far(sign_in, acme, cast, monkeypatch):
    monkeypatch.setattr(queries.lists, "COUNTED_UP_TO", 3)
    monkeypatch.setattr(queries.lists, "FOUND_UP_TO", 2)
    for number in range(5):
        perform(operations.create_lead, LeadData(first_name=f"Lead {number}"), by=None)
    page = sign_in(cast.ada).get("/leads?open=first").text
    assert "1 of 3+" in page
    assert 'title="Count them all">3+</a>' in page
    found = sign_in(cast.ada).get("/leads?q=lead").text
    assert 'title="Count them all">2+</a>' in found


def test_lists_and_records_make_a_fixed_number_of_queries(sign_in, acme, cast):
    for number in range(60):
        said = LeadData(first_name=f"L{number}", email=f"l{number}@b.example", tags=["a", "b"], owner_id=cast.ben.id)
        lead = perform(operations.create_lead, said, by=None)
    tag_id = lead.tags[0].id
    ada = sign_in(cast.ada)
    for url, most in (
        ("/leads", 4),
        ("/leads?q=l5&sort=score", 4),
        (f"/leads?owner={cast.ben.id}&tag={tag_id}&status=new&has=email", 6),
        (f"/leads?open={lead.id}", 6),
        (f"/leads/{lead.id}", 5),
        (f"/leads/{lead.id}?tab=notes", 6),
    ):
        assert queries_of(ada, url) <= most, url


def test_a_note_whose_answer_was_lost_is_saved_once(sign_in, cast, lead):
    ada = sign_in(cast.ada)
    page = ada.get(f"/leads/{lead.id}?tab=notes").text
    note = {"body": "Ask about the roof", "form_key": re.search(r'name="form_key"[^>]* value="([^"]+)"', page)[1]}
    again, after = [ada.post(f"/leads/{lead.id}/notes", data=note, hx=True).text for _ in range(2)]
    assert len(db.session.scalars(select(Note)).all()) == 1
    assert note["form_key"] not in after, "the next note is another one"
    assert again.count("Ask about the roof") == after.count("Ask about the roof") == 1


def test_fragments_ask_for_nothing_they_do_not_show(sign_in, acme, cast, lead):
    """Who asks, and what it is about: the numbers beside the sidebar are for whole pages."""
    ada = sign_in(cast.ada)
    for url, most in (
        ("/leads", 2),
        (f"/leads/{lead.id}/panel", 4),
        (f"/leads/{lead.id}/details", 3),
        (f"/leads/{lead.id}/fields/company", 3),
        ("/palette?q=l5", 3 if BACKEND == "sqlite" else 4),  # leads, and accounts; what few have is looked for twice
    ):
        assert queries_of(ada, url, hx=True) <= most, url


def queries_of(client, url: str, **options) -> int:
    db.session.expire_all()
    with count_queries() as seen:
        assert client.get(url, **options).status_code == 200
    return len(seen)


def test_what_was_typed_stays_when_something_is_wrong(sign_in, cast, acme):
    typed = {"first_name": "Sipho <b>", "email": "nonsense", "phone": "021", "company": "Acme & Co", "tags": "a, b"}
    for hx in (False, True):
        answer = sign_in(cast.ada).post("/leads", data=typed, hx=hx)
        assert answer.status_code == 422
        for shown in ("Sipho &lt;b&gt;", "nonsense", "Acme &amp; Co", "a, b", 'aria-invalid="true"'):
            assert shown in answer.text
    assert db.session.scalar(select(func.count(Lead.id))) == 0


WRONG = {
    "email": ("nonsense", "email"),
    "phone": ("021", "phone"),
    "country": ("Nowhere", "country"),
    "timezone": ("Mars/Base", "timezone"),
    "tags": ("x" * 100, "tags"),
    "source": ("x" * 61, "source"),
    "consent_source": ("trade fair form", "consent_on"),
}


def test_all_that_is_wrong_with_a_lead_is_said_at_once(sign_in, cast, acme, lead):
    ada = sign_in(cast.ada)
    typed = {name: said for name, (said, _) in WRONG.items()}
    for address in ("/leads", f"/leads/{lead.id}"):
        said = set(re.findall(r'<p class="field-error" id="([a-z_]+)-error"', ada.post(address, data=typed).text))
        assert said == {where for _, where in WRONG.values()}
    said = ada.post("/leads", data={"follow_up": "y", "consent_on": "2020-01-01"}).text
    for where in ("first_name", "follow_up", "consent_source"):
        assert f'id="{where}-error"' in said


def test_a_twin_is_asked_about_beside_what_is_wrong(sign_in, cast, lead):
    answer = sign_in(cast.ada).post("/leads", data={"phone": "+27 21 555 0147", "email": "nonsense"})
    assert 'id="email-error"' in answer.text
    assert "There may be a lead for this person already" in answer.text


def test_a_double_click_makes_one_lead(sign_in, cast, acme):
    ada = sign_in(cast.ada)
    key = ada.get("/leads/new").text.split('name="form_key"')[1].split('value="')[1].split('"')[0]
    typed = {"first_name": "Once", "email": "once@b.example", "form_key": key}
    answers = [ada.post("/leads", data=typed) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert db.session.scalar(select(func.count(Lead.id))) == 1


def test_a_twin_needs_a_second_yes(sign_in, cast, lead):
    ada = sign_in(cast.ada)
    typed = {"first_name": "Twin", "phone": "+27 21 555 0147"}
    answer = ada.post("/leads", data=typed)
    assert answer.status_code == 422
    assert f'href="/leads/{lead.id}"' in answer.text
    assert ada.post("/leads", data={**typed, "anyway": "y"}).status_code == 303
    assert db.session.scalar(select(func.count(Lead.id))) == 2


def test_a_warning_does_not_tell_a_rep_about_colleagues_leads(sign_in, cast, lead):
    perform(operations.assign_lead, lead, cast.max.id)
    answer = sign_in(cast.ben).get("/leads/duplicates?email=naledi@mail.example", hx=True)
    assert "A lead of Max has this address already" in answer.text
    assert "Naledi" not in answer.text
    assert lead.id not in answer.text


def test_a_stale_edit_shows_both_values_and_loses_neither(sign_in, cast, lead):
    ada = sign_in(cast.ada)
    typed = {"first_name": "Naledi", "last_name": "Mine", "revision": str(lead.revision), "source": "manual"}
    perform(operations.edit_lead, lead, LeadData(last_name="Theirs"))
    answer = ada.post(f"/leads/{lead.id}", data=typed, hx=True)
    assert answer.status_code == 409
    assert "Theirs" in answer.text
    assert 'value="Mine"' in answer.text
    revision = answer.text.split('name="revision"')[1].split('value="')[1].split('"')[0]
    ada.post(f"/leads/{lead.id}", data={**typed, "revision": revision})
    db.session.rollback()
    assert db.session.scalar(select(Lead.last_name).where(Lead.id == lead.id)) == "Mine"


@pytest.mark.parametrize("value", ["", "x" * 5001, "a\x00b"])
def test_a_note_that_cannot_be_kept_is_refused(sign_in, cast, lead, value):
    assert sign_in(cast.ada).post(f"/leads/{lead.id}/notes", data={"body": value}, hx=True).status_code == 422
    assert db.session.scalar(select(func.count(Note.id))) == 0


def test_only_the_own_deed_is_undone_and_only_once(sign_in, cast, lead):
    ada, max_ = sign_in(cast.ada), sign_in(cast.max)
    answer = ada.post(f"/leads/{lead.id}/archival", hx=True)
    undo = answer.text.split('hx-post="')[1].split('"')[0]
    for client, words in ((max_, "Nothing to undo"), (ada, "Undone."), (ada, "Nothing to undo")):
        assert words in client.post(undo, hx=True).text
    for nonsense in ("", "x", "²", "1" * 30, "%00", "0"):
        assert "Nothing to undo" in ada.post(f"/leads/undo?facts={nonsense}", hx=True).text


def test_undo_reaches_no_colleagues_lead(sign_in, cast, lead):
    ben = sign_in(cast.ben)
    answer = ben.post(f"/leads/{lead.id}/tags", data={"tags": "Sea view"}, hx=True)
    undo = answer.text.split('hx-post="')[1].split('"')[0]
    perform(operations.assign_lead, lead, cast.max.id)
    assert "Nothing to undo" in ben.post(undo, hx=True).text


def test_an_export_holds_the_filtered_leads_and_no_formula(sign_in, cast, lead):
    names = ["=1+1", "\t=1", "＝1+1", "@SUM(A1)", "-2+3", "+cmd|x", "Zoë"]
    for name in names:
        perform(operations.create_lead, LeadData(first_name=name), by=None)
    answer = sign_in(cast.ada).get("/leads/export.csv?q=naledi")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(row["Name"], row["Phone"], row["Tags"]) for row in rows] == [("Naledi Khumalo", "+27215550147", "Garden")]
    answer = sign_in(cast.ada).get("/leads/export.csv")
    exported = {row["Name"] for row in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))}
    assert len(exported) == 8
    assert not {name for name in exported if name.strip()[0] in "=+-@＝"}
    assert "Zoë" in exported
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="leads-')


@pytest.mark.parametrize(
    ("query", "view"),
    [("", "All"), ("?q=nal", "All"), ("?owner=me", "Mine"), ("?score=70", "Hot"), ("?owner=none", "Unassigned"),
     ("?archived=1", "Archived"), ("?score=71", None), ("?owner=me&status=new", None)],
)  # fmt: skip
def test_a_view_is_marked_when_it_is_exactly_what_is_shown(sign_in, cast, lead, query, view):
    tabs = sign_in(cast.ada).get(f"/leads{query}").text.split('id="views"')[1].split("</nav>")[0]
    current = re.findall(r'aria-current="page">\s*([A-Z][a-z]+)', tabs)
    assert current == ([view] if view else [])


def test_a_number_is_shown_as_it_is_saved_while_it_is_typed(sign_in, cast, lead):
    ada = sign_in(cast.ada)
    assert "Is saved as +27 82 123 4567." in ada.get("/leads/duplicates?phone=%2B27821234567", hx=True).text
    assert "Is saved as" not in ada.get("/leads/duplicates?phone=12", hx=True).text


def test_a_filtered_list_leads_to_a_campaign_for_those_who_may_send_one(sign_in, cast, lead):
    link = '/campaigns/new?status=new"'
    assert link in sign_in(cast.ada).get("/leads?status=new").text
    assert "/campaigns/new" not in sign_in(cast.ada).get("/leads").text
    assert "/campaigns/new" not in sign_in(cast.ben).get("/leads?status=new").text


@pytest.mark.parametrize("screen", ["/bookings", "/campaigns", "/settings/tokens", "/settings/system"])
def test_the_palette_leads_to_every_screen_of_the_menu(sign_in, cast, screen):
    assert f'data-href="{screen}"' in sign_in(cast.ada).get("/palette", hx=True).text


def test_the_palette_leads_nobody_where_they_may_not_go(sign_in, cast):
    asked = sign_in(cast.mia).get("/palette", hx=True).text
    assert "/settings/sending" not in asked
    assert "/settings/availability" not in asked
    assert "/settings/availability" in sign_in(cast.rosa).get("/palette", hx=True).text
