"""What an automation can start from, in words: every fact of a lead, and silence. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

FACTS: Mapping[str, Mapping[str, str]] = {
    "Leads": {
        "lead.created": "a lead is created",
        "lead.inquired": "a lead gets in touch again",
        "lead.status_changed": "a lead's status changes",
        "lead.scored": "a lead's score changes",
        "lead.assigned": "a lead gets another owner",
        "lead.tagged": "a lead's tags change",
        "lead.edited": "a lead's details change",
        "lead.follow_up_requested": "a follow-up email is asked for",
        "note.added": "a note is written",
        "lead.visited": "a lead looks at your pricing page or asks for a demo",
        "lead.recognised": "a lead is recognised as a visitor of your site",
        "lead.converted": "a lead is converted",
        "lead.conversion_undone": "a conversion is taken back",
        "lead.linked": "a lead is linked to an account, or to none",
        "lead.archived": "a lead is archived",
        "lead.restored": "a lead comes back from the archive",
    },
    "Opportunities": {
        "opportunity.created": "an opportunity is created",
        "opportunity.stage_changed": "an opportunity moves to another stage",
        "opportunity.edited": "an opportunity's details change",
        "opportunity.assigned": "an opportunity gets another owner",
    },
    "Accounts": {
        "account.created": "an account is created",
        "account.health_changed": "an account's health changes",
        "account.edited": "an account's details change",
        "account.assigned": "an account gets another owner",
        "account.archived": "an account is archived",
        "account.restored": "an account comes back from the archive",
        "contact.added": "a contact is added to an account",
        "contact.edited": "a contact's details change",
        "contact.made_primary": "somebody becomes an account's main contact",
        "contact.left": "a contact leaves their company",
        "contact.returned": "a contact is at their company again",
    },
    "Messages": {
        "message.received": "a lead writes to us",
        "message.scheduled": "a message is planned",
        "message.sent": "a message is sent",
        "message.opened": "a lead opens a mail",
        "message.clicked": "a lead clicks a link in a mail",
        "message.failed": "a message cannot be sent",
        "message.bounced": "a mail comes back",
        "message.delayed": "a mail is delayed on its way",
        "message.unknown": "nobody can tell whether a message arrived",
        "message.resolved": "it is clear what became of such a message",
        "message.canceled": "a message is canceled",
        "message.hurried": "a message is sent without waiting",
        "message.retried": "a message is tried again",
    },
    "Consent": {
        "lead.opted_out": "a lead opts out",
        "lead.opted_in": "a lead opts in again",
        "lead.opt_out_suspected": "a message may be an opt-out",
        "lead.opt_out_dismissed": "a message turns out to be no opt-out",
        "lead.consent_noted": "consent is noted or taken back",
        "lead.mail_allowed": "mail to a bounced address is allowed again",
    },
    "Conversations": {
        "conversation.assigned": "a conversation gets another person",
        "conversation.status_changed": "a conversation is opened, snoozed or closed",
    },
    "Tasks": {
        "task.created": "a task is added",
        "task.edited": "a task changes",
        "task.assigned": "a task goes to somebody else",
        "task.completed": "a task is done",
        "task.reopened": "a task is reopened",
        "task.snoozed": "a task is put off",
        "task.canceled": "a task is canceled",
    },
    "Meetings": {
        "booking.made": "a lead books a meeting",
        "booking.moved": "a meeting is moved to another time",
        "booking.canceled": "a meeting is canceled",
    },
    "Flows": {
        "flow.enrolled": "a lead enters a flow",
        "flow.exited": "a lead leaves a flow",
    },
}
FIRST_IN_REACH = frozenset(  # after which somebody at an account that was made before may be written to
    ("contact.added", "contact.edited", "contact.made_primary", "contact.returned", "lead.linked")
)
EXCLUDED = {  # facts about a lead that start nothing, and why
    "lead.imported": "nobody got in touch: an import says itself whether its new leads start rules",
    "lead.exported": "somebody asked for their data; nothing about the lead changed",
    "flow.delayed": "a campaign was stopped for a while; the lead did nothing",
    "message.unresolved": "a slip was taken back; that nobody can tell was said before",
    "automation.ran": "rules that start from rules run in circles",
    "automation.call_given_up": "the same",
    "lead.erased": "nothing is left of the lead that could be looked at",
}


@dataclass(frozen=True)
class Silence:
    """A stretch of time in which something does not happen. It begins with a fact, or is looked for by the clock."""

    words: str
    begins_with: str | None
    broken: str  # why a run is skipped: what happened in between


SILENCES: Mapping[str, Silence] = {
    "quiet.no_reply": Silence(
        "we wrote and the lead does not reply", "message.sent", "The lead replied in the meantime"
    ),
    "quiet.no_answer": Silence(
        "the lead wrote and nobody answers", "message.received", "The lead was answered in the meantime"
    ),
    "quiet.no_activity": Silence("nothing is said between a lead and us", None, "There was activity in the meantime"),
}
SHORTEST_SILENCE_SECONDS = 60
TRIGGERS: Mapping[str, str] = {
    **{name: words for facts in FACTS.values() for name, words in facts.items()},
    **{name: silence.words for name, silence in SILENCES.items()},
}
GROUPS: Mapping[str, tuple[str, ...]] = {
    **{title: tuple(facts) for title, facts in FACTS.items()},
    "Silence": tuple(SILENCES),
}
STARTED_BY = frozenset(name for facts in FACTS.values() for name in facts)


def started_by(fact: str) -> tuple[str, ...]:
    """The triggers a fact may set off: its own, and the silences it begins."""
    return (fact, *(name for name, silence in SILENCES.items() if silence.begins_with == fact))


def facts_behind(trigger: str) -> frozenset[str]:
    """The facts that a rule with this trigger waits for."""
    facts = frozenset(fact for fact in [fact_behind(trigger)] if fact is not None)
    return facts | FIRST_IN_REACH if trigger == "account.created" else facts


def fact_behind(trigger: str) -> str | None:
    """The fact a rule with this trigger waits for; None when the clock looks for it."""
    return SILENCES[trigger].begins_with if trigger in SILENCES else trigger
