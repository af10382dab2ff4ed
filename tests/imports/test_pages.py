"""The pages of imports, from the file to the leads."""

import io
import re

import pytest
from sqlalchemy import select

from leadcrm.core.db import db, perform
from leadcrm.imports.csv_files import LARGEST_FILE
from leadcrm.imports.models import Import
from leadcrm.leads import operations as lead_verbs
from tests.conftest import count_queries
from tests.imports.conftest import PEOPLE, again, lead_of, leads, work

PLAN = {"dates": "mdy", "source": "", "owner_id": "", "tags": "", "consent_source": "", "consent_on": ""}


@pytest.fixture
def client(acme, cast, sign_in):
    return sign_in(cast.mia)


def upload(client, text: str | bytes, name: str = "fair.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    token = {"csrf_token": client.csrf_token()} if hasattr(client, "csrf_token") else {}
    form = {"file": (io.BytesIO(data), name), **token}
    return client.post("/imports", data=form, content_type="multipart/form-data")


def the_import() -> Import:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Import).order_by(Import.id.desc())).first()


def columns(*meanings: str) -> dict[str, str]:
    return PLAN | {f"columns-{place}": meaning for place, meaning in enumerate(meanings)}


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


def test_imports_stand_below_the_leads_in_the_sidebar(client):
    assert '<a href="/leads" aria-current="page"' in client.get("/imports").text


def test_the_number_of_leads_beside_the_sidebar_follows(client, take_in):
    found = take_in("Email\none@b.example\ntwo@b.example\n")
    number = 'hx-target="#lead-count" hx-swap="innerHTML">{}</hx-partial>'
    assert number.format(2) in client.get(f"/imports/{found.id}", hx=True).text
    assert 'id="lead-count"' in client.get(f"/imports/{found.id}").text
    client.post(f"/imports/{found.id}/reversal", hx=True)
    work()
    assert number.format(0) in client.get(f"/imports/{found.id}", hx=True).text


def test_from_a_file_to_leads(client):
    answer = upload(client, PEOPLE)
    found = the_import()
    assert (answer.status_code, answer.location) == (303, f"/imports/{found.id}")
    page = client.get(answer.location)
    assert "Naledi Khumalo" in text_of(page)
    assert '<option selected value="name">' in page.get_data(as_text=True)
    answer = client.post(f"/imports/{found.id}/plan", data=columns("name", "email", "phone", "company"))
    assert answer.status_code == 303
    assert "0 of 2 rows" in text_of(client.get(f"/imports/{found.id}"))
    work()
    assert "Import 2 rows" in text_of(client.get(f"/imports/{found.id}"))
    assert not leads()
    client.post(f"/imports/{found.id}/start", data={})
    assert "0 of 2 rows imported" in text_of(client.get(f"/imports/{found.id}", hx=True))
    work()
    page = text_of(client.get(f"/imports/{found.id}?rows=new"))
    assert "Nobody was greeted" in page
    assert "Jo Doe" in page
    assert len(leads()) == 2
    listed = text_of(client.get("/imports"))
    assert "fair.csv 2 rows · 2 new · Mia" in listed


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04", "This is a workbook. Save the sheet as CSV"),
        (b"x\n" * (LARGEST_FILE // 2 + 1), "larger than 10 MB"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_is_forgotten(client, data, words):
    answer = upload(client, data)
    assert (answer.status_code, the_import()) == (422, None)
    assert words in text_of(answer)


def test_no_file_is_asked_for(client):
    answer = client.post("/imports", data={})
    assert answer.status_code == 422
    assert "Choose a file." in text_of(answer)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("../../etc/passwd", "passwd"), ("<b>.csv", "<b>.csv"), ("\x07", "file.csv")],
)
def test_a_name_is_for_eyes_only(client, name, shown):
    upload(client, PEOPLE, name)
    assert the_import().file_name == shown


def test_columns_that_make_no_sense_are_told_beside_them_and_nothing_typed_is_lost(client):
    upload(client, PEOPLE)
    address = f"/imports/{the_import().id}/plan"
    answer = client.post(address, data=columns("email", "email", "phone", "ignore") | {"tags": "kept words"})
    assert answer.status_code == 422
    assert "Another column is “Email” already." in text_of(answer)
    assert "kept words" in answer.get_data(as_text=True)
    answer = client.post(address, data=columns("ignore", "ignore", "ignore", "ignore"))
    assert "Choose at least one column that says who a lead is" in text_of(answer)
    answer = client.post(address, data=columns("name") | {"consent_source": "fair"})
    assert "Say on which day they agreed." in text_of(answer)
    answer = client.post(address, data=columns("name") | {"consent_source": "fair", "consent_on": "2098-01-01"})
    assert "This day has not come yet." in text_of(answer)
    assert client.post(address, data=columns("nonsense")).status_code == 422
    assert the_import().state == "mapping"


def test_a_file_is_read_otherwise_when_its_letters_look_wrong(client):
    upload(client, "Name;Email\nŘehoř;r@mail.example\n".encode("cp1250"))
    found = the_import()
    assert "Øehoø" in text_of(client.get(f"/imports/{found.id}"))
    client.post(f"/imports/{found.id}/writing", data={"encoding": "cp1250", "delimiter": ";"})
    assert "Řehoř" in text_of(client.get(f"/imports/{found.id}"))
    answer = client.post(f"/imports/{found.id}/writing", data={"encoding": "utf-16", "delimiter": ";"})
    assert answer.status_code in (303, 422)
    client.post(f"/imports/{found.id}/writing", data={"encoding": "utf-8", "delimiter": "\t"})
    assert again(found).headings == ["Name;Email"]
    assert client.post(f"/imports/{found.id}/writing", data={"encoding": "rot13", "delimiter": ";"}).status_code == 422


def test_a_file_that_was_started_meanwhile_is_not_read_otherwise(client, take_in):
    found = take_in(PEOPLE)
    answer = client.post(f"/imports/{found.id}/writing", data={"encoding": "cp1250", "delimiter": ";"})
    assert answer.status_code == 409
    assert "was started in the meantime" in text_of(answer)
    assert again(found).encoding == "utf-8"


def test_known_leads_show_what_is_filled_and_what_stays(client, take_in, bring):
    take_in("Email,Company\njo@mail.example,Old Co\n")
    found = bring("Email,First name,Company,Tags\njo@mail.example,Jo,New Co,vip\n")
    page = text_of(client.get(f"/imports/{found.id}?rows=known"))
    for words in ("Fills first name", "Adds “vip”", "Keeps company “Old Co”, not “New Co”"):
        assert words in page


def test_refused_rows_come_as_a_file_to_mend_and_bring_again(client, bring):
    found = bring("Name,Email\n=SUM(A1),nobody\nJo,jo@mail.example\n")
    answer = client.get(f"/imports/{found.id}/refused.csv")
    assert answer.get_data().decode("utf-8-sig").splitlines() == [
        "Name,Email,Why it was refused",
        '\'=SUM(A1),nobody,"Email: This is not an email address, like name@example.com."',
    ]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="refused-rows.csv"'
    mended = answer.get_data().replace(b"nobody", b"sum@mail.example")
    assert bring(mended).foreseen == {"new": 1}


def test_it_can_be_mapped_again_and_thrown_away(client, bring):
    found = bring(PEOPLE)
    client.post(f"/imports/{found.id}/mapping")
    assert again(found).state == "mapping"
    client.post(f"/imports/{found.id}/removal")
    assert the_import() is None
    assert client.get(f"/imports/{found.id}").status_code == 404


def test_it_is_reverted_and_says_what_stays(client, take_in):
    found = take_in(PEOPLE)
    perform(lead_verbs.add_note, lead_of("Jo Doe"), "Called", None)
    assert ">Revert<" in client.get(f"/imports/{found.id}").get_data(as_text=True)
    assert client.post(f"/imports/{found.id}/reversal").status_code == 303
    assert "Being reverted" in text_of(client.get(f"/imports/{found.id}", hx=True))
    work()
    page = text_of(client.get(f"/imports/{found.id}?rows=left"))
    assert "1 leads went to the archive" not in page
    assert "1 lead went to the archive" in page
    assert "1 row stays" in page
    assert "Something happened with this lead since" in page
    assert "Naledi" not in page


def test_what_is_over_says_so(client, take_in):
    found = take_in(PEOPLE)
    for verb in ("start", "stop", "resume", "mapping", "removal"):
        answer = client.post(f"/imports/{found.id}/{verb}", hx=True)
        assert answer.status_code == 409, verb
        assert "by now. Reload" not in answer.text  # the answer shows what is
    answer = client.post(f"/imports/{found.id}/plan", data=columns("name", "email", "phone", "company"))
    assert answer.status_code == 409


def test_rows_and_imports_are_paged(client, bring):
    found = bring("Email\n" + "".join(f"a{n}@mail.example\n" for n in range(30)))
    page = client.get(f"/imports/{found.id}?rows=new")
    assert "Rows 2–26" in text_of(page)
    following = re.search(r'href="([^"]+cursor=[^"]+)"', page.get_data(as_text=True)).group(1).replace("&amp;", "&")
    assert "Rows 27–31" in text_of(client.get(following))
    assert client.get(f"/imports/{found.id}?cursor=nonsense").status_code == 400
    assert client.get("/imports?cursor=nonsense").status_code == 400


@pytest.mark.parametrize("name", ["ben", "rosa", "pat"])
def test_reps_and_providers_import_nothing(cast, sign_in, bring, name):
    found, client = bring(PEOPLE), sign_in(getattr(cast, name))
    assert client.get("/imports").status_code == 403
    assert upload(client, PEOPLE).status_code == 403
    assert client.post(f"/imports/{found.id}/start").status_code == 403


def test_only_who_may_import_is_led_there(cast, sign_in):
    assert 'href="/imports"' in sign_in(cast.ada).get("/leads").get_data(as_text=True)
    assert 'href="/imports"' not in sign_in(cast.ben).get("/leads").get_data(as_text=True)
    assert "/imports" in sign_in(cast.mia).get("/palette?q=import").get_data(as_text=True)
    assert "/imports" not in sign_in(cast.ben).get("/palette?q=import").get_data(as_text=True)


def test_the_list_costs_the_same_with_many_imports(client, bring):
    bring(PEOPLE, name="first.csv")
    client.get("/imports")
    with count_queries() as few:
        client.get("/imports")
    for n in range(5):
        bring(PEOPLE, name=f"more-{n}.csv")
    with count_queries() as many:
        assert "more-4.csv" in client.get("/imports").text
    assert len(many) == len(few) <= 6


def test_the_preview_costs_the_same_with_many_rows(client, bring):
    def cost(text: str) -> int:
        found = bring(text)
        with count_queries() as seen:
            assert client.get(f"/imports/{found.id}").status_code == 200
        return len(seen)

    many = "Name,Email\n" + "".join(f"Lead {n},lead{n}@mail.example\n" for n in range(20))
    cost(PEOPLE)
    assert cost(many) == cost(PEOPLE) <= 10
