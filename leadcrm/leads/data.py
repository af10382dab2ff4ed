"""What the verbs and queries of leads are given: plain values, no rows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from leadcrm.accounts.data import AccountData, OpportunityData
from leadcrm.core.gazetteer import Place


@dataclass(frozen=True)
class Consent:
    """Where and on which day somebody agreed to be written to; without a source and a day: they did not, or no more."""

    source: str = ""
    on: date | None = None


@dataclass(frozen=True, kw_only=True)
class LeadData:
    """What is said about a lead. None means "not said"; "" means "empty", and for the owner "nobody".

    `phone`, `email` and `country` as typed (a country's code or name); `timezone` an IANA name; `payload` the raw
    submission, kept as it came; `visitor` what the script on the organization's site calls the browser it came from.
    """

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    email: str | None = None
    phone: str | None = None
    timezone: str | None = None
    interest: str | None = None
    city: str | None = None
    country: str | None = None
    source: str | None = None
    owner_id: str | None = None
    account_id: str | None = None  # whose customer they are
    tags: Sequence[str] | None = None
    visitor: str | None = None
    consent: Consent | None = None  # for the addresses given with it
    answers: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """Where they live; of a country that was checked."""
        return Place(self.city or "", self.country or "")


@dataclass(frozen=True, kw_only=True)
class ConversionData:
    """What a lead becomes: a contact of the account `account_id`, else of the one it is linked to unless a new one's
    name is given; and a deal, if any is begun. Without a name a new account is called as the lead's company.
    """

    account_id: str | None = None
    account_name: str = ""
    about_account: AccountData = field(default_factory=AccountData)  # what else is known of a new one
    opportunity: OpportunityData | None = None


@dataclass(frozen=True, kw_only=True)
class Beginnings:
    """How far a lead had come before we knew of it; None: it begins here and now, as every other."""

    status: str | None = None
    score: int | None = None
    created_at: datetime | None = None


MOMENTS = ("created_from", "created_before")  # of filters
HOT = 70  # the score from which a lead is


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which leads a list shows. Everything given must hold; `owner` is a user's id or "none"."""

    q: str = ""
    statuses: tuple[str, ...] = ()
    owner: str | None = None
    source: str | None = None
    tag_id: str | None = None
    score_at_least: int | None = None
    created_from: datetime | None = None  # inclusive
    created_before: datetime | None = None  # exclusive
    has: tuple[str, ...] = ()  # "email", "phone"
    booked: bool = False  # only those with a meeting that was not canceled
    archived: bool = False

    def to_json(self) -> dict[str, Any]:
        """To be kept; `from_json` reads it again."""
        moments = {name: moment.isoformat() for name in MOMENTS if (moment := getattr(self, name))}
        return asdict(self) | moments

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Filters":
        """The filters that `to_json` wrote."""
        moments = {name: value[name] and datetime.fromisoformat(value[name]) for name in MOMENTS}
        lists = {name: tuple(value[name]) for name in ("statuses", "has")}
        return cls(**{**value, **moments, **lists})
