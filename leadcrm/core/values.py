"""Small values every feature makes alike: ids, folded text, and how numbers and people without a picture are shown."""

import unicodedata

import uuid_utils

TONES = ("blue", "green", "amber", "red", "violet", "teal", "pink")


def new_id() -> str:
    """A UUIDv7 string: unique, opaque, sorts by its making."""
    return str(uuid_utils.uuid7())


def fold(text: str) -> str:
    """Lower case, without accents, whatever the script: what is found is what looks the same."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def plural(count: int, noun: str) -> str:
    """`1 lead`, `2 leads`, `2,000 leads`: for nouns that are made several by an s."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def initials(name: str) -> str:
    """One or two letters for an avatar."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"


def tone_of(row_id: str) -> str:
    """A colour that stays with a person."""
    return TONES[sum(row_id[-6:].encode()) % len(TONES)]
