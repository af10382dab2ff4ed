"""Addresses we give out: where replies come back to their thread, and where one click ends the mail."""

import re
from dataclasses import dataclass

from flask import current_app

from leadcrm.core.security import sign, unsign

UNSUBSCRIBE = "unsubscribe"
STOP = "-stop"
LONGEST_LOCAL_PART = 64  # RFC 5321
_TAG = re.compile(rf"\+(?P<token>[a-z2-7]{{16}})(?P<stop>{STOP})?@", re.IGNORECASE)


@dataclass(frozen=True)
class ReplyTag:
    """What the plus part of a recipient says: which thread, and whether it is the way to unsubscribe."""

    token: str
    stops: bool


def reply_address(mailbox: str, token: str, *, stops: bool = False) -> str:
    """`leads+token@example.com`: a reply to it finds its organization and thread.

    The bare mailbox when there is no room for a tag; then replies find their thread by the mail they answer.
    """
    local, _, domain = mailbox.partition("@")
    tagged = f"{local}+{token}{STOP if stops else ''}"
    return f"{tagged}@{domain}" if len(tagged) <= LONGEST_LOCAL_PART else mailbox


def read_reply_address(address: str) -> ReplyTag | None:
    """The tag in an address of ours, or None."""
    match = _TAG.search(address)
    return ReplyTag(match["token"].lower(), bool(match["stop"])) if match else None


def without_tag(address: str) -> str:
    """The mailbox behind an address, lower case."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def unsubscribe_url(message_id: str) -> str:
    """The link in a message that stops the next ones."""
    return f"{current_app.settings.base_url}/u/{sign(message_id, UNSUBSCRIBE)}"


def message_of_unsubscribe_token(token: str) -> str:
    """The message a link came with. Raises ValueError when the link is not ours."""
    return unsign(token, UNSUBSCRIBE)
