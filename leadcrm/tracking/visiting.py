"""What a site's script tells of a visit: read and checked, before anything is looked up."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from leadcrm.tracking.sites import origin_of, page_of

LARGEST_BEACON = 4096  # bytes
LONGEST_PASS = 400
_KEY, _VISITOR = re.compile(r"[0-9a-f]{16}"), re.compile(r"[0-9a-f]{32}")


class NotABeacon(ValueError):
    """A body that our script does not send."""


@dataclass(frozen=True)
class Beacon:
    """A visit as told: by which site's script, of which visitor, to which page, with which pass."""

    key: str
    visitor: str
    url: str
    token: str

    @property
    def origin(self) -> str | None:
        return origin_of(self.url)


def read_beacon(body: bytes) -> Beacon:
    """Raises NotABeacon when the body is not what our script sends."""
    try:
        told = json.loads(body.decode())
    except (ValueError, RecursionError) as error:  # of UTF-8, of JSON, of lists in lists in lists
        raise NotABeacon("not JSON") from error
    if not isinstance(told, dict):
        raise NotABeacon("not an object")
    key, visitor, url, token = (told.get(name) or "" for name in ("key", "visitor", "url", "pass"))
    if not all(isinstance(value, str) and value.isprintable() for value in (key, visitor, url, token)):
        raise NotABeacon("not texts")
    if not _KEY.fullmatch(key) or not _VISITOR.fullmatch(visitor) or len(token) > LONGEST_PASS:
        raise NotABeacon("not a key, a visitor and a pass")
    return Beacon(key, visitor, page_of(url), token)


def wants_no_tracking(headers: Mapping[str, str]) -> bool:
    """Whether the browser says "do not track", or Global Privacy Control."""
    return headers.get("DNT") == "1" or headers.get("Sec-GPC") == "1"
