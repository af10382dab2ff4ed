"""Links in our mails that say which mail they stand in and where they lead.

All of it is in the address, and signed: following one asks no database, works when the mail is long forgotten, and
leads only where we wrote into a mail that it leads. There is no other way to make one, so it is no open redirect.
"""

import base64
import re
from dataclasses import astuple, dataclass
from urllib.parse import urlsplit
from uuid import UUID

from leadcrm.core.security import sign, unsign

CLICK, OPEN = "mail link", "mail pixel"  # what a signature is for
_IDS = 3 * 16  # bytes
_BLANK_OR_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff\\]")


class BadLink(ValueError):
    """A token that we never made, or that lost something on its way."""

    def __init__(self) -> None:
        super().__init__("This link is not valid.")


@dataclass(frozen=True)
class MailMark:
    """Which mail, to which lead, of which organization: their ids."""

    organization_id: str
    lead_id: str
    message_id: str


def is_web_address(address: str) -> bool:
    """Whether a browser that follows it comes to the http(s) host that people read in it."""
    if not address.startswith(("http://", "https://")) or _BLANK_OR_CONTROL.search(address):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.hostname) and "@" not in parts.netloc


def click_token(mark: MailMark, target: str) -> str:
    """The signed token of a link to `target`. Raises ValueError when that is no plain web address."""
    if not is_web_address(target):
        raise ValueError("Only plain web addresses can be followed.")
    return _token(mark, target, CLICK)


def read_click(token: str) -> tuple[MailMark, str]:
    """The mail a followed link stands in, and where it leads. Raises BadLink when it is not ours."""
    mark, target = _read(token, CLICK)
    if not is_web_address(target):
        raise BadLink
    return mark, target


def open_token(mark: MailMark) -> str:
    """The signed token of a mail's pixel."""
    return _token(mark, "", OPEN)


def read_open(token: str) -> MailMark:
    """The mail whose pixel was asked for. Raises BadLink when it is not ours."""
    return _read(token, OPEN)[0]


def _token(mark: MailMark, target: str, purpose: str) -> str:
    carried = b"".join(UUID(row_id).bytes for row_id in astuple(mark)) + target.encode()
    return sign(base64.urlsafe_b64encode(carried).decode().rstrip("="), purpose)


def _read(token: str, purpose: str) -> tuple[MailMark, str]:
    try:
        payload = unsign(token, purpose)
        carried = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        ids = [str(UUID(bytes=carried[start : start + 16])) for start in range(0, _IDS, 16)]
        return MailMark(*ids), carried[_IDS:].decode()
    except ValueError as error:  # of the signature, of base64, of an id, of UTF-8
        raise BadLink from error
