"""Visitors from different addresses: all of 127.0.0.0/8 is this machine."""

import requests
from requests.adapters import HTTPAdapter


class _From(HTTPAdapter):
    def __init__(self, source: str):
        self.source = source
        super().__init__()

    def init_poolmanager(self, *arguments, **options) -> None:
        super().init_poolmanager(*arguments, source_address=(self.source, 0), **options)


def visitor(source: str) -> requests.Session:
    """A browser at that address."""
    session = requests.Session()
    session.mount("https://", _From(source))
    return session
