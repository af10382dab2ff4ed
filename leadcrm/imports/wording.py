"""Words for imports. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from leadcrm.imports.models import Import

STATE_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "mapping": ("Columns to choose", "gray"),
        "checking": ("Looking at the rows", "violet"),
        "ready": ("Ready to import", "blue"),
        "running": ("Importing", "violet"),
        "stopped": ("Stopped", "amber"),
        "done": ("Imported", "green"),
        "reverting": ("Being reverted", "violet"),
        "reverted": ("Reverted", "gray"),
    }
)
OUTCOME_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "new": ("New", "green"),
        "known": ("Known", "blue"),
        "repeat": ("Repeated", "violet"),
        "refused": ("Refused", "red"),
    }
)
TAKEN_BACK: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"reverted": ("Reverted", "gray"), "left": ("Stays", "amber")}
)
WHAT_IT_MEANS = {
    "new": "become leads",
    "known": "are leads already: what is empty is filled, what differs stays as it is",
    "repeat": "name somebody of an earlier row: one lead is made of both",
    "refused": "cannot be read, and are left out",
}
FIELD_WORDS = {
    "first_name": "first name",
    "last_name": "last name",
    "timezone": "time zone",
}


def counts_of(found: Import) -> dict[str, int]:
    """Rows by what became of them so far, or would become of them before the import has started."""
    counts = found.results if found.started_at else found.foreseen
    refused_before = found.foreseen.get("refused", 0) if found.started_at else 0
    return {name: counts.get(name, 0) + (refused_before if name == "refused" else 0) for name in OUTCOME_WORDS}


def rows_words(count: int) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{count:,} row{'' if count == 1 else 's'}"


def leads_words(count: int) -> str:
    """`1 lead`, `1,200 leads`."""
    return f"{count:,} lead{'' if count == 1 else 's'}"


def field_words(field: str) -> str:
    """A field's name in the middle of a sentence."""
    return FIELD_WORDS.get(field, field)
