"""What happens to accounts, their people and their deals. `lead_id` is of the lead it came from, if any.

Amounts are decimals as text, in the organization's currency.
"""

from dataclasses import dataclass
from typing import ClassVar

from leadcrm.core import events
from leadcrm.core.events import Event, register


@dataclass(frozen=True, kw_only=True)
class _AboutAccount(Event):
    icon: ClassVar[str] = "building-2"
    account_id: str
    lead_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class _AboutContact(_AboutAccount):
    icon: ClassVar[str] = "user"
    contact_id: str


@dataclass(frozen=True, kw_only=True)
class _AboutOpportunity(_AboutAccount):
    """`revision` is the opportunity's after it."""

    icon: ClassVar[str] = "handshake"
    opportunity_id: str
    revision: int


@register
@dataclass(frozen=True, kw_only=True)
class AccountCreated(_AboutAccount):
    name = "account.created"
    title = "Account created"
    owner_id: str | None = None


@register
@dataclass(frozen=True, kw_only=True)
class AccountEdited(_AboutAccount):
    """Fields changed; values stay in the account's row."""

    name = "account.edited"
    title = "Account changed"
    icon = "pencil"
    fields: tuple[str, ...] = ()


@register
@dataclass(frozen=True, kw_only=True)
class AccountAssigned(_AboutAccount):
    """The account has another owner, or none."""

    name = "account.assigned"
    title = "Account owner changed"
    icon = "user"
    old_owner_id: str | None = None
    owner_id: str | None = None


@register
@dataclass(frozen=True, kw_only=True)
class AccountHealthChanged(_AboutAccount):
    """The health is another one; both are from 0 to 100."""

    name = "account.health_changed"
    title = "Account health changed"
    icon = "heart-pulse"
    old: int
    new: int


@register
@dataclass(frozen=True, kw_only=True)
class AccountArchived(_AboutAccount):
    name = "account.archived"
    title = "Account archived"
    icon = "archive"


@register
@dataclass(frozen=True, kw_only=True)
class AccountRestored(_AboutAccount):
    name = "account.restored"
    title = "Account restored from the archive"
    icon = "rotate-ccw"


@register
@dataclass(frozen=True, kw_only=True)
class ContactAdded(_AboutContact):
    name = "contact.added"
    title = "Contact added"
    icon = "user-plus"


@register
@dataclass(frozen=True, kw_only=True)
class ContactEdited(_AboutContact):
    name = "contact.edited"
    title = "Contact changed"
    icon = "pencil"
    fields: tuple[str, ...] = ()


@register
@dataclass(frozen=True, kw_only=True)
class ContactMadePrimary(_AboutContact):
    """`old_contact_id` was the account's main contact before."""

    name = "contact.made_primary"
    title = "Main contact chosen"
    icon = "star"
    old_contact_id: str | None = None


@register
@dataclass(frozen=True, kw_only=True)
class ContactLeft(_AboutContact):
    """The person is not at the account any more; `was_primary`: and was its main contact."""

    name = "contact.left"
    title = "Contact left the company"
    icon = "log-out"
    was_primary: bool = False


@register
@dataclass(frozen=True, kw_only=True)
class ContactReturned(_AboutContact):
    name = "contact.returned"
    title = "Contact is there again"
    icon = "rotate-ccw"


@register
@dataclass(frozen=True, kw_only=True)
class OpportunityCreated(_AboutOpportunity):
    name = "opportunity.created"
    title = "Opportunity created"
    icon = "plus"
    stage: str
    kind: str
    amount: str | None = None


@register
@dataclass(frozen=True, kw_only=True)
class OpportunityEdited(_AboutOpportunity):
    """Fields changed; values stay in the opportunity's row."""

    name = "opportunity.edited"
    title = "Opportunity changed"
    icon = "pencil"
    fields: tuple[str, ...] = ()


@register
@dataclass(frozen=True, kw_only=True)
class OpportunityAssigned(_AboutOpportunity):
    name = "opportunity.assigned"
    title = "Opportunity owner changed"
    icon = "user"
    old_owner_id: str | None = None
    owner_id: str | None = None


@register
@dataclass(frozen=True, kw_only=True)
class OpportunityStageChanged(_AboutOpportunity):
    """The deal is at another stage; the reason of a lost one stays in its row, and goes when it is open again."""

    name = "opportunity.stage_changed"
    title = "Opportunity moved to another stage"
    old: str
    new: str


def account_facts() -> list[str]:
    """Names of the facts that are about an account, its people or its deals, also when a lead stands behind them."""
    return [name for name, known in events.known().items() if issubclass(known, _AboutAccount)]
