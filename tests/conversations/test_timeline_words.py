"""Every fact that can stand in a lead's timeline reads like a sentence that a careful person wrote."""

import dataclasses

import pytest

from leadcrm.conversations.telling import SENTENCES, Background, sentence_of
from leadcrm.core import events
from leadcrm.core.models import EventRow
from leadcrm.leads.models import Lead

BACKGROUND = Background(
    Lead(id="naledi", name="Naledi Khumalo"),
    people={"ada": "Ada", "ben": "Ben"},
    named={"welcome": "Welcome sequence", "hot": "Hot leads"},
)
TASK = {"what": "Call back"}
SMS, FLOW = {"channel": "sms", "origin": "manual"}, {"flow_id": "welcome"}
TOLD = [
    ("lead.created", "user:ada", {"source": "open house"}, "Ada added the lead, source: Open house"),
    ("lead.created", "system", {"source": "website"}, "Naledi Khumalo came in as a new lead, source: Website"),
    ("lead.created", "system", {}, "Naledi Khumalo came in as a new lead"),
    ("lead.follow_up_requested", "user:ada", {}, "Ada asked for a follow-up email"),
    (
        "lead.inquired",
        "system",
        {"source": "survey", "differs": ["phone", "first_name"]},
        "Naledi Khumalo got in touch again, source: Survey; they gave another phone and first name than we have",
    ),
    (
        "lead.imported",
        "user:ada",
        {"filled": ["company", "phone"], "differs": ["first_name"]},
        "Naledi Khumalo was in an imported file, which filled the company and phone; "
        "it gives another first name than we have",
    ),
    ("lead.imported", "user:ada", {}, "Naledi Khumalo was in an imported file"),
    (
        "lead.edited",
        "user:ada",
        {"fields": ["email", "phone", "timezone"]},
        "Ada changed the email, phone and time zone",
    ),
    ("lead.edited", "token:x", {"fields": ["phone"]}, "The API changed the phone"),
    ("lead.edited", "system", {"fields": ["phone"]}, "Phone was changed"),
    (
        "lead.status_changed",
        "user:ada",
        {"old": "new", "new": "qualified"},
        "Ada changed the status from New to Qualified",
    ),
    ("lead.status_changed", "system", {"old": "new", "new": "contacted"}, "The status changed from New to Contacted"),
    (
        "lead.status_changed",
        "automation:hot",
        {"old": "new", "new": "contacted"},
        "The automation “Hot leads” changed the status from New to Contacted",
    ),
    ("lead.assigned", "user:ada", {"owner_id": "ben"}, "Ada made Ben the owner"),
    ("lead.assigned", "user:ada", {"owner_id": "ada"}, "Ada took the lead over"),
    ("lead.assigned", "user:ada", {"owner_id": None}, "Ada left the lead without an owner"),
    ("lead.assigned", "system", {"owner_id": "gone"}, "Someone who left became the owner"),
    (
        "lead.tagged",
        "user:ada",
        {"added": ["cash buyer", "sea view"], "removed": ["cold"]},
        "Ada changed the tags: added “cash buyer” and “sea view” and removed “cold”",
    ),
    ("lead.archived", "user:ada", {}, "Ada archived the lead"),
    ("lead.archived", "system", {}, "The lead was archived"),
    ("lead.restored", "user:ada", {}, "Ada brought the lead back from the archive"),
    ("lead.exported", "user:ada", {}, "Ada exported all personal data"),
    ("lead.erased", "user:gone", {}, "Someone who left erased the personal data"),
    (
        "lead.opted_out",
        "system",
        {"channel": "email", "how": "unsubscribed"},
        "Naledi Khumalo does not want any more emails (used the unsubscribe link)",
    ),
    (
        "lead.opted_out",
        "system",
        {"channel": "all", "how": "replied_stop"},
        "Naledi Khumalo does not want to hear from us any more (replied STOP)",
    ),
    ("lead.opted_in", "system", {"channel": "whatsapp"}, "Naledi Khumalo agreed to get WhatsApp messages again"),
    (
        "lead.opted_out",
        "user:ada",
        {"channel": "sms", "how": "confirmed_by_hand"},
        "Naledi Khumalo does not want any more texts (a colleague read it so)",
    ),
    (
        "lead.opt_out_suspected",
        "lead:1",
        {"channel": "sms"},
        "Naledi Khumalo may not want any more texts: a person decides",
    ),
    ("lead.opt_out_dismissed", "user:ada", {}, "Ada decided that it was no opt-out"),
    ("lead.mail_allowed", "user:ada", {}, "Ada allowed mail to an address it had come back from"),
    ("note.added", "user:ada", {}, "Ada wrote a note"),
    ("message.scheduled", "user:ada", SMS, "A text was planned by Ada for"),
    ("message.scheduled", "system", SMS | {"origin": "automation"}, "A text was planned by an automation for"),
    ("message.scheduled", "system", SMS | {"origin": "booking"}, "A text about a meeting was planned for"),
    ("message.sent", "system", {"channel": "whatsapp", "origin": "flow"}, "A WhatsApp message was sent by a flow"),
    ("message.sent", "system", {"channel": "email", "origin": "follow_up"}, "An email was sent as a follow-up"),
    ("message.sent", "system", {"channel": "email", "origin": "booking"}, "An email was sent about a meeting"),
    ("message.failed", "system", SMS | {"reason": "550 no such user"}, "A text was not sent: 550 no such user"),
    ("message.failed", "system", SMS, "A text was not sent: no reason was given"),
    ("message.bounced", "system", SMS | {"reason": "Mailbox full"}, "A text came back: Mailbox full"),
    ("message.delayed", "system", SMS | {"reason": "Busy"}, "A text is delayed on its way: Busy"),
    (
        "message.unknown",
        "system",
        SMS | {"reason": "The connection broke"},
        "We cannot tell whether a text arrived: the connection broke",
    ),
    ("message.resolved", "user:ada", SMS | {"verdict": "arrived"}, "Ada confirmed that a text arrived"),
    (
        "message.resolved",
        "system",
        SMS | {"verdict": "accepted"},
        "A mail system reported that it has a text: it was sent",
    ),
    (
        "message.resolved",
        "system",
        SMS | {"channel": "email", "verdict": "found"},
        "A copy of an email was found among the mailbox's sent mail: it was sent",
    ),
    (
        "message.resolved",
        "user:ada",
        SMS | {"verdict": "resend"},
        "Ada had a text sent again that may not have arrived",
    ),
    ("message.unresolved", "user:ada", SMS, "Ada took back that a text arrived"),
    ("message.canceled", "user:ada", SMS | {"reason": "canceled by hand"}, "Ada canceled a text"),
    (
        "message.canceled",
        "system",
        SMS | {"reason": "The lead opted out"},
        "A text will not be sent: the lead opted out",
    ),
    ("message.opened", "lead:naledi", {"channel": "email"}, "Naledi Khumalo opened an email"),
    (
        "message.clicked",
        "lead:naledi",
        {"channel": "email", "url": "https://shop.example/pricing/"},
        "Naledi Khumalo clicked shop.example/pricing",
    ),
    ("message.clicked", "lead:naledi", {"channel": "email"}, "Naledi Khumalo clicked a link in an email"),
    (
        "lead.consent_noted",
        "user:ada",
        {"kinds": ["email", "phone"], "source": "trade fair", "on": "2026-03-01"},
        "Ada noted consent to write by email and phone (trade fair, 2026-03-01)",
    ),
    ("lead.consent_noted", "system", {"kinds": ["email"]}, "The consent to write by email was taken back"),
    ("lead.recognised", "system", {}, "Naledi Khumalo was recognised as a visitor of your site"),
    ("lead.visited", "lead:naledi", {"kind": "pricing"}, "Naledi Khumalo looked at your pricing page"),
    ("lead.visited", "lead:naledi", {"kind": "demo_request"}, "Naledi Khumalo asked for a demo on your site"),
    ("message.hurried", "user:ada", SMS, "Ada sent a text without waiting"),
    ("message.retried", "user:ada", SMS, "Ada tried a text again"),
    ("message.received", "lead:naledi", SMS, "Naledi Khumalo wrote a text"),
    (
        "message.received",
        "lead:naledi",
        {"channel": "email", "automatic": True},
        "An automatic reply came from Naledi Khumalo: an email",
    ),
    ("conversation.assigned", "user:ada", {"assignee_id": "ben"}, "Ada gave the conversation to Ben"),
    ("conversation.assigned", "user:ada", {"assignee_id": "ada"}, "Ada took the conversation"),
    ("conversation.assigned", "system", {"assignee_id": None}, "The conversation is unassigned again"),
    ("conversation.status_changed", "user:ada", {"old": "open", "new": "snoozed"}, "Ada snoozed the conversation"),
    ("conversation.status_changed", "system", {"old": "closed", "new": "open"}, "The conversation was reopened"),
    ("task.created", "user:ada", TASK | {"assignee_id": "ada"}, "Ada added the task “Call back”"),
    ("task.created", "user:ada", TASK | {"assignee_id": "ben"}, "Ada added the task “Call back” for Ben"),
    ("task.created", "automation:hot", TASK, "The automation “Hot leads” added the task “Call back”"),
    ("task.created", "system", TASK | {"origin": "flow"}, "The task “Call back” was added by a flow"),
    ("task.created", "system", {}, "A task was added"),
    (
        "task.edited",
        "user:ada",
        TASK | {"fields": ["title", "due_at"]},
        "Ada changed the title and due time of the task “Call back”",
    ),
    ("task.assigned", "user:ada", TASK | {"assignee_id": "ben"}, "Ada gave the task “Call back” to Ben"),
    ("task.assigned", "user:ada", TASK | {"assignee_id": "ada"}, "Ada took the task “Call back”"),
    ("task.assigned", "user:ada", TASK, "Ada left the task “Call back” to nobody"),
    ("task.assigned", "system", TASK | {"assignee_id": "ben"}, "The task “Call back” went to Ben"),
    ("task.completed", "user:ada", TASK, "Ada finished the task “Call back”"),
    ("task.reopened", "user:ada", TASK, "Ada reopened the task “Call back”"),
    ("task.snoozed", "user:ada", TASK, "Ada put off the task “Call back”"),
    ("task.canceled", "system", TASK, "The task “Call back” was canceled"),
    ("booking.made", "lead:naledi", {"realtor_id": "ben"}, "Naledi Khumalo booked a meeting with Ben for"),
    ("booking.moved", "system", {"realtor_id": "gone"}, "A meeting with someone who left was moved to"),
    ("booking.canceled", "user:ada", {"realtor_id": "ben"}, "Ada canceled a meeting with Ben of"),
    ("flow.enrolled", "system", FLOW | {"messages": 6}, "Entered the flow “Welcome sequence”: 6 messages are planned"),
    ("flow.enrolled", "system", {"flow_id": "gone", "messages": 1}, "Entered a flow: 1 message is planned"),
    (
        "flow.exited",
        "system",
        FLOW | {"reason": "The lead replied"},
        "Left the flow “Welcome sequence”: the lead replied",
    ),
    (
        "flow.delayed",
        "system",
        FLOW | {"days": 7},
        "A pause put off what is left of the flow “Welcome sequence” by 7 days",
    ),
    (
        "flow.delayed",
        "system",
        FLOW | {"days": 1},
        "A pause put off what is left of the flow “Welcome sequence” by 1 day",
    ),
    ("lead.scored", "system", {"old": 0, "new": 40}, "The score changed from 0 to 40"),
    (
        "lead.scored",
        "automation:hot",
        {"old": 100, "new": 90},
        "The automation “Hot leads” changed the score from 100 to 90",
    ),
    (
        "automation.call_given_up",
        "",
        {"automation_id": "hot", "reason": "Answered 500"},
        "The automation “Hot leads” could not tell another program: answered 500",
    ),
    ("automation.ran", "automation:hot", {"automation_id": "hot"}, "The automation “Hot leads” ran"),
    ("lead.converted", "user:ada", {"account_id": "x"}, "Ada made Naledi Khumalo a customer"),
    ("lead.conversion_undone", "user:ada", {}, "Ada took the conversion back"),
    ("lead.linked", "user:ada", {"account_id": "x"}, "Ada added the lead to an account"),
    ("lead.linked", "system", {}, "The lead belongs to no account any more"),
    ("account.created", "automation:hot", {}, "The automation “Hot leads” added the account"),
    (
        "account.edited",
        "user:ada",
        {"fields": ["industry", "notes"]},
        "Ada changed the industry and notes of the account",
    ),
    ("account.assigned", "user:ada", {"owner_id": "ben"}, "Ada gave the account to Ben"),
    ("account.assigned", "user:ada", {"owner_id": "ada"}, "Ada took the account"),
    ("account.assigned", "system", {"owner_id": "ben"}, "Ben became the owner of the account"),
    ("account.assigned", "system", {}, "The account has no owner any more"),
    ("account.health_changed", "system", {"old": 0, "new": 10}, "The account’s health changed from 0 to 10"),
    ("account.archived", "user:ada", {}, "Ada archived the account"),
    ("account.restored", "user:ada", {}, "Ada brought the account back from the archive"),
    ("contact.added", "system", {}, "Naledi Khumalo was added to the contacts"),
    ("contact.edited", "system", {"fields": ["position"]}, "The position of Naledi Khumalo was changed"),
    ("contact.made_primary", "system", {}, "Naledi Khumalo became the main contact"),
    ("contact.left", "user:ada", {}, "Ada noted that Naledi Khumalo left the company"),
    ("contact.returned", "user:ada", {}, "Ada noted that Naledi Khumalo is at the company again"),
    ("opportunity.created", "user:ada", {}, "Ada began an opportunity"),
    ("opportunity.edited", "user:ada", {"fields": ["amount"]}, "Ada changed the amount of an opportunity"),
    ("opportunity.assigned", "system", {"owner_id": "ben"}, "Ben became the owner of an opportunity"),
    ("opportunity.stage_changed", "user:ada", {"new": "proposal"}, "Ada moved an opportunity to Proposal"),
    ("opportunity.stage_changed", "system", {"new": "closed_won"}, "An opportunity was won"),
    ("lead.from_the_future", "system", {}, "Lead from the future"),
]


@pytest.mark.parametrize(
    ("name", "actor", "told", "sentence"), TOLD, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_fact_reads_well(name, actor, told, sentence):
    assert sentence_of(EventRow(name=name, actor=actor, data=told), BACKGROUND) == sentence


def test_every_fact_about_a_lead_has_its_sentence_and_its_example(app):
    about_leads = {
        name
        for name, event in events.known().items()
        if event.__module__.startswith("leadcrm.")
        and any(field.name == "lead_id" for field in dataclasses.fields(event))
    }
    assert set(SENTENCES) == about_leads
    assert {name for name, *_ in TOLD} >= about_leads
