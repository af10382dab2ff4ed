"""Lists and searches read their pages from an index, whatever the filter: no sort of everything, no scan."""

import re
from contextlib import suppress

import pytest
from sqlalchemy import insert, text

from leadcrm.core.db import is_postgresql, perform, writing
from leadcrm.core.values import new_id
from leadcrm.identity.models import User
from leadcrm.leads import operations, queries
from leadcrm.leads.data import Filters, LeadData
from leadcrm.leads.models import Lead, LeadSearch
from tests.databases import BACKEND
from tests.plans import plan_of, remembered

LISTS = {
    "last activity": (Filters(), None, "ix_leads_activity"),
    "creation": (Filters(), "created", "ix_leads_newest"),
    "name": (Filters(), "name", "ix_leads_name"),
    "score": (Filters(), "score", "ix_leads_score"),
    "one status": (Filters(statuses=("new",)), None, "ix_leads_status"),
    "one owner": (Filters(owner="x"), None, "ix_leads_owner"),
    "nobody's": (Filters(owner="none"), None, "ix_leads_owner"),
    "one source": (Filters(source="api"), None, "ix_leads_source"),
    "archive": (Filters(archived=True), None, "ix_leads_archived"),
    "with a phone": (Filters(has=("phone",)), None, "uq_contact_points_primary"),
    "a search": (Filters(q="naledi"), None, "lead_search_text VIRTUAL TABLE INDEX"),
    "a short search": (Filters(q="na"), None, "lead_search_text VIRTUAL TABLE INDEX"),
}


ON_POSTGRESQL = {
    "with a phone": "ix_leads_activity",  # of one lead's addresses either index is as good
    "nobody's": "ix_leads_activity",  # of one lead that is nobody's either index is as good
}
BY_ADDRESS = re.compile(r"\(organization_id=\? AND kind=\? AND value=\?\)|Index Cond: .*value")
CROWD = 2000  # leads until an index of trigrams pays


class Undone(Exception):
    """Ends a transaction whose rows and statistics the next test must not find."""


def search_in_a_crowd(reader: User, query: str) -> str:
    """The plan of a search among so many others that PostgreSQL goes about it as it does in an office."""
    ids = [new_id() for _ in range(CROWD)]
    plan = ""
    with suppress(Undone), writing() as session:
        session.execute(insert(Lead), [{"id": one, "name": f"Person {one}", "timezone": "UTC"} for one in ids])
        session.execute(insert(LeadSearch), [{"lead_id": one, "text": f"person {one}"} for one in ids])
        session.execute(text("ANALYZE"))
        with remembered("SELECT", "WITH") as seen:
            queries.lead_list(reader, Filters(q=query))
        plan = plan_of(*next(one for one in seen if "FROM leads" in one[0]), without=())
        raise Undone
    return plan


@pytest.mark.parametrize("name", [name for name in LISTS if BACKEND == "sqlite" or not LISTS[name][0].q])
def test_a_list_is_read_in_the_order_of_its_index(acme, cast, name):
    perform(operations.create_lead, LeadData(first_name="Naledi"), by=None)
    filters, sort, index = LISTS[name]
    with remembered("SELECT", "WITH") as seen:
        queries.lead_list(cast.ada, filters, sort)
    asked = next(one for one in seen if "FROM leads" in one[0])
    plan = plan_of(*asked)
    assert (ON_POSTGRESQL.get(name, index) if is_postgresql() else index) in plan, plan
    for whole in ("USE TEMP B-TREE", "SCAN leads", "Sort", "Seq Scan on leads"):
        assert whole not in plan, plan


def test_duplicates_are_looked_up_by_their_addresses(acme, cast):
    perform(operations.create_lead, LeadData(first_name="Naledi", email="naledi@leads.test"), by=None)
    with remembered("SELECT") as seen:
        assert queries.duplicates("Naledi@leads.test", "+1 212 555 0123")
    plans = [plan_of(*one) for one in seen if "FROM contact_points" in one[0] or "FROM leads" in one[0]]
    assert len(plans) == 2
    assert BY_ADDRESS.search(plans[0]), plans[0]
    assert not re.search(r"SCAN leads|Seq Scan on leads|ix_leads", plans[1]), plans[1]


if BACKEND == "postgresql":

    @pytest.mark.parametrize("query", ["naledi", "na"])
    def test_a_search_goes_by_trigrams(acme, cast, query):
        assert "ix_lead_search_trigrams" in search_in_a_crowd(cast.ada, query)
