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


@register
@dataclass(frozen=True, kw_only=True)
class ContactExported(Event):
    """Everything held about a contact who never was a lead was handed out."""

    name = "contact.exported"
    title = "Personal data of a contact exported"
    icon = "download"
    account_id: str
    contact_id: str


@register
@dataclass(frozen=True, kw_only=True)
class ContactErased(Event):
    """A contact was removed on request, alone or with the lead they were found to be; the id is all that is left."""

    name = "contact.erased"
    title = "Personal data of a contact erased"
    icon = "trash-2"
    account_id: str
    contact_id: str
