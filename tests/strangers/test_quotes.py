"""Query words stay values: no database error, nothing of another organization, nothing changed."""

import pytest

from tests.strangers.cases import CASES, ask, routes
from tests.strangers.house import words_of
from tests.strangers.reading import names_read

QUOTES = [
    "'", '"', "' OR '1'='1", "1) OR (1=1", "1 OR 1=1--", "'; DROP TABLE leads;--", "name) DESC, (SELECT 1",
    "name; SELECT 1",
    "x' UNION SELECT password_hash FROM users--", "\\", "\\' OR 1=1--", "%", "_%", "$$", "`", "\u02bc OR 1=1", "*",
    '"*" OR x', "NEAR(a b)",
    "-1", "9" * 40, "1e999", "NaN", "\u0000", "%00", "a\u202eb", "\ud7ff\ufffe",
]  # fmt: skip
PAGES = [name for name in CASES if name.startswith("GET") and "api" not in name]
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


@pytest.mark.parametrize("name", [name for name, case in CASES.items()])
def test_an_id_is_read_as_an_id(houses, name):
    rule = routes(houses.app)[name]
    if "<" not in rule or CASES[name].open:
        return
    for text in ("'", "' OR '1'='1", "1 OR 1=1", "%", "..%2f", "x" * 3000, "\u0000", "\u202e", "0", "-1", "9" * 30):
        ids = dict.fromkeys(houses.rival, text)
        asked = ask(rule, name, {**ids, "revision": "1"})
        if "/" in text or not asked.path.startswith("/"):
            continue
        answer = houses.rita.send(asked)
        assert answer.status_code in (400, 403, 404, 308), (name, text)
    assert not houses.changes()
