"""What leads did, as far as we may know: with our mails, and on the organization's site."""

from dataclasses import dataclass

from leadcrm.core.events import Event, register


@dataclass(frozen=True, kw_only=True)
class MailEvent(Event):
    """Base: which mail, to which lead. At most one of each kind per mail."""

    lead_id: str
    message_id: str
    channel: str = "email"


@register
@dataclass(frozen=True, kw_only=True)
class MessageOpened(MailEvent):
    """The mail was shown, by a person's own mail program and not by a proxy or a scanner, for the first time."""

    name = "message.opened"
    title = "Email opened"
    icon = "eye"


@register
@dataclass(frozen=True, kw_only=True)
class MessageClicked(MailEvent):
    """A person followed a link of the mail, for the first time."""

    name = "message.clicked"
    title = "Link clicked"
    icon = "external-link"
    personal = ("url",)  # it may name the person
    url: str


@register
@dataclass(frozen=True, kw_only=True)
class LeadVisited(Event):
    """The lead looked at a page that means something: `kind` is pricing or demo_request. At most one a day of each."""

    name = "lead.visited"
    title = "Visited your site"
    icon = "globe"
    personal = ("url",)
    lead_id: str
    kind: str
    url: str


@register
@dataclass(frozen=True, kw_only=True)
class TrackingChanged(Event):
    """A person changed what is noted of visits to the site; `fields` are those that changed."""

    name = "tracking.changed"
    title = "Tracking of visits changed"
    icon = "settings"
    fields: tuple[str, ...]
