"""Which names a route looks at, found by watching it read: a field that is added later is tried like the others."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.datastructures import ImmutableMultiDict

from tests.strangers.cases import Ask
from tests.strangers.conftest import Caller


@contextmanager
def watched(app: Flask) -> Iterator[set[str]]:
    """The names that are looked up in query strings and forms meanwhile."""
    names: set[str] = set()

    class Watched(ImmutableMultiDict):
        def __getitem__(self, key):
            names.add(key)
            return super().__getitem__(key)

        def __contains__(self, key):
            names.add(key)
            return super().__contains__(key)

        def getlist(self, key, type=None):
            names.add(key)
            return super().getlist(key, type)

    before = app.request_class
    app.request_class = type("WatchedRequest", (before,), {"parameter_storage_class": Watched})
    try:
        yield names
    finally:
        app.request_class = before


def names_read(caller: Caller, asked: Ask) -> list[str]:
    """Every name the route looked at for this request, and those the request sent; `csrf_token` is the edge's own."""
    with watched(caller.app) as names:
        for hx in (False, True):
            caller.send(asked, hx=hx)
    return sorted({*names, *asked.query, *asked.body} - {"csrf_token"})
