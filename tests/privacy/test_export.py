"""What a person is given when they ask what is held about them."""

import io
import json
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from leadcrm.core.db import db
from leadcrm.core.models import EventRow
from leadcrm.privacy.holdings import exported
from tests.privacy.conftest import EMAIL, FILE, PHONE, WORD


@pytest.fixture
def dossier(person, cast, sign_in) -> ZipFile:
    answer = sign_in(cast.max).post(f"/leads/{person.id}/personal-data/export")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=personal-data-")
    return ZipFile(io.BytesIO(answer.data))


@pytest.fixture
def tables(dossier) -> dict[str, list[dict]]:
    return json.loads(dossier.read("person.json"))


def test_every_table_that_holds_something_is_in_it(tables):
    assert {holding.table.name for holding in exported()} <= {name for name, rows in tables.items() if rows}


def test_it_says_what_we_know(tables):
    assert tables["leads"][0]["first_name"].startswith("Hamster")
    assert tables["leads"][0]["city"] == f"city {WORD}"
    assert {EMAIL, PHONE} <= {row["value"] for row in tables["contact_points"]}
    assert WORD in tables["notes"][0]["body"]
    assert any(row["detail"] == f"550 {WORD}" for row in tables["attempts"])
    assert any(row["words"] and WORD in str(row["words"]) for row in tables["events"])
    assert PHONE in {row["address"] for row in tables["suppressions"]}


def test_files_and_raw_mails_are_in_it(dossier, tables):
    names = dossier.namelist()
    files = [dossier.read(name) for name in names if name.startswith("files/")]
    assert FILE in files
    assert len(files) == len(tables["attachments"])
    mails = {row["body"] for row in tables["raw_inbound"]}
    assert mails <= set(names)
    assert any(WORD.encode() in dossier.read(name) for name in mails)


def test_what_names_no_lead_is_in_it(tables):
    """Typed by a colleague as a contact, refused or waiting in a file, come in as a mail nobody could read."""
    assert len([row for row in tables["contacts"] if row["lead_id"] is None]) == 2
    rows = [(row["state"], row["cells"][1:]) for row in tables["import_rows"] if row["lead_id"] is None]
    assert sorted(rows) == [
        ("refused", [EMAIL.upper(), "", "Nobody"]),
        ("refused", ["x", "(212) 555-9731", "Nobody"]),
        ("waiting", [EMAIL]),
    ]
    assert len(tables["raw_inbound"]) > len([row for row in tables["raw_inbound"] if row["lead_id"]])


def test_spreadsheets_run_nothing_of_it(dossier):
    phone_rows = dossier.read("tables/contact_points.csv").decode("utf-8-sig")
    assert EMAIL in phone_rows
    text = dossier.read("tables/leads.csv").decode("utf-8-sig")
    assert "\n=" not in text


def test_nothing_of_others_is_in_it(dossier, cast):
    text = dossier.read("person.json").decode()
    assert cast.rival.id not in text
    assert "password" not in text


def test_that_it_was_taken_is_recorded(dossier, person, cast):
    fact = db.session.scalars(select(EventRow).where(EventRow.name == "lead.exported")).one()
    assert (fact.lead_id, fact.actor) == (person.id, f"user:{cast.max.id}")


@pytest.mark.parametrize(("who", "status"), [("ada", 200), ("max", 200), ("ben", 403), ("mia", 403), ("pat", 403)])
def test_only_owners_and_managers_take_it(person, cast, sign_in, who, status):
    client = sign_in(getattr(cast, who))
    assert client.get(f"/leads/{person.id}/personal-data").status_code == status
    assert client.post(f"/leads/{person.id}/personal-data/export").status_code == status
