"""What the verbs and queries of accounts are given: plain values, no rows. None means "not said", "" means "empty"."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class AccountData:
    """What is said about an account; "" as owner means "nobody"."""

    name: str | None = None
    industry: str | None = None
    website: str | None = None
    notes: str | None = None
    owner_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class ContactData:
    """What is said about a person; addresses as typed."""

    first_name: str | None = None
    last_name: str | None = None
    position: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, kw_only=True)
class OpportunityData:
    """What is said about a deal. An amount is in the organization's currency; `no_amount` and `no_date` empty them."""

    name: str | None = None
    kind: str | None = None
    amount: Decimal | None = None
    no_amount: bool = False
    close_date: date | None = None
    no_date: bool = False
    notes: str | None = None
    owner_id: str | None = None
    contact_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class AccountFilters:
    """Which accounts a list shows. `owner` is a user's id or "none"; `health_below` is exclusive."""

    q: str = ""
    owner: str | None = None
    health_below: int | None = None
    archived: bool = False
