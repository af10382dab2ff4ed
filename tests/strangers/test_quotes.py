"""Query words stay values: no database error, nothing of another organization, nothing changed."""

import pytest

from tests.strangers.cases import CASES, ask, routes
from tests.strangers.house import words_of
from tests.strangers.reading import names_read

QUOTES = [
    "'", "\\' OR 1=1--", "' OR '1'='1", "'; DROP TABLE leads;--", "name) DESC, (SELECT 1", "x' UNION SELECT 1--",
    "%", '"*" OR x', "9" * 40, "NaN", "a\u0000b", "\ufffe\u202e",
]  # fmt: skip
IDS = ("' OR '1'='1", "%", "x" * 3000, "a\u0000b", "-1", "9" * 30)
PAGES = [name for name in CASES if name.startswith("GET") and "api" not in name]
NAMING = [name for name, case in CASES.items() if not case.open]
API = [name for name in CASES if name.startswith("GET") and "_api." in name]


def check(houses, name, answer, what) -> None:
    assert answer.status_code < 500, (name, what)
    said = f"{answer.headers}{answer.get_data(as_text=True)}"
    assert not any(word in said for word in words_of("acme")) or CASES[name].open, (name, what)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_words_as_words(houses, name):
    asked = ask(routes(houses.app)[name], name, houses.rival)
    for key in names_read(houses.rita, asked):
        for text in QUOTES:
            check(houses, name, houses.rita.send(asked.saying(key, text), hx=True), (key, text))
    houses.changes()


@pytest.mark.parametrize("name", API)
def test_the_api_reads_words_as_words(houses, name):
    rule = routes(houses.app)[name]
    document = houses.nobody.browser().get("/api/openapi.json").json
    operation = document["paths"][rule.replace("<uuid:", "{").replace(">", "}")]["get"]
    asked = ask(rule, name, houses.rival)
    for key in [found["name"] for found in operation.get("parameters", []) if found.get("in") == "query"]:
        for text in QUOTES:
            check(houses, name, houses.rita.send(asked.saying(key, text)), (key, text))
    assert not houses.changes()


@pytest.mark.parametrize("name", NAMING)
def test_an_id_is_read_as_an_id(houses, name):
    for text in IDS:
        asked = ask(routes(houses.app)[name], name, dict.fromkeys(houses.rival, text))
        if text not in asked.path:
            continue  # the case names no row of ours
        answer = houses.rita.send(asked)
        assert answer.status_code in (400, 403, 404), text
    assert not houses.changes()
