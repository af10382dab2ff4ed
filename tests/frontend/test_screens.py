"""The screens that all sweeps go through are all the screens there are."""

from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.frontend.markup import is_page
from tests.frontend.screens import SCREENS, SIGNED_OUT, addresses

FOR_DEVELOPERS = "kit."
NO_PAGES = {
    "bookings.show": "leads to where the reader finds the meeting",
    "conversations.attempts": "a part of a thread",
    "conversations.original": "a mail as its sender wrote it, for a frame",
    "inbound.attachment": "a file",
    "leads.edit_field": "leads to the page that has the field",
    "leads.show_field": "a part of a lead's page",
    "mail_links.follow": "leads to where a link of a mail points",
    "mail_links.opened": "a picture",
    "notifications.open_notification": "leads to what the notification is about",
}


def test_every_page_that_an_address_opens_is_among_the_screens(office, ada):
    known = addresses(office)
    listed = {_endpoint(office, path.format(**known)) for path in (*SCREENS.values(), *SIGNED_OUT.values())}
    asked = _addresses_of_routes(office, known)
    pages = {endpoint for endpoint, address in asked.items() if address and _answers_a_page(ada, address)}
    assert len(pages) > len(listed) / 2
    assert sorted(pages - listed) == []
    never_asked = {endpoint for endpoint, address in asked.items() if address is None}
    assert sorted(never_asked - listed - NO_PAGES.keys()) == [], "Give it a screen, or say why it is no page"
    assert sorted(NO_PAGES.keys() - never_asked) == []


def _endpoint(app: Flask, address: str) -> str | None:
    try:
        return app.url_map.bind("localhost").match(address.partition("?")[0])[0]
    except HTTPException:  # the screen that says so
        return None


def _addresses_of_routes(app: Flask, known: dict[str, str]) -> dict[str, str | None]:
    """Of each endpoint an address with ids of the demo's rows; None where a route asks for what is not among them."""
    places = app.url_map.bind("localhost")
    found = {}
    for rule in app.url_map.iter_rules():
        values = {name: known.get(name.removesuffix("_id")) for name in rule.arguments}
        if "GET" in rule.methods and not rule.endpoint.startswith(FOR_DEVELOPERS):
            found[rule.endpoint] = None if None in values.values() else places.build(rule.endpoint, values)
    return found


def _answers_a_page(client, address: str) -> bool:
    answer = client.get(address)
    return answer.status_code == 200 and answer.mimetype == "text/html" and is_page(answer.text)
