"""What the composer shows: the channels to the lead, what was typed, when it would leave."""

from collections.abc import Mapping
from typing import Any

from flask_login import current_user
from werkzeug.datastructures import MultiDict

from leadcrm.conversations.forms import MessageForm
from leadcrm.conversations.models import Draft
from leadcrm.conversations.thread_queries import Door
from leadcrm.conversations.wording import CHANNEL_WORDS
from leadcrm.core import clock
from leadcrm.core.values import new_id
from leadcrm.core.web import user_zone
from leadcrm.core.zones import in_quiet_hours, zone
from leadcrm.leads.models import Lead

ORDER = ("email", "sms", "whatsapp")


def composer_context(
    lead: Lead,
    doors: Mapping[str, Door],
    channel: str,
    form: MessageForm,
    *,
    beside: str = "",
) -> dict[str, Any]:
    """What the composer's template needs. `beside` is the channel of the thread on the screen: a note is put there."""
    return {
        "lead": lead,
        "channel": channel,
        "channels": [*ORDER, "note"],
        "doors": doors,
        "door": doors.get(channel),
        "composer_form": form,
        "beside": beside,
        "channel_words": CHANNEL_WORDS,
        "zones": _zones(lead),
        "quiet_note": _quiet_note(lead, channel),
    }


def first_open(doors: Mapping[str, Door]) -> str:
    """The channel to begin with."""
    return next((name for name in ORDER if not doors[name].closed), ORDER[0])


def reply_subject(subject: str) -> str:
    """`Re: ` in front, once."""
    if not subject:
        return ""
    return subject if subject[:3].lower() == "re:" else f"Re: {subject}"[:500]


def drafted_form(lead: Lead, channel: str, draft: Draft | None, last_subject: str = "") -> MessageForm:
    """A new rendering of the composer, with its own key: the draft, else an empty reply."""
    typed = {"channel": channel, "key": new_id(), "when": "now", "zone": lead.timezone}
    if draft is not None:
        typed |= {"subject": draft.subject, "content": draft.content}
    elif channel == "email":
        typed |= {"subject": reply_subject(last_subject)}
    return MessageForm(MultiDict(typed))


def _zones(lead: Lead) -> list[tuple[str, str]]:
    """Whose clock a moment may be given in: the lead's first, then the person's own."""
    names = dict.fromkeys((lead.timezone, str(user_zone())))
    owners = {lead.timezone: f"{lead.first_name or lead.name}’s clock"}
    return [(name, f"{owners.get(name, 'Your clock')} ({name.replace('_', ' ')})") for name in names]


def _quiet_note(lead: Lead, channel: str) -> str:
    """Texts wait for the morning of the lead; says so before they are written."""
    if channel not in ("sms", "whatsapp"):
        return ""
    organization, local, now = current_user.organization, zone(lead.timezone), clock.now()
    if not in_quiet_hours(now, local, organization.quiet_from, organization.quiet_until):
        return ""
    until = organization.quiet_until.strftime("%H:%M")
    return (
        f"It is {now.astimezone(local):%H:%M} for {lead.first_name or lead.name}: quiet hours. This leaves at {until}."
    )
