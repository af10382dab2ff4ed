"""Every list finds its page in the order of the index that was made for it; a new list has to say which one that is."""

import re
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from tests.conftest import count_queries
from tests.databases import only_on
from tests.plans import plan_of, remembered
from tests.scale.conftest import Office
from tests.scale.lists import LISTS, LITTLE, SORTED
from tests.strangers.cases import CASES, Ask, ask, routes

PAGED = "_key0"  # what core.paging calls the first column that a page is found by
KEEPS_PLANS = "SET LOCAL plan_cache_mode"
SORTS = re.compile(r"Sort Key: .*\n(?!\s*Presorted)|TEMP B-TREE FOR (?!LAST TERM)")
MOST_QUERIES = 6  # of a list, the reader's session and the sidebar's numbers among them
MOST_OF_ONE = 10  # lead or account, which is looked up and named, too
MOST_BEHIND_A_NUMBER = 12  # all numbers stand above the list
WITH_A_SIDEBAR = {"leads.index", "conversations.inbox", "tasks.index", "accounts.index"}
ASKED = [(name, query) for name, queries in LISTS.items() for query in queries]


def request_of(office: Office, name: str, query: str | None) -> Ask:
    """Asked by this query, or as its case does; of the imports by the one whose rows are shown."""
    names = office.names | {"import": office.names["ready_import"]}
    asked = ask(routes(office.app)[f"GET {name}"], f"GET {name}", names)
    if query is None:
        return asked
    words = re.sub(r"@(\w+)", lambda found: names[found[1]], query)
    return replace(asked, query=dict(parse_qsl(words)))


def pages_read(office: Office, caller: str, name: str, query: str | None = None) -> list[tuple]:
    """The statements of an endpoint that read a page of a list."""
    with remembered("SELECT", "WITH") as seen:
        office.callers[caller].send(request_of(office, name, query))
    return [one for one in seen if PAGED in one[0]]


@pytest.mark.parametrize(("name", "query"), ASKED)
@pytest.mark.parametrize("caller", ["ada", "ben"])
def test_a_list_is_read_in_the_order_of_its_index(office, caller, name, query):
    read = pages_read(office, caller, name, query)
    assert read or caller == "ben", "nothing was read"
    for statement in read[:1]:
        plan = plan_of(*statement)
        assert any(re.search(rf"\b{index}\b", plan) for index in LISTS[name][query].split()), plan
        assert (name, query) in LITTLE or not SORTS.search(plan), plan


@pytest.mark.parametrize("name", [name.removeprefix("GET ") for name in CASES if name.startswith("GET ")])
def test_every_list_has_its_plan_asserted(office, name):
    assert bool(pages_read(office, "ada", name)) <= (name in LISTS or name in SORTED)


@pytest.mark.parametrize(("name", "query"), [one for one in ASKED if not one[0].endswith("export")])
def test_a_list_costs_a_handful_of_questions(office, name, query):
    asked = request_of(office, name, query)
    is_of_one = asked.path.startswith("/leads/") or query.startswith(("lead=", "account="))
    most = MOST_OF_ONE if is_of_one else MOST_QUERIES
    most = MOST_BEHIND_A_NUMBER if name.endswith("leads_behind") else most
    for hx in (False, True):
        with count_queries() as seen:
            office.callers["ada"].send(asked, hx=hx)
        assert len(seen) <= most, "\n\n".join(seen)


@only_on("postgresql", "SQLite plans every statement for its values")
@pytest.mark.parametrize("name", LISTS)
def test_nothing_is_asked_after_the_numbers_that_are_planned_without_values(office, name):
    """What `engines.keep_plans` says holds for the rest of the transaction."""
    with remembered("SELECT", "WITH", KEEPS_PLANS) as seen:
        office.callers["ada"].send(request_of(office, name, None))
    kept = [place for place, (statement, _) in enumerate(seen) if statement.startswith(KEEPS_PLANS)]
    assert kept == [len(seen) - 2] or not kept
    assert kept or name not in WITH_A_SIDEBAR
