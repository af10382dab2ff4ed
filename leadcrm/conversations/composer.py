"""What the composer shows: the channels to the lead, what was typed, when it would leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from leadcrm.conversations import merge
from leadcrm.conversations.forms import MessageForm
from leadcrm.conversations.models import LARGEST_FILE, TEXTS, Draft, Template
from leadcrm.conversations.operations.composing import fill_what_is_known, values_for
from leadcrm.conversations.sending_policy import NO_HOUR, Policy, Window
from leadcrm.conversations.sending_queries import sending_rules
from leadcrm.conversations.thread_queries import Door
from leadcrm.conversations.wording import CHANNEL_WORDS
from leadcrm.core import clock
from leadcrm.core.values import new_id
from leadcrm.core.web import TimeTeller, user_locale, user_zone
from leadcrm.core.zones import ONE_DAY, wall_time, zone
from leadcrm.leads.models import Lead
from leadcrm.leads.wording import zone_source_words
from leadcrm.leads.zone_certainty import candidates
from leadcrm.leads.zone_words import city_of

ORDER = ("email", "sms", "whatsapp")
NOTE = "note"  # for the team; it needs no address
NO_RULES = Policy({})
LONGEST_PREVIEW = 200  # characters of a template in the picker


@dataclass(frozen=True)
class LeadClock:
    """What time it is for a lead, where we know that from, and when what is written now leaves.

    Times in the reader's words, by the lead's likeliest clock.
    """

    now: datetime
    words: str
    place: str
    source: str  # `from the phone number`
    possible: int  # time zones they may be in; texts leave when all allow it
    quiet_hours: str = ""  # of the channel: `9:00 PM to 8:00 AM`
    leaves: str = ""  # when what is written now leaves, if it waits
    never: str = ""  # why it would not leave at all

    @property
    def is_quiet(self) -> bool:
        """Whether what is written now waits."""
        return bool(self.leaves or self.never)


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
        "lead_clock": lead_clock(lead, channel, doors["sms"].address or doors["whatsapp"].address),
        "holes": holes,
        "focused": focused,
    }


def lead_clock(lead: Lead, channel: str, number: str) -> LeadClock:
    """The lead's own clock, and what the organization's rules for a channel mean for a message written by hand now.

    `number` is the lead's as it is kept, "" for none: where their zone is a guess, it says what else it could be.
    """
    now = clock.now()
    names = candidates(lead.timezone, lead.zone_source, number, lead.place, now.year)
    zones = [zone(name) for name in names]
    told = TimeTeller(zones[0], user_locale(), now)
    rules = sending_rules() if channel in TEXTS else NO_RULES  # mail by hand waits for nobody
    hours = rules.hours(channel, zones, automatic=False)
    opening = hours.opening(now)
    return LeadClock(
        now=now,
        words=told.clock(now),
        place=city_of(lead.timezone),
        source=zone_source_words(lead),
        possible=len(names),
        quiet_hours=_quiet_hours(hours.window, told, zones[0]),
        leaves=_leaves(opening, told),
        never="" if opening else NO_HOUR,
    )


def _leaves(opening: datetime | None, told: TimeTeller) -> str:
    """The time of day it waits for, with its date when that is far away; "" when it does not wait."""
    if opening is None or opening <= told.now:
        return ""
    return told.clock(opening) if opening - told.now < ONE_DAY else told.moment(opening)


def _quiet_hours(window: Window, told: TimeTeller, local: ZoneInfo) -> str:
    if window.quiet_from == window.quiet_until:
        return ""
    today = told.now.astimezone(local).date()
    start, end = (told.clock(wall_time(today, wall, local)) for wall in (window.quiet_from, window.quiet_until))
    return f"{start} to {end}"


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
