"""Whom the verbs of privacy are about, and what of theirs hangs on no lead: plain values, no rows."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """Somebody with all that names them: their lead, if they ever were one, and every place they are a contact at.

    `id` is the lead's, else the contact's who is meant. `contact_ids` are of contacts known as the lead and of those
    known as none who have one of the lead's addresses, or of the contact's. `addresses` are all they have or used.
    """

    id: str
    name: str
    lead_id: str | None
    contact_ids: Sequence[str]
    addresses: Sequence[str]


@dataclass(frozen=True)
class Loose:
    """What speaks of a person and names no lead: kept webhooks, and (import id, number) of rows of imported files."""

    raw_mail_ids: Sequence[str] = ()
    import_rows: Sequence[tuple[str, int]] = ()
