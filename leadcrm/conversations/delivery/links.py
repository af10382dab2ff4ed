"""What the links of a mail become, so that a click is known: addresses of ours that lead on to them.

The plain text keeps its addresses: people read them there, and a mail that is read as text is not followed. Ways out,
and whatever a lead's own words put into the mail, are left as they are: nobody gets an address of ours that leads to
a place of their choosing by calling themselves after it.
"""

import re
from dataclasses import dataclass

from leadcrm.conversations.delivery.letters import AFTER_ADDRESS, WEB_ADDRESS
from leadcrm.core.mail_links import MailMark, click_token, is_web_address, open_token

LONGEST_BYTES = 2000  # of an address: with its signature it must fit into a request line
_ORIGIN = re.compile(r"(https?://[A-Za-z0-9.:\-]+)(?=[/?#]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Following:
    """How one mail is followed: its links to these origins, and whether it is opened."""

    base_url: str
    mark: MailMark
    origins: frozenset[str]
    opens: bool

    def href(self, address: str) -> str:
        """Where a link of the mail goes."""
        return f"{self.base_url}/c/{click_token(self.mark, address)}" if self._follows(address) else address

    def _follows(self, address: str) -> bool:
        origin = _ORIGIN.match(address)
        if origin is None or origin[1].lower() not in self.origins or address.startswith(f"{self.base_url}/u/"):
            return False
        return is_web_address(address) and len(address.encode()) <= LONGEST_BYTES

    @property
    def pixel(self) -> str | None:
        """The picture that tells that the mail was opened."""
        return f"{self.base_url}/o/{open_token(self.mark)}.gif" if self.opens else None


def origins_in(template: str) -> frozenset[str]:
    """Where the links of a template lead whose host no merge field has a say in: `https://example.com`."""
    addresses = (address.rstrip(AFTER_ADDRESS) for address in WEB_ADDRESS.findall(template))
    found = (_ORIGIN.match(address) for address in addresses)
    return frozenset(match[1].lower() for match in found if match)
