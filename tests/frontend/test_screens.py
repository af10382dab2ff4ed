"""The screens that all sweeps go through are all the screens there are."""

from collections.abc import Iterator

from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.frontend.markup import is_page
from tests.frontend.screens import SCREENS, SIGNED_OUT, addresses

FOR_DEVELOPERS = "kit."


def test_every_page_that_an_address_opens_is_among_the_screens(office, ada):
    known = addresses(office)
    listed = {_endpoint(office, path.format(**known)) for path in (*SCREENS.values(), *SIGNED_OUT.values())}
    pages = {endpoint for endpoint, address in _addresses_of_routes(office, known) if _answers_a_page(ada, address)}
    assert len(pages) > len(listed) / 2
    assert sorted(page for page in pages - listed if not page.startswith(FOR_DEVELOPERS)) == []


def _endpoint(app: Flask, address: str) -> str | None:
    try:
        return app.url_map.bind("localhost").match(address.partition("?")[0])[0]
    except HTTPException:  # the screen that says so
        return None


def _addresses_of_routes(app: Flask, known: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every route that can be asked with ids of the demo's rows, or with none."""
    places = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        values = {name: known.get(name.removesuffix("_id")) for name in rule.arguments}
        if "GET" in rule.methods and None not in values.values():
            yield rule.endpoint, places.build(rule.endpoint, values)


def _answers_a_page(client, address: str) -> bool:
    answer = client.get(address)
    return answer.status_code == 200 and answer.mimetype == "text/html" and is_page(answer.text)
