"""Lists and searches read their pages from an index, whatever the filter: no sort of everything, no scan."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle

import pytest
from sqlalchemy import insert, text

from leadcrm.core.db import perform, writing
from leadcrm.core.values import new_id
from leadcrm.identity.models import User
from leadcrm.leads import operations, queries
from leadcrm.leads.data import Filters, LeadData
from leadcrm.leads.models import STATUSES, ContactPoint, Lead, LeadSearch
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
    "with a phone": "ix_leads_activity",  # most have one
    "nobody's": "ix_leads_activity",  # most are
    "a search": "ix_lead_search_trigrams",
    "a short search": "ix_lead_search_trigrams",
}
BY_ADDRESS = re.compile(r"\(organization_id=\? AND kind=\? AND value=\?\)|Index Cond: .*value")
CROWD = 8000  # leads until an index of trigrams pays
WHOLE = ("USE TEMP B-TREE", "SCAN leads", "Seq Scan on leads")


class Undone(Exception):
    """Ends a transaction whose rows and statistics the next test must not find."""


@contextmanager
def crowd() -> Iterator[None]:
    """Inside, so many others that PostgreSQL goes about a list as it does in an office."""
    ids = [new_id() for _ in range(CROWD)]
    leads = [
        {"id": one, "name": f"Person {one}", "timezone": "UTC", "status": status, "source": source}
        for one, status, source in zip(ids, cycle(STATUSES), cycle(("api", "typed", "import")), strict=False)
    ]
    with suppress(Undone), writing() as session:
        session.execute(insert(Lead), leads)
        session.execute(insert(ContactPoint), [_phone(one, number) for number, one in enumerate(ids)])
        session.execute(insert(LeadSearch), [{"lead_id": one, "text": f"person {one}"} for one in ids])
        session.execute(text("SELECT gin_clean_pending_list('ix_lead_search_trigrams'); ANALYZE"))  # as its vacuum does
        yield
        raise Undone


def _phone(lead_id: str, number: int) -> dict:
    value = f"+1212555{number:04}"
    return {"lead_id": lead_id, "kind": "phone", "value": value, "is_primary": True}


def plan_of_list(reader: User, name: str) -> str:
    filters, sort, _ = LISTS[name]
    with remembered("SELECT", "WITH") as seen:
        queries.lead_list(reader, filters, sort)
    return plan_of(*[one for one in seen if "FROM leads" in one[0]][-1], without=())


if BACKEND == "sqlite":

    @pytest.mark.parametrize("name", LISTS)
    def test_a_list_is_read_in_the_order_of_its_index(acme, cast, name):
        perform(operations.create_lead, LeadData(first_name="Naledi"), by=None)
        plan = plan_of_list(cast.ada, name)
        assert LISTS[name][2] in plan, plan
        assert not any(whole in plan for whole in WHOLE), plan

else:

    def test_every_list_is_read_in_the_order_of_its_index(acme, cast):
        perform(operations.create_lead, LeadData(first_name="Naledi"), by=None)
        with crowd():
            for name, (_, _, index) in LISTS.items():
                plan = plan_of_list(cast.ada, name)
                assert ON_POSTGRESQL.get(name, index) in plan, plan
                assert not any(whole in plan for whole in WHOLE), plan
                assert "Sort" not in plan or LISTS[name][0].q, plan

    @pytest.mark.parametrize("query", ["qqq", "naledi", "na", "naledi khu"])
    def test_what_is_rare_is_looked_up_in_the_index_however_common_the_planner_thinks_it_is(acme, cast, query):
        perform(operations.create_lead, LeadData(first_name="Naledi", last_name="Khumalo"), by=None)
        with crowd(), remembered("SELECT", "WITH") as seen:
            queries.lead_list(cast.ada, Filters(q=query), counted=True)
            newest, everyone = [plan_of(*one, without=()) for one in seen if "FROM leads" in one[0]]
        assert "ix_lead_search_trigrams" in everyone, everyone
        assert re.search(r"Limit .*\n.*Index Scan Backward using \w+ on lead_search", newest), newest
        assert not any(whole in newest + everyone for whole in (*WHOLE, "Seq Scan on lead_search")), newest + everyone

    def test_what_is_common_is_found_among_the_newest_alone(acme, cast):
        with crowd(), remembered("SELECT", "WITH") as seen:
            page = queries.lead_list(cast.ada, Filters(q="pers"), counted=True)
        assert (len(page.items), page.items[0].matching) == (50, 201)
        assert len([one for one in seen if "FROM leads" in one[0]]) == 1

    @pytest.mark.parametrize(("query", "walks"), [("pers", True), ("naledi", False)])
    def test_behind_a_filter_only_what_is_common_is_walked_through(acme, cast, monkeypatch, query, walks):
        """Its matches, all of them from the index, would be nearly all leads."""
        monkeypatch.setattr(queries.lists.search, "FEW", 200)
        queries.lists._listing.cache_clear()
        with crowd(), remembered("SELECT", "WITH") as seen:
            queries.lead_list(cast.ada, Filters(q=query, owner="x"), counted=True)
        queries.lists._listing.cache_clear()
        assert ("MATERIALIZED" not in seen[-1][0]) is walks, seen[-1]


def test_duplicates_are_looked_up_by_their_addresses(acme, cast):
    perform(operations.create_lead, LeadData(first_name="Naledi", email="naledi@leads.test"), by=None)
    with remembered("SELECT") as seen:
        assert queries.duplicates("Naledi@leads.test", "+1 212 555 0123")
    plans = [plan_of(*one) for one in seen if "FROM contact_points" in one[0] or "FROM leads" in one[0]]
    assert len(plans) == 2
    assert BY_ADDRESS.search(plans[0]), plans[0]
    assert not re.search(r"SCAN leads|Seq Scan on leads|ix_leads", plans[1]), plans[1]
