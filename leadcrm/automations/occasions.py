"""For whom a rule acts and what comes of it: what all its doings are given, and answer with."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from leadcrm.automations.models import AutomationRun
from leadcrm.core.events import Event
from leadcrm.leads.models import Lead


@dataclass(frozen=True)
class Occasion:
    """For whom and why a rule acts; `run` is None in a test, which does nothing. `index` is the action's place.

    `lead` is None where nobody at the account can be reached.
    """

    rule_id: str
    rule_name: str
    lead: Lead | None
    event: Event | None
    run: AutomationRun | None = None
    index: int = 0
    expects_account: bool = False  # in a test: an action before would have made one

    @property
    def key(self) -> str:
        """What this action leaves behind carries it, so that it is left once."""
        return f"automation:{self.run.id}:{self.index}"

    @property
    def account_id(self) -> str | None:
        """The account that the event is about, else the lead's."""
        return getattr(self.event, "account_id", None) or (self.lead.account_id if self.lead else None)

    def at(self, index: int) -> "Occasion":
        return replace(self, index=index)


@dataclass(frozen=True)
class Outcome:
    """What became of one action: `done`, `skipped` or `failed`, and why in words; `would` in a test."""

    state: str
    text: str


@dataclass(frozen=True)
class Plan:
    """What an action is about to do, in words, and the deed, which answers with what became of it."""

    words: str
    deed: Callable[[], Outcome]
