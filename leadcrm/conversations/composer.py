"""What the composer shows: the channels to the lead, what was typed, when it would leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from flask_login import current_user
from werkzeug.datastructures import MultiDict

from leadcrm.conversations import merge
from leadcrm.conversations.forms import MessageForm
from leadcrm.conversations.models import LARGEST_FILE, Draft, Template
from leadcrm.conversations.operations.composing import fill_what_is_known, values_for
from leadcrm.conversations.thread_queries import Door
from leadcrm.conversations.wording import CHANNEL_WORDS
from leadcrm.core import clock
from leadcrm.core.values import new_id
from leadcrm.core.web import TimeTeller, user_locale, user_zone
from leadcrm.core.zones import in_quiet_hours, zone
from leadcrm.leads.models import Lead

ORDER = ("email", "sms", "whatsapp")
NOTE = "note"  # for the team; it needs no address
LONGEST_PREVIEW = 200  # characters of a template in the picker
TEXTS = ("sms", "whatsapp")  # what quiet hours hold back


@dataclass(frozen=True)
class LeadClock:
    """What time it is for a lead, and the hours in which texts to them wait; times in the reader's words."""

    now: datetime
    words: str
    place: str
    quiet_from: str
    quiet_until: str
    is_quiet: bool

    def holds(self, channel: str) -> bool:
        """Whether a message written now on this channel waits for the morning."""
        return self.is_quiet and channel in TEXTS


def composer_context(
    lead: Lead,
    doors: Mapping[str, Door],
    channel: str,
    form: MessageForm,
    *,
    draft: Draft | None = None,
    beside: str = "",
    holes: Sequence[str] = (),
    focused: bool = False,
) -> dict[str, Any]:
    """What the composer's template needs.

    The files are the `draft`'s. `beside` is the channel of the thread on the screen: a note is put there. `holes` are
    the fields a template could not fill, to be named above the text. `focused` puts the cursor into the text.
    """
    return {
        "lead": lead,
        "channel": channel,
        "channels": [*ORDER, NOTE],
        "doors": doors,
        "door": doors.get(channel),
        "is_out_of_reach": all(doors[name].closed for name in ORDER),
        "composer_form": form,
        "files": draft.attachments if draft is not None else [],
        "largest_file": LARGEST_FILE,
        "beside": beside,
        "channel_words": CHANNEL_WORDS,
        "zones": _zones(lead),
        "lead_clock": lead_clock(lead),
        "holes": holes,
        "focused": focused,
    }


def lead_clock(lead: Lead) -> LeadClock:
    """The lead's own clock, with the quiet hours of the person's organization."""
    organization, local, now = current_user.organization, zone(lead.timezone), clock.now()
    start, end = organization.quiet_from, organization.quiet_until
    told = TimeTeller(local, user_locale(), now)

    def words(wall: time) -> str:
        return told.clock(datetime.combine(now.astimezone(local), wall, local))

    return LeadClock(
        now=now,
        words=told.clock(now),
        place=lead.timezone.rpartition("/")[2].replace("_", " "),
        quiet_from=words(start),
        quiet_until=words(end),
        is_quiet=in_quiet_hours(now, local, start, end),
    )


def first_open(doors: Mapping[str, Door]) -> str:
    """The channel to begin with; a note where nothing could be sent."""
    return next((name for name in ORDER if not doors[name].closed), NOTE)


def reply_subject(subject: str) -> str:
    """`Re: ` in front, once."""
    if not subject:
        return ""
    return subject if subject[:3].lower() == "re:" else f"Re: {subject}"[:500]


def has_words(draft: Draft | None) -> bool:
    """Whether anything was typed: there may be files alone."""
    return draft is not None and bool(draft.subject or draft.content)


def drafted_form(lead: Lead, channel: str, draft: Draft | None, last_subject: str = "") -> MessageForm:
    """A new rendering of the composer, with its own key: the draft's words, else an empty reply."""
    typed = {"channel": channel, "key": new_id(), "when": "now", "zone": lead.timezone}
    if has_words(draft):
        typed |= {"subject": draft.subject, "content": draft.content}
    elif channel == "email":
        typed |= {"subject": reply_subject(last_subject)}
    return MessageForm(MultiDict(typed))


def previews(templates: Sequence[Template], lead: Lead) -> list[tuple[Template, list[tuple[str, bool]]]]:
    """Templates with their beginnings as this lead would read them, cut at what is missing (merge.pieces)."""
    values = values_for(lead)
    return [(row, merge.pieces(fill_what_is_known(row.content[:LONGEST_PREVIEW], values))) for row in templates]


def holes_in(filled: str) -> list[str]:
    """The fields that are still tags in a text filled for a lead; the unsubscribe link, made per mail, is none."""
    return [name for name in merge.fields_in(filled) if name != "unsubscribe_url"]


def _zones(lead: Lead) -> list[tuple[str, str]]:
    """Whose clock a moment may be given in: the lead's first, then the person's own."""
    names = dict.fromkeys((lead.timezone, str(user_zone())))
    owners = {lead.timezone: f"{lead.first_name or lead.name}’s clock"}
    return [(name, f"{owners.get(name, 'Your clock')} ({name.replace('_', ' ')})") for name in names]
