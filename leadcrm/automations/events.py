"""What automations do."""

from dataclasses import dataclass

from leadcrm.core.events import Event, register


@register
@dataclass(frozen=True, kw_only=True)
class AutomationRan(Event):
    """An automation did its actions for a lead or, where nobody can be reached, for an account."""

    name = "automation.ran"
    title = "Automation ran"
    icon = "zap"
    lead_id: str | None = None
    account_id: str | None = None
    automation_id: str
    run_id: str


@register
@dataclass(frozen=True, kw_only=True)
class AutomationChanged(Event):
    """An automation was created, edited, switched or deleted."""

    name = "automation.changed"
    title = "Automation changed"
    icon = "zap"
    automation_id: str
    change: str


@register
@dataclass(frozen=True, kw_only=True)
class CallGivenUp(Event):
    """Another program was to be told what happened to a lead or an account, and was not."""

    name = "automation.call_given_up"
    title = "Webhook given up"
    icon = "plug"
    personal = ("reason",)  # the other program's words, which may name the person
    lead_id: str | None = None
    account_id: str | None = None
    automation_id: str
    run_id: str
    reason: str


@register
@dataclass(frozen=True, kw_only=True)
class WebhooksReleased(Event):
    """A person let the calls leave that had waited since then."""

    name = "webhooks.released"
    title = "Webhooks released after a restore"
    icon = "plug"
    waiting: int  # calls that leave now
