"""A lead of Acme that everyone there may see."""

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
