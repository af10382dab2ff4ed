"""The sentences of a lead's timeline: one for each fact that may stand in it."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from leadcrm.conversations.models import Message
from leadcrm.core.models import EventRow
from leadcrm.leads.models import Lead, Note

_MESSAGES = {"email": "an email", "sms": "a text", "whatsapp": "a WhatsApp message"}
_MANY_MESSAGES = {"email": "any more emails", "sms": "any more texts", "whatsapp": "any more WhatsApp messages"}
_OPTED_OUT_BY = {
    "unsubscribed": "used the unsubscribe link",
    "replied_stop": "replied STOP",
    "asked_in_words": "asked for it in a message",
    "confirmed_by_hand": "a colleague read it so",
    "complained": "reported our mail as spam",
}
_BEGUN_BY = {
    "flow": " by a flow",
    "automation": " by an automation",
    "follow_up": " as a follow-up",
    "api": " through the API",
    "assistant": " by the assistant",
}
_KINDS = {"whatsapp": "WhatsApp"}
_VISITS = {"pricing": "looked at your pricing page", "demo_request": "asked for a demo on your site"}
_FIELDS = {"timezone": "time zone", "zone_source": "time zone", "owner_id": "owner", "due_at": "due time"}
BY_HAND = "canceled by hand"
TAKEN_OUT = "Taken out of the flow by hand"  # as flows.reasons has it
UNEXPLAINED = "no reason was given"


@dataclass(frozen=True)
class Background:
    """What the sentences of one page need to know. `named` holds flows and automations by id."""

    lead: Lead
    people: dict[str, str] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Telling:
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
        return _begin(self.a_message)

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

    def named(self, kind: str) -> str:
        """The flow or automation as `flow “Welcome”`; one that is gone has no name."""
        name = self.background.named.get(self.get(f"{kind}_id"))
        return f"the {kind} “{name}”" if name else ("an automation" if kind == "automation" else f"a {kind}")


def sentence_of(row: EventRow, background: Background) -> str:
    """What the fact says on the timeline; one that another version wrote is told by its name."""
    return SENTENCES.get(row.name, _unheard_of)(_Telling(row, who_did(row, background), background))


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


def _begin(words: str) -> str:
    """As the beginning of a sentence; str.capitalize would write "whatsapp"."""
    return words[:1].upper() + words[1:]


def _inside(words: str) -> str:
    """As a part of a sentence: `The lead replied` goes on in lower case, `SMTP refused it` does not."""
    return words[:1].lower() + words[1:] if words[1:2].islower() or words[1:2] == " " else words


def _listed(words: Iterable[str]) -> str:
    *most, last = list(words) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def _fields(names: Iterable[str]) -> str:
    return _listed(dict.fromkeys(_FIELDS.get(name, name.replace("_", " ")) for name in names))


def _source(telling: _Telling) -> str:
    source = telling.get("source").replace("_", " ")
    return f", source: {_begin(source)}" if source else ""


def _unheard_of(telling: _Telling) -> str:
    return _begin(telling.row.name.replace(".", " ").replace("_", " "))


def _created(telling: _Telling) -> str:
    return telling.done("added the lead", f"{telling.lead} came in as a new lead") + _source(telling)


def _inquired(telling: _Telling) -> str:
    differs = telling.words("differs")
    told = f"; they gave another {_fields(differs)} than we have" if differs else ""
    return f"{telling.lead} got in touch again{_source(telling)}{told}"


def _edited(telling: _Telling) -> str:
    names = telling.words("fields")
    if not names:
        return telling.done("changed the details", "The details were changed")
    were = "were" if len(names) > 1 else "was"
    return telling.done(f"changed the {_fields(names)}", f"{_begin(_fields(names))} {were} changed")


def _status(telling: _Telling) -> str:
    change = f"from {_begin(telling.get('old'))} to {_begin(telling.get('new'))}"
    return telling.done(f"changed the status {change}", f"The status changed {change}")


def _scored(telling: _Telling) -> str:
    change = f"from {telling.get('old', '0')} to {telling.get('new', '0')}"
    return telling.done(f"changed the score {change}", f"The score changed {change}")


def _assigned(telling: _Telling) -> str:
    if not telling.get("owner_id"):
        return telling.done("left the lead without an owner", "The lead has no owner any more")
    owner = telling.person("owner_id")
    if owner == telling.who:
        return f"{owner} took the lead over"
    return telling.done(f"made {owner} the owner", f"{_begin(owner)} became the owner")


def _tagged(telling: _Telling) -> str:
    tags = {verb: _listed(f"“{tag}”" for tag in telling.words(verb)) for verb in ("added", "removed")}
    change = " and ".join(f"{verb} {words}" for verb, words in tags.items() if words)
    if not change:
        return telling.done("changed the tags", "The tags were changed")
    return telling.done(f"changed the tags: {change}", f"The tags changed: {change}")


def _scheduled(telling: _Telling) -> str:
    begun = _BEGUN_BY.get(telling.get("origin")) or (f" by {telling.who}" if telling.who else "")
    return f"{telling.the_message} was planned{begun} for"


def _sent(telling: _Telling) -> str:
    message = telling.background.messages.get(telling.get("message_id"))
    where = ", to the sandbox" if message is not None and message.sandbox else ""
    return f"{telling.the_message} was sent{_BEGUN_BY.get(telling.get('origin'), '')}{where}"


def _resolved(telling: _Telling) -> str:
    verdict = telling.get("verdict")
    if verdict == "accepted":
        return f"A mail system reported that it has {telling.a_message}: it was sent"
    if verdict == "found":
        return f"A copy of {telling.a_message} was found among the mailbox's sent mail: it was sent"
    if verdict == "resend":
        return f"{telling.someone} had {telling.a_message} sent again that may not have arrived"
    return f"{telling.someone} confirmed that {telling.a_message} arrived"


def _canceled(telling: _Telling) -> str:
    if telling.get("reason") == BY_HAND:
        return telling.done(f"canceled {telling.a_message}", f"{telling.the_message} was canceled")
    return f"{telling.the_message} will not be sent: {_inside(telling.because)}"


def _received(telling: _Telling) -> str:
    if telling.row.told.get("automatic"):
        return f"An automatic reply came from {telling.lead}: {telling.a_message}"
    return f"{telling.lead} wrote {telling.a_message}"


def _clicked(telling: _Telling) -> str:
    url = telling.get("url").partition("://")[2].rstrip("/")
    return f"{telling.lead} clicked {url}" if url else f"{telling.lead} clicked a link in {telling.a_message}"


def _opted_out(telling: _Telling) -> str:
    what = _MANY_MESSAGES.get(telling.get("channel"), "to hear from us any more")
    how = _OPTED_OUT_BY.get(telling.get("how"), telling.get("how").replace("_", " "))
    return f"{telling.lead} does not want {what}" + (f" ({how})" if how else "")


def _consent_noted(telling: _Telling) -> str:
    by = _listed(_KINDS.get(kind, kind) for kind in telling.words("kinds"))
    if not telling.get("on"):
        return telling.done(f"took back the consent to write by {by}", f"The consent to write by {by} was taken back")
    where = f" ({telling.get('source')}, {telling.get('on')})" if telling.get("source") else ""
    return telling.done(f"noted consent to write by {by}{where}", f"Consent to write by {by} was noted{where}")


def _opt_out_suspected(telling: _Telling) -> str:
    what = _MANY_MESSAGES.get(telling.get("channel"), "to hear from us any more")
    return f"{telling.lead} may not want {what}: a person decides"


def _opt_out_dismissed(telling: _Telling) -> str:
    return telling.done("decided that it was no opt-out", "It was no opt-out")


def _opted_in(telling: _Telling) -> str:
    what = {"email": "emails", "sms": "texts", "whatsapp": "WhatsApp messages"}.get(telling.get("channel"), "messages")
    return f"{telling.lead} agreed to get {what} again"


def _thread_assigned(telling: _Telling) -> str:
    if not telling.get("assignee_id"):
        return telling.done("put the conversation back to unassigned", "The conversation is unassigned again")
    person = telling.person("assignee_id")
    if person == telling.who:
        return f"{person} took the conversation"
    return telling.done(f"gave the conversation to {person}", f"The conversation was given to {person}")


def _thread_status(telling: _Telling) -> str:
    verb = {"open": "reopened", "snoozed": "snoozed", "closed": "closed"}.get(telling.get("new"), "changed")
    return telling.done(f"{verb} the conversation", f"The conversation was {verb}")


def _enrolled(telling: _Telling) -> str:
    count = telling.row.told.get("messages") or 0
    planned = {0: "no message is planned", 1: "1 message is planned"}.get(count, f"{count} messages are planned")
    return f"Entered {telling.named('flow')}: {planned}"


def _left_flow(telling: _Telling) -> str:
    """By the lead's own doing, or by a person's decision; that may have been told as the reason already."""
    if not telling.who:
        return f"Left {telling.named('flow')}: {_inside(telling.because)}"
    why = "" if telling.because == TAKEN_OUT else f": {_inside(telling.because)}"
    return f"{telling.who} took {telling.lead} out of {telling.named('flow')}{why}"


def _task_created(telling: _Telling) -> str:
    given = telling.get("assignee_id")
    person = telling.person("assignee_id") if given else ""
    for_whom = f" for {person}" if given and person != telling.who else ""
    begun = _BEGUN_BY.get(telling.get("origin"), "")
    return telling.done(f"added {telling.the_task}", f"{_begin(telling.the_task)} was added{begun}") + for_whom


def _task_edited(telling: _Telling) -> str:
    change = f"the {_fields(telling.words('fields'))} of {telling.the_task}"
    were = "were" if len(telling.words("fields")) > 1 else "was"
    return telling.done(f"changed {change}", f"{_begin(change)} {were} changed")


def _task_assigned(telling: _Telling) -> str:
    if not telling.get("assignee_id"):
        return telling.done(f"left {telling.the_task} to nobody", f"{_begin(telling.the_task)} is nobody’s now")
    person = telling.person("assignee_id")
    if person == telling.who:
        return f"{person} took {telling.the_task}"
    return telling.done(f"gave {telling.the_task} to {person}", f"{_begin(telling.the_task)} went to {person}")


def _task(active: str, passive: str) -> Callable[[_Telling], str]:
    """`Ada finished the task “Call”`, or `The task “Call” was finished`."""
    return lambda telling: telling.done(f"{active} {telling.the_task}", f"{_begin(telling.the_task)} was {passive}")


def _done_by(active: str, passive: str) -> Callable[[_Telling], str]:
    return lambda telling: telling.done(active, passive)


def _ended(words: str) -> Callable[[_Telling], str]:
    """`An email came back: mailbox full`."""
    return lambda telling: f"{telling.the_message} {words}: {telling.because}"


SENTENCES: dict[str, Callable[[_Telling], str]] = {
    "lead.created": _created,
    "lead.inquired": _inquired,
    "lead.edited": _edited,
    "lead.status_changed": _status,
    "lead.scored": _scored,
    "lead.assigned": _assigned,
    "lead.tagged": _tagged,
    "lead.archived": _done_by("archived the lead", "The lead was archived"),
    "lead.restored": _done_by("brought the lead back from the archive", "The lead came back from the archive"),
    "lead.exported": _done_by("exported all personal data", "All personal data was exported"),
    "lead.erased": _done_by("erased the personal data", "The personal data was erased"),
    "lead.opted_out": _opted_out,
    "lead.opted_in": _opted_in,
    "lead.opt_out_suspected": _opt_out_suspected,
    "lead.opt_out_dismissed": _opt_out_dismissed,
    "lead.mail_allowed": _done_by(
        "allowed mail to an address it had come back from", "Mail to an address it had come back from is allowed again"
    ),
    "lead.follow_up_requested": _done_by("asked for a follow-up email", "A follow-up email was asked for"),
    "note.added": lambda telling: f"{telling.someone} wrote a note",
    "message.scheduled": _scheduled,
    "message.sent": _sent,
    "message.failed": _ended("was not sent"),
    "message.bounced": _ended("came back"),
    "message.delayed": _ended("is delayed on its way"),
    "message.unknown": lambda telling: (
        f"We cannot tell whether {telling.a_message} arrived: {_inside(telling.because)}"
    ),
    "message.resolved": _resolved,
    "message.canceled": _canceled,
    "lead.consent_noted": _consent_noted,
    "lead.recognised": lambda telling: f"{telling.lead} was recognised as a visitor of your site",
    "lead.visited": lambda telling: f"{telling.lead} {_VISITS.get(telling.get('kind'), 'visited your site')}",
    "message.hurried": lambda telling: f"{telling.someone} sent {telling.a_message} without waiting",
    "message.retried": lambda telling: f"{telling.someone} tried {telling.a_message} again",
    "message.received": _received,
    "message.opened": lambda telling: f"{telling.lead} opened {telling.a_message}",
    "message.clicked": _clicked,
    "conversation.assigned": _thread_assigned,
    "conversation.status_changed": _thread_status,
    "task.created": _task_created,
    "task.edited": _task_edited,
    "task.assigned": _task_assigned,
    "task.completed": _task("finished", "finished"),
    "task.reopened": _task("reopened", "reopened"),
    "task.snoozed": _task("put off", "put off"),
    "task.canceled": _task("canceled", "canceled"),
    "flow.enrolled": _enrolled,
    "flow.exited": _left_flow,
    "automation.ran": lambda telling: f"{_begin(telling.named('automation'))} ran",
}
