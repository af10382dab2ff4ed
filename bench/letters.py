"""The letter that the drain, the bare loop and django-post-office all send, filled in for each recipient."""

from collections.abc import Iterator
from dataclasses import dataclass

from leadcrm.core.values import new_id

ORGANIZATION = "Bench"
SENDER = f"{ORGANIZATION} <leads@leadcrm.test>"
SUBJECT = "A home for you, {first_name|there}"
CONTENT = (
    "Hello {first_name|there},\n\nthree homes came up that fit your wishes. Shall we see them?\n\n{organization_name}"
)
HEADERS = {"List-Unsubscribe": "<https://bench.test/u/x>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


@dataclass(frozen=True)
class Letter:
    recipient: str
    subject: str
    text: str
    html: str
    message_id: str


def person(n: int) -> str:
    return f"Person {n}"


def address(n: int) -> str:
    return f"p{n}@leads.test"


def letters(count: int) -> Iterator[Letter]:
    """To so many people, each with a Message-ID of its own."""
    for n in range(count):
        text = CONTENT.replace("{first_name|there}", person(n)).replace("{organization_name}", ORGANIZATION)
        yield Letter(
            f"{person(n)} <{address(n)}>",
            SUBJECT.replace("{first_name|there}", person(n)),
            text,
            f"<p>{text}</p>",
            f"<{new_id()}@bench.test>",
        )
