"""Merge fields: `{first_name}`, or `{first_name|there}` for a lead whose first name we do not know.

There is nothing else: a fixed list of names, one fallback, one pass. What is filled in is never read again as a
template, and anything that is not exactly such a tag stays the text it is.
"""

import re
from collections.abc import Iterator, Mapping

FIELDS = {
    "first_name": "First name",
    "last_name": "Last name",
    "name": "Full name",
    "company": "Company",
    "email": "E-mail address",
    "phone": "Phone number",
    "interest": "What they asked about",
    "city": "City",
    "country": "Country",
    "owner_name": "Your full name (the lead's owner)",
    "owner_first_name": "Your first name (the lead's owner)",
    "owner_email": "Your e-mail address (the lead's owner)",
    "organization_name": "Your organization",
    "unsubscribe_url": "Unsubscribe link",
}
MAX_LENGTH = 200_000  # characters; keeps the worst template under 50 ms

# A tag inside a fallback is consumed whole as "nested" and stays text; doubled braces never match. Every part stops
# at a brace, so a character is looked at a fixed number of times.
_TAG = re.compile(
    r"\{[A-Za-z_]+\|[^{}]*\{[^{}]*\}[^{}]*\}"
    r"|(?<!\{)\{(?P<name>[A-Za-z_]+)(?:\|(?P<fallback>[^{}]*))?\}(?!\})"
)
# As other programs write them, `{{first_name}}`, or with spaces: sent, it would be read as it stands.
_ALMOST = re.compile(r"\{\{? *(?P<name>[A-Za-z_]+)(?:\|[^{}]*| *)\}\}?")


class Hole(ValueError):
    """The template cannot be filled for this lead: `names` are empty and have no fallback."""

    def __init__(self, names: list[str]):
        super().__init__("Nothing known for " + ", ".join(f"{{{name}}}" for name in names))
        self.names = names


class TooLong(ValueError):
    """The template, or what became of it, has more than MAX_LENGTH characters."""


def fields_in(template: str) -> list[str]:
    """The known fields a template uses, each once, in order of appearance."""
    return [name for name in _names(template) if name in FIELDS]


def unknown_fields(template: str) -> list[str]:
    """The names written like a merge field that are none, each once, in order of appearance: spelling mistakes."""
    return [name for name in _names(template) if name not in FIELDS]


def misspelt_fields(template: str) -> list[str]:
    """The unknown fields, then those not written like one, by what stands between the outer braces.

    To be asked of what a person types, not of what is kept: that may be older than the question.
    """
    almost = (found[0] for found in _ALMOST.finditer(template) if found["name"] in FIELDS)
    misspelt = dict.fromkeys(text[1:-1] for text in almost if not _TAG.fullmatch(text))
    return [*unknown_fields(template), *misspelt]


def pieces(text: str) -> list[tuple[str, bool]]:
    """The text cut at its tags: (stretch, whether it is a tag). What is still a tag after filling is a hole."""
    found, position = [], 0
    for tag in _tags(text):
        found += [(text[position : tag.start()], False), (tag[0], True)]
        position = tag.end()
    return [piece for piece in (*found, (text[position:], False)) if piece[0]]


def render(template: str, values: Mapping[str, str | None]) -> str:
    """Fill the tags from `values` (field name → text).

    Raises Hole naming every tag that is empty, or unknown, and has no fallback; TooLong.
    """
    parts: list[str] = []
    holes: dict[str, None] = {}
    length = position = 0
    for tag in _tags(template):
        name, fallback = tag["name"], tag["fallback"]
        filled = (values.get(name) or "").strip() if name in FIELDS else ""
        if not filled and fallback is None:
            holes[name] = None
        piece = template[position : tag.start()] + (filled or fallback or "")
        length += len(piece)
        if length > MAX_LENGTH:
            raise TooLong(f"The filled message is longer than {MAX_LENGTH:,} characters.")
        parts.append(piece)
        position = tag.end()
    if holes:
        raise Hole(list(holes))
    parts.append(template[position:])
    return "".join(parts)


def _names(template: str) -> list[str]:
    return list(dict.fromkeys(tag["name"] for tag in _tags(template)))


def _tags(template: str) -> Iterator[re.Match[str]]:
    if len(template) > MAX_LENGTH:
        raise TooLong(f"The template is longer than {MAX_LENGTH:,} characters.")
    return (match for match in _TAG.finditer(template) if match["name"])
