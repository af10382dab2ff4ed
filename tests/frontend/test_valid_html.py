"""Every screen, and everything that can be asked for from one, is valid HTML.

From each screen the visitor follows one link or form and one `hx-get` to each route, with and without parameters; what
a browser without scripts gets to is a whole page.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests import signing_in
from tests.frontend.markup import ids_of, is_page, parse, problems
from tests.frontend.screens import SCREENS, SIGNED_OUT, addresses

pytestmark = [pytest.mark.timeout(120)]

ENOUGH = 80  # addresses; a crawl that reaches fewer has lost its way


@pytest.mark.parametrize("name", SIGNED_OUT)
def test_a_signed_out_screen_is_valid(office, name):
    assert problems(office.test_client().get(SIGNED_OUT[name].format(**addresses(office))).text) == []


def test_every_screen_and_fragment_is_valid(office, ada):
    crawl = Crawl(office, ada)
    crawl.go(*(path.format(**addresses(office)) for path in SCREENS.values()))
    assert not crawl.found, "\n".join(crawl.found)
    assert len(crawl.seen) >= ENOUGH


@dataclass
class Crawl:
    """Visits screens and what they lead to, each kind of address once, and notes what is invalid."""

    app: Flask
    client: signing_in.Browser
    seen: set = field(default_factory=set)
    found: list[str] = field(default_factory=list)

    def go(self, *addresses: str) -> None:
        """Visit these screens and what they lead to."""
        waiting = [(address, None) for address in addresses]
        while waiting:
            waiting += self._visit(*waiting.pop())

    def _visit(self, address: str, around: frozenset[str] | None) -> list[tuple[str, frozenset[str] | None]]:
        """Look at a page, or with `around` at a fragment for a page with these ids; return what it leads to."""
        response = self.client.get(address, hx=around is not None)
        if response.mimetype != "text/html" or 300 <= response.status_code < 400:
            return []
        found = problems(response.text, around=around or frozenset())
        if around is None and not is_page(response.text):
            found = ["a link that gives a fragment"]
        self.found += [f"{address}{' (fragment)' if around is not None else ''}: {problem}" for problem in found]
        ids = ids_of(response.text) | (around or frozenset())
        return [target for element in parse(response.text)[0].iter() for target in self._targets(element, address, ids)]

    def _targets(self, element: Element, address: str, ids: frozenset[str]) -> Iterator[tuple]:
        for target, around in ((_plain_target(element), None), (element.get("hx-get"), ids)):
            absolute = urljoin(address, target or "")
            kind = self._kind(absolute, around is not None) if target else None
            if kind and kind not in self.seen:
                self.seen.add(kind)
                yield absolute, around

    def _kind(self, address: str, is_fragment: bool) -> tuple | None:
        """Route, whether it has parameters, and whether htmx asks; None where the address is not ours."""
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            return None
        try:
            endpoint, _ = self.app.url_map.bind("localhost").match(parts.path)
        except HTTPException:
            return None
        return endpoint, bool(parts.query), is_fragment


def _plain_target(element: Element) -> str | None:
    """Where a browser without scripts gets to from here: by a link, or by a form that asks."""
    if element.tag == "form" and element.get("method", "get").lower() == "get":
        return element.get("action")
    return element.get("href") if element.tag == "a" and "download" not in element.attrib else None
