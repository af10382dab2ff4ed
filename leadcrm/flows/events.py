"""What happens in flows."""

from dataclasses import dataclass

from leadcrm.core.events import Event, register


@register
@dataclass(frozen=True, kw_only=True)
class LeadEnrolled(Event):
    """A lead entered a flow; `messages` were scheduled."""

    name = "flow.enrolled"
    title = "Entered a flow"
    icon = "workflow"
    lead_id: str
    flow_id: str
    enrolment_id: str
    messages: int


@register
@dataclass(frozen=True, kw_only=True)
class LeadLeftFlow(Event):
    """What was still waiting is skipped, for this reason."""

    name = "flow.exited"
    title = "Left a flow"
    icon = "log-out"
    lead_id: str
    flow_id: str
    enrolment_id: str
    reason: str


@register
@dataclass(frozen=True, kw_only=True)
class LeadDelayed(Event):
    """A pause put all that follows in this passage off by `days`, on top of pauses before."""

    name = "flow.delayed"
    title = "Put off by a pause"
    icon = "workflow"
    lead_id: str
    flow_id: str
    enrolment_id: str
    days: int


@register
@dataclass(frozen=True, kw_only=True)
class CampaignChanged(Event):
    """A campaign was drafted, started, paused, resumed or stopped, or has come to its end."""

    name = "campaign.changed"
    title = "Campaign changed"
    icon = "send"
    campaign_id: str
    change: str


@register
@dataclass(frozen=True, kw_only=True)
class FlowChanged(Event):
    """A draft was changed or published, a step or the flow itself switched; `words` say what of a document changed."""

    name = "flow.changed"
    title = "Flow changed"
    icon = "workflow"
    flow_id: str
    change: str
    step_id: str | None = None
    words: str = ""
