"""Addresses of a site: where it is at home, and what its pages are about."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

LONGEST_URL = 500
_HOST = re.compile(r"[a-z0-9]([a-z0-9.\-]*[a-z0-9])?")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(address: str) -> str | None:
    """`https://Shop.example:443/pricing` → `https://shop.example`, as browsers write it; None when it has none."""
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, _DEFAULT_PORTS[parts.scheme]) else "")


def page_of(address: str) -> str:
    """The address without what may be secret: its query and what stands behind a `#`."""
    return re.split(r"[?#]", address, maxsplit=1)[0][:LONGEST_URL]


def kind_of(address: str, pricing: Sequence[str], demo: Sequence[str]) -> str:
    """What a page is about, by the patterns of its site: `pricing`, `demo_request`, else `page`."""
    path = urlsplit(address).path
    if any(_fits(pattern, path) for pattern in demo):
        return "demo_request"
    return "pricing" if any(_fits(pattern, path) for pattern in pricing) else "page"


def _fits(pattern: str, path: str) -> bool:
    """Whether the path is the pattern's, or, where that ends in a star, begins like it."""
    pattern, path = pattern.lower(), path.lower()
    if pattern.endswith("*"):
        return path.startswith(pattern[:-1])
    return path.rstrip("/") == pattern.rstrip("/")
