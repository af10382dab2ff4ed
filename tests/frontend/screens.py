"""Every screen of the application as an address in the demo office, for whoever goes through all of them."""

from datetime import timedelta
from urllib.parse import quote

from flask import Flask
from sqlalchemy import select

from leadcrm.accounts.models import Contact, Opportunity
from leadcrm.automations.models import Automation
from leadcrm.bookings import operations as bookings
from leadcrm.bookings.links import manage_token
from leadcrm.bookings.models import Booking
from leadcrm.bookings.queries import free_slots
from leadcrm.conversations.delivery.addresses import unsubscribe_url
from leadcrm.conversations.models import Conversation, Message, Template
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.security import digest
from leadcrm.flows import operations as flows
from leadcrm.flows.models import Campaign, Flow, FlowStep
from leadcrm.flows.operations import StepData, campaign_running
from leadcrm.identity import queries as identity
from leadcrm.identity.models import Invitation, Organization, PasswordReset, User
from leadcrm.imports import operations as imports
from leadcrm.imports.first_look import first_look
from leadcrm.imports.jobs import drain_imports
from leadcrm.imports.models import Import
from leadcrm.leads.data import Filters
from leadcrm.leads.models import Lead
from leadcrm.tasks.models import Task

SECRET = "of-the-sweep"  # in the links of letters
SCREENS = {
    "leads": "/leads",
    "leads filtered": "/leads?status=qualified&q=a",
    "leads without a match": "/leads?q=zzzzzzzz",
    "lead in the panel": "/leads?open={lead}",
    "lead page": "/leads/{lead}",
    "personal data": "/leads/{lead}/personal-data",
    "erasure": "/leads/{lead}/erasure",
    "lead visits": "/leads/{lead}?tab=visits",
    "lead details": "/leads/{lead}/details",
    "lead timeline": "/leads/{lead}/timeline",
    "visits alone": "/leads/{lead}/visits",
    "lead editing": "/leads/{lead}/edit",
    "lead status": "/leads/{lead}/status",
    "lead owner": "/leads/{lead}/owner",
    "lead tags": "/leads/{lead}/tags",
    "account of a lead": "/leads/{lead}/account",
    "conversion of a lead": "/leads/{lead}/conversion",
    "writing to a lead": "/leads/{lead}/composer",
    "new lead": "/leads/new",
    "lead filters": "/leads/filters",
    "owner of many": "/leads/bulk/owner",
    "tags of many": "/leads/bulk/tags",
    "a flow for many": "/leads/bulk/enrolment",
    "inbox": "/inbox?queue=all",
    "thread": "/inbox?queue=all&c={conversation}",
    "search": "/inbox?q=the",
    "new message": "/inbox/new",
    "tasks": "/tasks",
    "tasks of the team": "/tasks?view=team",
    "tasks done": "/tasks?view=done",
    "new task": "/tasks/new?lead={lead}",
    "task": "/tasks/{task}/edit",
    "lead's tasks": "/leads/{lead}/tasks",
    "meetings": "/bookings",
    "past meetings": "/bookings?view=past",
    "lead's meetings": "/leads/{lead}/bookings",
    "booking for a lead": "/leads/{lead}/bookings/new",
    "accounts": "/accounts",
    "accounts without a match": "/accounts?q=zzzzzzzz",
    "new account": "/accounts/new",
    "account": "/accounts/{account}",
    "account editing": "/accounts/{account}/edit",
    "account health": "/accounts/{account}/health",
    "account details": "/accounts/{account}/details",
    "account timeline": "/accounts/{account}/timeline",
    "contacts of an account": "/accounts/{account}/contacts",
    "deals of an account": "/accounts/{account}/opportunities",
    "leads of an account": "/leads/of-account/{account}",
    "new contact": "/accounts/{account}/contacts/new",
    "contact": "/contacts/{contact}/edit",
    "personal data of a contact": "/contacts/{alone}/personal-data",
    "erasure of a contact": "/contacts/{alone}/erasure",
    "new opportunity": "/accounts/{account}/opportunities/new",
    "opportunities": "/opportunities",
    "opportunities without a match": "/opportunities?stage=qualification&owner=none",
    "opportunity": "/opportunities/{opportunity}/edit",
    "stage of an opportunity": "/opportunities/{opportunity}/stage",
    "templates": "/templates",
    "template form": "/templates/new",
    "template": "/templates/{template}",
    "flows": "/flows",
    "new flow": "/flows/new",
    "letting a lead in": "/leads/{lead}/enrolment",
    "campaigns": "/campaigns",
    "new campaign": "/campaigns/new",
    "campaign": "/campaigns/{campaign}",
    "leads behind a campaign": "/campaigns/{campaign}/leads?what=inside",
    "imports": "/imports",
    "columns of an import": "/imports/{brought}",
    "import to look through": "/imports/{looked_at}",
    "import": "/imports/{import}?rows=new",
    "flow": "/flows/{flow}",
    "flow step": "/flows/{flow}?new=1",
    "place of a step": "/flows/{flow}/steps/{step}/place",
    "flow simulation": "/flows/{flow}/simulation?then-0-what=reply&then-0-day=1&then-0-time=08:00",
    "flow numbers": "/flows/{flow}/steps/{step}/leads?what=sent",
    "flows of a lead": "/leads/{lead}/flows",
    "flow history": "/flows/{flow}/versions",
    "flow publishing": "/flows/{flow}/publishing",
    "flow name": "/flows/{flow}/name",
    "automations": "/automations",
    "automation": "/automations/{automation}",
    "automation examples": "/automations/examples",
    "automation from an example": "/automations/new?example=no-reply",
    "run log": "/automations/runs",
    "notifications": "/notifications",
    "profile": "/settings",
    "security": "/settings/security",
    "second factor": "/settings/security/two-factor",
    "organization": "/settings/organization",
    "tracking": "/settings/tracking",
    "team": "/settings/team",
    "availability": "/settings/availability",
    "availability of a realtor": "/settings/availability/{user}",
    "sending": "/settings/sending",
    "tokens": "/settings/tokens",
    "system": "/settings/system",
    "sandbox": "/sandbox",
    "not found": "/leads/nobody",
    "kit": "/_kit",
}
SIGNED_OUT = {
    "sign in": "/login",
    "forgotten password": "/password/reset",
    "thanks": "/thanks",
    "thanks of a realtor": "/thanks/{realtor}",
    "booking": "/book/{realtor}?tz=UTC",  # said, so that no script has to find it out
    "booking a time": "/book/{realtor}?start={slot}&tz=UTC",
    "meeting": "/meeting/{meeting}",
    "another time for a meeting": "/meeting/{meeting}?change=1&tz=UTC",
    "invitation": f"/invitations/{SECRET}",
    "new password": f"/password/reset/{SECRET}",
    "unsubscribing": "/u/{unsubscribing}",
}


def addresses(office: Flask) -> dict[str, str]:
    """Ids of Acme's rows that the addresses above name."""
    with office.app_context():
        with tenancy.everyone():
            acme = db.session.scalars(select(Organization).where(Organization.slug == "acme")).one()
        with tenancy.organization(acme.id):
            flow = db.session.scalar(select(Flow.id).where(Flow.trigger == "new_lead"))
            deal = db.session.scalars(select(Opportunity).where(Opportunity.contact_id.is_not(None)).limit(1)).one()
            newest = select(Conversation.id).order_by(Conversation.last_message_at.desc())
            return {
                "lead": db.session.scalar(select(Conversation.lead_id).order_by(Conversation.last_message_at.desc()))
                or db.session.scalar(select(Lead.id)),
                "conversation": db.session.scalar(newest),
                "flow": flow,
                "step": db.session.scalar(select(FlowStep.id).where(FlowStep.flow_id == flow).order_by(FlowStep.day)),
                "campaign": _a_campaign(),
                **_imports(),
                "automation": db.session.scalar(select(Automation.id)),
                "task": db.session.scalar(select(Task.id).where(Task.state == "open")),
                "account": deal.account_id,
                "contact": deal.contact_id,
                "alone": db.session.scalar(select(Contact.id).where(Contact.lead_id.is_(None)).order_by(Contact.id)),
                "opportunity": deal.id,
                "template": db.session.scalar(select(Template.id)),
                **_a_meeting(),
                **_links_in_letters(),
            }


def _imports() -> dict[str, str]:
    """One whose columns are to be chosen, one that was looked at, one that is done."""
    by = db.session.scalars(select(User).where(User.role == "owner")).first()
    data = b"Name,Email,Notes\nJo Lister,jo@list.example,Wants a garden\nNobody,not an address,\n"
    look, found = first_look(data, "US"), {}
    for name in ("brought", "looked_at", "import"):
        rest = (look.writing, look.headings, look.rows, look.plan("US"), by)
        brought = perform(imports.begin_import, "fair.csv", data, *rest)
        found[name] = brought.id
        if name != "brought":
            perform(imports.choose_plan, brought, look.plan("US"))
            drain_imports(lambda: False)
    perform(imports.start_import, get_or_404(Import, found["import"]), announces=False)
    drain_imports(lambda: False)
    return found


def _a_campaign() -> str:
    """One that has begun; made when there is none."""
    campaign_id = db.session.scalar(select(Campaign.id))
    if campaign_id is not None:
        return campaign_id
    segment = {"segment": Filters(), "segment_words": "All leads", "per_hour": {"email": 1}}
    message = StepData("email", "News", "Hi {first_name}", 0, None, subject="News")
    campaign = perform(flows.draft_campaign, flows.CampaignData(name="Autumn", message=message, **segment))
    perform(flows.start_campaign, campaign)
    perform(campaign_running.begin_campaign, campaign.id, 10)
    return campaign.id


def _a_meeting() -> dict[str, str]:
    """One that is still to come, its realtor under both ids, and a time that is free; made when there is none."""
    realtor = db.session.scalars(select(User).where(User.realtor_id.is_not(None)).order_by(User.id)).first()
    free = free_slots(realtor, clock.now(), clock.now() + timedelta(days=14))
    coming = select(Booking.id).where(Booking.state == "booked", Booking.starts_at > clock.now())
    booking_id = db.session.scalar(coming.where(Booking.realtor_id == realtor.id).order_by(Booking.id))
    if booking_id is None:
        lead = db.session.scalars(select(Lead).where(Lead.archived_at.is_(None))).first()
        booking_id = perform(bookings.book, lead, realtor, free[-1].start)[0].id
    slot = quote(free[0].start.isoformat())
    return {"meeting": manage_token(booking_id), "user": realtor.id, "realtor": realtor.realtor_id, "slot": slot}


def _links_in_letters() -> dict[str, str]:
    """An invitation and a forgotten password whose secret is SECRET, made when there are none; a mail's way out."""
    if identity.invitation_by_secret(SECRET) is None:
        owner = db.session.scalars(select(User).where(User.role == "owner")).first()
        link = {"token_hash": digest(SECRET), "expires_at": clock.real_now() + timedelta(days=1)}
        asked = Invitation(email="new@acme.example", role="rep", invited_by_id=owner.id, **link)
        perform(db.session.add_all, [asked, PasswordReset(user_id=owner.id, **link)])
    sent = select(Message.id).where(Message.channel == "email", Message.direction == "outbound")
    link = unsubscribe_url(db.session.scalars(sent.order_by(Message.id).limit(1)).one())
    return {"unsubscribing": link.rpartition("/")[2]}
