"""What the list of leads exports comes back as it was, down to the last character."""

import pytest

from leadcrm.core import tenancy
from leadcrm.core.db import perform
from leadcrm.imports.columns import IGNORE
from leadcrm.imports.first_look import first_look
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from tests.imports.conftest import PEOPLE

AWKWARD = [
    LeadData(first_name="Zoë", last_name="Peña", email="zoe@mail.example", phone="+12125550123", tags=["a b", "VIP"]),
    LeadData(
        first_name="=SUM(A1)", last_name='"quoted", and; more', company="+Plus & Co", interest="-5 %", source="@fair"
    ),
    LeadData(company="Nameless GmbH", source="open house", city="São Paulo", country="BR"),
    LeadData(company="Bar", city="=Abidjan", country="CI"),
    LeadData(email="alone@mail.example", interest='many words, "quoted"'),
]


@pytest.fixture
def exported(sign_in):
    return lambda person: sign_in(person).get("/leads/export.csv").get_data()


def test_an_export_imported_elsewhere_exports_the_same(cast, exported, take_in):
    with tenancy.organization(cast.rival.id):
        for data in AWKWARD:
            lead = perform(leads.create_lead, data, by=None)
            perform(leads.change_status, lead, "qualified")
            perform(leads.add_to_score, lead, 44)
    file = exported(cast.rita)
    assert IGNORE not in first_look(file, "US").plan("US").columns
    found = take_in(file)
    assert found.results == {"new": len(AWKWARD)}
    assert sorted(exported(cast.ada).splitlines()) == sorted(file.splitlines())  # all of them of one second


def test_importing_the_own_export_changes_nothing(cast, exported, take_in):
    take_in(PEOPLE)
    before = exported(cast.ada)
    assert take_in(before).results == {"known": 2}
    assert exported(cast.ada) == before
