"""The words of a mail in two dresses: as plain text, and as HTML that looks the same in every mailbox."""

import re
from typing import Protocol

from flask import current_app

WEB_ADDRESS = re.compile(r"(https?://[^\s<>\"']{1,2000})")
AFTER_ADDRESS = ".,;:!?)]"

Piece = tuple[str, bool]  # text, and whether it is a link


class Following(Protocol):
    """How a mail is followed (see links.py)."""

    pixel: str | None

    def href(self, address: str) -> str: ...


def plain(text: str, organization_name: str, unsubscribe_url: str | None) -> str:
    """The text, with the unsubscribe line when there is one to offer."""
    if not unsubscribe_url:
        return text
    return (
        f"{text.rstrip()}\n\n-- \nYou get this because you were in touch with {organization_name}.\n"
        f"Unsubscribe: {unsubscribe_url}\n"
    )


def html(text: str, organization_name: str, unsubscribe_url: str | None, following: Following | None = None) -> str:
    """The same as HTML; what a lead or a colleague typed stays text. Links go where `following` says."""
    # not by render_template: what pages need in their sidebars costs more than the mail itself
    return current_app.jinja_env.get_template("mail/lead/message.html").render(
        paragraphs=paragraphs(text),
        organization_name=organization_name,
        unsubscribe_url=unsubscribe_url,
        href=following.href if following else str,
        pixel=following.pixel if following else None,
    )


def paragraphs(text: str) -> list[list[list[Piece]]]:
    """Paragraphs of lines of pieces."""
    return [
        [_pieces(line) for line in block.split("\n")]
        for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip("\n"))
    ]


def _pieces(line: str) -> list[Piece]:
    pieces: list[Piece] = []
    for index, part in enumerate(WEB_ADDRESS.split(line)):
        if index % 2 == 0:
            pieces.append((part, False))
            continue
        address = part.rstrip(AFTER_ADDRESS)
        pieces += [(address, True), (part[len(address) :], False)]
    return [piece for piece in pieces if piece[0]]
