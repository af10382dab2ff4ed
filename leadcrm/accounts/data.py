"""What the verbs and queries of accounts are given: plain values, no rows. None means "not said", "" means "empty"."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any


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


@dataclass(frozen=True, kw_only=True)
class ContactFilters:
    """Which people at accounts are meant: those who are there, of accounts outside the archive. All given must hold.

    `account_owner` is a user's id or "none"; both bounds of the health and `created_before` are exclusive above.
    """

    account: str = ""  # a part of its name
    industry: str = ""  # a part of it
    account_owner: str | None = None
    health_at_least: int | None = None
    health_below: int | None = None
    only_primary: bool = False
    created_before: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """To be kept; `from_json` reads it again."""
        return asdict(self) | {"created_before": self.created_before and self.created_before.isoformat()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "ContactFilters":
        """The filters that `to_json` wrote."""
        moment = value["created_before"]
        return cls(**{**value, "created_before": moment and datetime.fromisoformat(moment)})
