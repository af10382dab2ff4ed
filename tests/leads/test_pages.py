"""Pages of leads: every address works, refuses, and shows nothing of others."""

import pytest

from leadcrm.core.db import perform
from leadcrm.leads import operations
from leadcrm.leads.data import LeadData


@pytest.fixture
def lead(acme, cast):
    data = LeadData(
        first_name="Naledi", last_name="Khumalo", email="naledi@mail.example", phone="+27215550147", tags=["Garden"]
    )
    return perform(operations.create_lead, data, by=cast.ada)


READ = [
    "/leads", "/leads/new", "/leads/filters", "/leads/export.csv", "/leads/count", "/leads/duplicates",
    "/leads/bulk/owner", "/leads/bulk/tags", "/palette", "/leads?open={id}", "/leads/{id}", "/leads/{id}?tab=notes",
    "/leads/{id}?tab=inquiries", "/leads/{id}/panel", "/leads/{id}/details", "/leads/{id}/edit", "/leads/{id}/status",
    "/leads/{id}/owner", "/leads/{id}/tags",
]  # fmt: skip


@pytest.mark.parametrize("path", READ)
@pytest.mark.parametrize("hx", [False, True])
def test_every_page_shows(sign_in, cast, lead, path, hx):
    answer = sign_in(cast.ada).get(path.format(id=lead.id), hx=hx, follow_redirects=True)
    assert answer.status_code == 200
