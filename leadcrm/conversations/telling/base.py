"""One fact as a sentence needs it, and how words stand in one."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from leadcrm.conversations.models import Message
from leadcrm.core.models import EventRow
from leadcrm.leads.models import Lead, Note

_MESSAGES = {"email": "an email", "sms": "a text", "whatsapp": "a WhatsApp message"}
BEGUN_BY = {
    "flow": " by a flow",
    "automation": " by an automation",
    "follow_up": " as a follow-up",
    "api": " through the API",
    "assistant": " by the assistant",
    "booking": " about a meeting",
}
_FIELDS = {"timezone": "time zone", "zone_source": "time zone", "owner_id": "owner", "due_at": "due time"}
UNEXPLAINED = "no reason was given"

Sentence = tuple[str, str]  # what somebody did, after their name; the whole of it when nobody in particular did


@dataclass(frozen=True)
class Background:
    """What the sentences of one page need to know. `named` holds flows and automations by id."""

    lead: Lead
    people: dict[str, str] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Telling:
    """One fact with who did it: `who` is empty for what happened by itself."""

    row: EventRow
    who: str
    background: Background

    def get(self, name: str, default: str = "") -> str:
        return str(self.row.told.get(name) or default)

    def words(self, name: str) -> Collection[str]:
        return self.row.told.get(name) or ()

    def person(self, name: str) -> str:
        return self.background.people.get(self.get(name), "someone who left")

    @property
    def someone(self) -> str:
        return self.who or "Someone"

    @property
    def lead(self) -> str:
        return self.background.lead.name

    @property
    def a_message(self) -> str:
        return _MESSAGES.get(self.get("channel"), "a message")

    @property
    def the_message(self) -> str:
        return begin(self.a_message)

    @property
    def the_task(self) -> str:
        """By its title, which goes when the lead is erased."""
        return f"the task “{self.get('what')}”" if self.get("what") else "a task"

    @property
    def because(self) -> str:
        return self.get("reason", UNEXPLAINED)

    def done(self, active: str, passive: str) -> str:
        """`Ada did it`, or `It was done` when nobody in particular did."""
        return f"{self.who} {active}" if self.who else passive

    def handed(self, field: str, nobody: Sentence, took: str, gave: Callable[[str], Sentence]) -> str:
        """What was given to the person whose id stands in `field`: to nobody, to oneself, to another."""
        if not self.get(field):
            return self.done(*nobody)
        person = self.person(field)
        return f"{person} {took}" if person == self.who else self.done(*gave(person))

    def named(self, kind: str) -> str:
        """The flow or automation as `flow “Welcome”`; one that is gone has no name."""
        name = self.background.named.get(self.get(f"{kind}_id"))
        return f"the {kind} “{name}”" if name else ("an automation" if kind == "automation" else f"a {kind}")


def who_did(row: EventRow, background: Background) -> str:
    """Who acted, as a sentence begins with it; empty for the machine."""
    kind, _, row_id = row.actor.partition(":")
    if kind == "user":
        return background.people.get(row_id, "Someone who left")
    if kind == "lead":
        return background.lead.name
    if kind == "automation":
        name = background.named.get(row_id)
        return f"The automation “{name}”" if name else "An automation"
    return "The API" if kind == "token" else ""


def begin(words: str) -> str:
    """As the beginning of a sentence; str.capitalize would write "whatsapp"."""
    return words[:1].upper() + words[1:]


def inside(words: str) -> str:
    """As a part of a sentence: `The lead replied` goes on in lower case, `SMTP refused it` does not."""
    return words[:1].lower() + words[1:] if words[1:2].islower() or words[1:2] == " " else words


def listed(words: Iterable[str]) -> str:
    *most, last = list(words) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def fields(names: Iterable[str]) -> str:
    return listed(dict.fromkeys(_FIELDS.get(name, name.replace("_", " ")) for name in names))


def done_by(active: str, passive: str) -> Callable[[Telling], str]:
    return lambda telling: telling.done(active, passive)
