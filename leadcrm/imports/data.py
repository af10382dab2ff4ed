"""What the verbs of imports are given and give: plain values, no rows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from leadcrm.leads.data import Beginnings
from leadcrm.leads.operations import Submission

USUAL_SOURCE = "import"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a file's columns mean (keys of columns.MEANINGS), and what holds for every row.

    `source`, `consent_source` and `consent_on` are for rows that say nothing else; `tags` come on top. `dates` is one
    of dates.ORDERS.
    """

    columns: tuple[str, ...]
    source: str = USUAL_SOURCE
    owner_id: str | None = None
    tags: tuple[str, ...] = ()
    consent_source: str = ""
    consent_on: date | None = None
    dates: str = "dmy"

    def to_json(self) -> dict[str, Any]:
        """To be kept; `from_json` reads it again."""
        return asdict(self) | {"consent_on": self.consent_on and self.consent_on.isoformat()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Plan":
        """The plan that `to_json` wrote."""
        day = value["consent_on"] and date.fromisoformat(value["consent_on"])
        return cls(**{**value, "columns": tuple(value["columns"]), "tags": tuple(value["tags"]), "consent_on": day})


@dataclass(frozen=True)
class Reading:
    """What a row says, ready to be filed in."""

    submission: Submission
    beginnings: Beginnings


class RowRefused(ValueError):
    """A row that makes no lead; the message says why."""
