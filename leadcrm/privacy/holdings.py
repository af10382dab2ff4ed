"""Where the database holds something about one lead: read off the tables, so that a new one cannot be forgotten.

A table is held when it names a lead (`lead_id`), or refers to a row of a table that is. For every other table the lists
below say why it is not, and a test refuses a table that stands nowhere. What speaks of a person and names no lead is
found by their addresses (queries.py): contacts that a colleague typed, rows of files that made no lead, raw mails.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from sqlalchemy import Column, ColumnElement, Table, select, union

from leadcrm.core.db import Base
from leadcrm.core.models import EventRow

ROOT = "leads"
FACTS = EventRow.__table__
STAYS = {
    "import_files": "what was uploaded and not imported yet: nobody knows who is in it; gone within a week,"
    " and whoever was erased is not written to when it is imported after all",
    "erasures": "the journal of erasures: ids only, of leads, contacts and accounts whose facts spelled them, so that a"
    " restored backup can be brought to the same state",
    "accounts": "a company's; one that bears the person's name gets another, and its notes do not spell it",
    "opportunities": "a company's; whoever it was talked over with is not named any more, nor in its words",
}
BY_ADDRESS = {
    "suppressions": "what stays of an address is a keyed hash, so that nobody writes to it again",
    "tags": "the team's own words; those that only this person had go with them",
    "remembered_answers": "found by the lead's id in the answer; gone after 48 hours anyway",
}
ABOUT_NOBODY = {
    "organizations": "the team's own settings",
    "users": "people of the team, not leads",
    "user_sessions": "people of the team, not leads",
    "api_tokens": "people of the team, not leads",
    "invitations": "people of the team, not leads",
    "password_resets": "people of the team, not leads",
    "staff_mails": "mail to people of the team",
    "templates": "words for everybody",
    "flows": "words for everybody",
    "flow_steps": "words for everybody",
    "flow_settlings": "numbers",
    "flow_drafts": "words for everybody",
    "flow_draft_changes": "words for everybody",
    "flow_versions": "words for everybody, and numbers",
    "retimed_steps": "no words of people",
    "reworded_steps": "words for everybody",
    "conditional_steps": "conditions for everybody",
    "withheld_steps": "no words of people",
    "campaigns": "who of all leads, by what they have in common, and numbers",
    "imports": "what the columns of a file mean, and numbers; headings that hold an address go empty",
    "paces": "numbers",
    "automations": "rules for everybody",
    "tracked_sites": "the organization's own site",
    "availabilities": "when people of the team meet others",
    "channel_pauses": "how connections do",
    "sending_windows": "rules for everybody",
    "pipeline_versions": "a mark of when deals changed",
    "text_budgets": "numbers",
    "sending_pauses": "who of the team released what",
    "mailboxes": "how reading the mailbox goes",
    "audit_seals": "hashes over facts, which hold no personal words",
    "slots": "the clock",
    "heartbeats": "the clock",
    "canaries": "known words that prove the key",
}
COPIES = {
    "lead_search": "an index over what is exported",
    "message_search": "an index over what is exported",
    "debts": "work the machine owes on facts that are exported",
    "booked_cells": "the minutes of a meeting, which is exported",
    "read_marks": "how far colleagues have read",
}


@dataclass(frozen=True)
class Holding:
    """A table, and every way that leads from its rows to the lead."""

    table: Table
    ways: tuple["Way", ...]

    def of(self, lead_id: str) -> ColumnElement[bool]:
        """Criterion on the table's rows about this lead."""
        if len(self.ways) == 1:
            return self.ways[0].to(lead_id)
        # in as many looks: PostgreSQL would read the whole table for an OR of them
        key = self.table.primary_key.columns[0]
        return key.in_(union(*(select(key).where(way.to(lead_id)) for way in self.ways)))


@dataclass(frozen=True)
class Way:
    """A column that names the lead, or a row of `parent` by its `target`."""

    link: Column
    parent: Holding | None = None
    target: Column | None = None

    def to(self, lead_id: str) -> ColumnElement[bool]:
        """Criterion on the rows that lead there."""
        if self.parent is None or self.target is None:
            return self.link == lead_id
        return self.link.in_(select(self.target).where(self.parent.of(lead_id)))


@lru_cache
def holdings() -> Mapping[str, Holding]:
    """Every table that holds something about leads, by its name; those that others refer to come first."""
    found: dict[str, Holding] = {}
    for table in Base.metadata.sorted_tables:
        if table.name not in STAYS and (holding := _holding(table, found)) is not None:
            found[table.name] = holding
    return MappingProxyType(found)


def erased_in_order() -> Iterator[Holding]:
    """The tables whose rows go, those that refer to others first. Facts stay, without their words."""
    return (holding for holding in reversed(holdings().values()) if holding.table is not FACTS)


def exported() -> Iterator[Holding]:
    """The tables whose rows a person is given."""
    return (holding for name, holding in holdings().items() if name not in COPIES)


def _holding(table: Table, found: Mapping[str, Holding]) -> Holding | None:
    if table.name == ROOT:
        return Holding(table, (Way(table.c.id),))
    if "lead_id" in table.c:
        return Holding(table, (Way(table.c.lead_id),))
    keys = sorted(table.foreign_keys, key=lambda key: key.parent.name)
    ways = [Way(key.parent, found[name], key.column) for key in keys if (name := key.column.table.name) in found]
    return Holding(table, tuple(ways)) if ways else None
