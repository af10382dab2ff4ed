"""What is done with a person's data as a whole."""

from dataclasses import dataclass

from leadcrm.core.events import Event, register


@register
@dataclass(frozen=True, kw_only=True)
class LeadExported(Event):
    """Everything held about the lead was handed out."""

    name = "lead.exported"
    title = "Personal data exported"
    icon = "download"
    lead_id: str


@register
@dataclass(frozen=True, kw_only=True)
class LeadErased(Event):
    """Everything held about the lead was removed; the id is all that is left."""

    name = "lead.erased"
    title = "Personal data erased"
    icon = "trash-2"
    lead_id: str
