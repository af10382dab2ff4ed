"""Two furnished organizations: one row of everything a route can name, every text of it marked.

`acmecanary` stands in what the whole team of Acme may read, `acmeleadcanary` in what belongs to one lead (which only
its owner and those who run the team may read); Rival's words are built alike.
"""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from secrets import token_hex
from typing import Any

import nh3
from sqlalchemy import func, select, update

from leadcrm.accounts import operations as accounts
from leadcrm.accounts.data import AccountData, ContactData, OpportunityData
from leadcrm.automations import operations as automations
from leadcrm.automations.models import AutomationRun, WebhookCall
from leadcrm.automations.operations import AutomationData
from leadcrm.bookings import operations as bookings
from leadcrm.bookings.data import AvailabilityData
from leadcrm.bookings.models import Booking
from leadcrm.bookings.queries import free_slots
from leadcrm.bookings.slots import USUAL_WEEK, Slot
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.models import Attachment, Attempt, Conversation, Message, RawInbound
from leadcrm.conversations.operations import IncomingFile
from leadcrm.conversations.storage import StoredFile, path_of
from leadcrm.core import clock, events, tenancy
from leadcrm.core.db import db, get_or_404, perform, writing
from leadcrm.core.mail_links import MailMark
from leadcrm.core.models import Debt
from leadcrm.core.values import new_id
from leadcrm.flows import operations as flows
from leadcrm.flows.models import Flow
from leadcrm.flows.operations import StepData
from leadcrm.identity import operations as identity
from leadcrm.identity import queries as people
from leadcrm.identity.models import Organization, PasswordReset, User
from leadcrm.imports import operations as imports
from leadcrm.imports.data import Plan
from leadcrm.imports.first_look import first_look
from leadcrm.imports.jobs import drain_imports
from leadcrm.imports.models import Import
from leadcrm.leads import operations as leads
from leadcrm.leads.data import Consent, Filters, LeadData
from leadcrm.leads.models import ContactPoint, Lead, Tag
from leadcrm.notifications import operations as notifications
from leadcrm.notifications.models import Notification
from leadcrm.tasks import operations as tasks
from leadcrm.tracking import operations as tracking

FILE_BYTES = b"what the lead sent"
FILE_HASH = hashlib.sha256(FILE_BYTES).hexdigest()
HOURS = {"week": USUAL_WEEK, "meeting_minutes": 30, "buffer_minutes": 0, "notice_hours": 2, "days_ahead": 60}
OLD_ADDRESS = "old@example.test"


@dataclass(frozen=True)
class Team:
    """Who stands where: the host owns what is personal, the keeper owns the lead, the realtor is known outside."""

    organization: Organization
    host: User
    keeper: User
    realtor: User


def words_of(slug: str) -> tuple[str, str]:
    """What no stranger may read, and what no colleague without the lead may read."""
    return f"{slug}canary", f"{slug}leadcanary"


def furnish(team: Team, word: str, leads_word: str) -> dict[str, str]:
    """Everything once, marked with these words. Returns the ids by the names that cases use."""
    with tenancy.organization(team.organization.id), events.acting_as(f"user:{team.host.id}"):
        perform(_rename, team, word)
        names = {
            "organization": team.organization.id,
            "host": team.host.id,
            "user": team.keeper.id,
            "realtor": team.realtor.realtor_id,
        }
        names |= _personal(team, word) | _shared(word) | lead_of(team.keeper, word, leads_word)
        names |= customer_of(team.keeper, names["lead"], leads_word)
        names["drafted_file"] = _attach(team.host, names["lead"], leads_word)  # a draft is one person's, like a session
        return names | _happened(names, word, leads_word)


def lead_of(owner: User, shared: str, word: str) -> dict[str, str]:
    """A lead of this person with everything that hangs on it; call it in the organization's scope."""
    lead = perform(leads.create_lead, _lead_data(word, shared, owner), by=owner, form_key=new_id())
    perform(leads.change_status, lead, "unqualified", f"reason {word}")
    perform(leads.add_note, lead, f"note {word}", owner)
    said = {"answers": {"q": word}, "payload": {"q": word}, "source": f"fair {shared}", "company": f"other {word}"}
    perform(leads.capture_lead, LeadData(email=f"{owner.name[:3]}@example.test", **said), realtor=None)
    file = IncomingFile(f"plan {word}.pdf", "application/pdf", len(FILE_BYTES), new_id())
    heard = perform(
        conversations.receive, "email", f"{owner.name[:3]}@example.test", f"Hamster wheel {word}", f"<{new_id()}@x>",
        clock.now(), subject=f"subject {word}", html=nh3.clean(f"<p>{word}</p>"), attachments=[file],
        quoted=f"quoted {word}",
    )  # fmt: skip
    perform(_mail_came_back, lead)
    perform(conversations.save_draft, owner, lead.id, "email", f"subject {word}", f"draft {word}")
    tasked, done = (perform(tasks.create_task, lead, title=f"task {n} {word}", note=f"note {word}") for n in range(2))
    fact = perform(tasks.complete_task, done, owner)
    planned, failed, unknown, sent = (_message(lead, owner, word) for _ in range(4))
    _settle(sent, status="sent", sandbox=True, conversation_id=heard.conversation_id, sent_at=clock.now(), due_at=None)
    _settle(failed, status="failed", reason=f"refused {word}", due_at=None)
    _settle(unknown, status="unknown", reason=f"no answer {word}", due_at=None)
    perform(_note_refusal, failed, f"550 {word}")
    named_last = (Flow.name == f"flow {shared}", Flow.id)
    flow = db.session.scalars(select(Flow).order_by(*(key.desc() for key in named_last)).limit(1)).one()
    perform(_leave_tracks, lead.id, sent.id, word)
    return {
        "enrolment": perform(flows.enrol, lead, flow).id,
        "lead": lead.id,
        "revision": str(get_or_404(Lead, lead.id).revision),
        "form_key": lead.form_key,
        "conversation": db.session.scalar(select(Conversation.id).where(Conversation.lead_id == lead.id)),
        "message": heard.id,
        "planned": planned.id,
        "failed": failed.id,
        "unknown": unknown.id,
        "attachment": db.session.scalar(select(Attachment.id).where(Attachment.message_id == heard.id)),
        "drafted_file": _attach(owner, lead.id, word),
        "task": tasked.id,
        "done_task": done.id,
        "task_fact": str(fact),
        "booking": _meeting_of(lead).id,
        "slot": _free_slots()[-1].start.isoformat(),
        "slots_day": f"{_free_slots()[-1].start:%Y-%m-%d}",
        "realtor_user": _realtor().id,
        "reply_token": db.session.scalar(select(Conversation.reply_token).where(Conversation.lead_id == lead.id)),
    }


def _meeting_of(lead: Lead) -> Booking:
    """With the organization's realtor, as soon as they can be met."""
    return perform(bookings.book, lead, _realtor(), _free_slots()[0].start, "UTC")[0]


def _free_slots() -> Sequence[Slot]:
    return free_slots(_realtor(), clock.now(), clock.now() + timedelta(days=14))


def _realtor() -> User:
    return db.session.scalars(select(User).where(User.realtor_id.is_not(None)).order_by(User.id).limit(1)).one()


def customer_of(owner: User, lead_id: str, word: str) -> dict[str, str]:
    """An account of this person's, the lead in it, a deal, and another lead that may become its customer."""
    site = f"https://shop.example/{word}".replace(" ", "+")
    words = {"industry": f"industry {word}", "notes": f"notes {word}", "website": site}
    account = perform(accounts.create_account, AccountData(name=f"account {word}", owner_id=owner.id, **words))
    address = f"{owner.name[:3]}@works.test"
    person = ContactData(first_name=f"Gerbil {word}", last_name=word, position=f"position {word}", email=address)
    contact = perform(accounts.add_contact, account, person, lead_id=lead_id)
    said = OpportunityData(name=f"deal {word}", notes=f"notes {word}", contact_id=contact.id, owner_id=owner.id)
    deal = perform(accounts.create_opportunity, account, said, source=f"fair {word}")
    fact = perform(accounts.move_to_stage, deal, "closed_lost", f"reason {word}")
    qualified = perform(leads.create_lead, LeadData(first_name=f"Otter {word}", owner_id=owner.id), by=owner)
    perform(leads.change_status, qualified, "qualified")
    names = {"account": account, "contact": contact, "opportunity": deal, "qualified": qualified}
    return {"account_fact": str(fact)} | {name: row.id for name, row in names.items()}


def _attach(writer: User, lead_id: str, word: str) -> str:
    """A file in what this person is writing to the lead."""
    file = StoredFile(f"offer {word}.pdf", "application/pdf", len(FILE_BYTES), FILE_HASH, new_id())
    perform(conversations.attach_files, writer, lead_id, [file])
    return db.session.scalars(select(Attachment.id).where(Attachment.stored_as == file.stored_as)).one()


def _mail_came_back(lead: Lead) -> None:
    db.session.add(ContactPoint(lead_id=lead.id, kind="email", value=OLD_ADDRESS, identifies=False, is_primary=False))
    db.session.flush()
    conversations.suppress("email", OLD_ADDRESS, "bounced")


def _leave_tracks(lead_id: str, message_id: str, word: str) -> None:
    """A click in a mail, a visit of the site it leads to, and where they had agreed to be written to."""
    page = f"https://shop.example/{word}"
    tracking.note_engagement(MailMark(tenancy.current_id(), lead_id, message_id), "click", page)
    tracking.note_visit(token_hex(16), page, "pricing", lead_id)
    consent = Consent(f"fair {word}", date(2026, 3, 1))
    leads.edit_lead(get_or_404(Lead, lead_id), LeadData(consent=consent))


def keep_files() -> None:
    """Lay the bytes of every attachment under the running application's uploads."""
    with tenancy.everyone():
        for stored_as in db.session.scalars(select(Attachment.stored_as)).all():
            path_of(stored_as).parent.mkdir(parents=True, exist_ok=True)
            path_of(stored_as).write_bytes(FILE_BYTES)
    db.session.rollback()


def _rename(team: Team, word: str) -> None:
    for row in (team.organization, team.host, team.keeper, team.realtor):
        db.session.merge(row).name = f"{row.name} {word}"


def _lead_data(word: str, shared: str, owner: User) -> LeadData:
    return LeadData(
        first_name=f"Hamster {word}",
        last_name=word,
        company=f"company {word}",
        interest=f"interest {word}",
        city=f"city {word}",
        source=f"fair {shared}",
        email=f"{owner.name[:3]}@example.test",
        owner_id=owner.id,
        tags=[f"tag {shared}"],  # tags are the team's
    )


def _message(lead: Lead, author: User, word: str) -> Message:
    return perform(
        conversations.plan_message,
        lead_id=lead.id,
        channel="email",
        subject=f"subject {word}",
        content=f"content {word}",
        origin="manual",
        intent_key=new_id(),
        author_id=author.id,
        scheduled_for=clock.now().replace(year=clock.now().year + 1),
    )


def _settle(message: Message, **values) -> None:
    with writing() as session:
        session.execute(update(Message).where(Message.id == message.id).values(**values))


def _note_refusal(message: Message, said: str) -> None:
    """A try to send it, and what the mail server answered."""
    db.session.add(Attempt(message_id=message.id, n=1, ended_at=clock.now(), outcome="refused", detail=said))


def _personal(team: Team, word: str) -> dict[str, str]:
    """What belongs to the host alone, and the links that were mailed out."""
    host = team.host
    session, _ = perform(identity.open_session, host.id, user_agent=f"browser {word}")
    token, _ = perform(identity.create_token, host, f"token {word}")
    perform(notifications.notify, [host.id], "key", f"told {word}", "/leads")
    invitation = perform(identity.invite, f"guest@{word}.test", "rep", by=host, base_url="http://crm.test")
    invitation_secret = _newest_link()
    perform(identity.request_reset, host.email, base_url="http://crm.test")
    return {
        "session": session.id,
        "token": token.id,
        "notification": db.session.scalar(select(Notification.id).where(Notification.user_id == host.id)),
        "invitation": invitation.id,
        "invitation_secret": invitation_secret,
        "reset": db.session.scalar(select(PasswordReset.id).where(PasswordReset.user_id == host.id)),
        "reset_secret": _newest_link(),
    }


def _newest_link() -> str:
    db.session.rollback()
    body = people.sandbox_staff_mails()[0].body
    return next(line for line in body.split() if line.startswith("http://crm.test/")).rpartition("/")[2]


def _shared(word: str) -> dict[str, str]:
    """What the whole team works with."""
    template, archived = (
        perform(
            conversations.save_template, None, name=f"template {n} {word}", channel="email",
            subject=f"subject {word}", content=f"content {word}",
        )
        for n in range(2)
    )  # fmt: skip
    perform(conversations.archive_template, archived)
    flow = perform(flows.create_flow, f"flow {word}")
    only_if = {"all": [{"field": "company", "op": "is_not", "value": f"company {word}"}]}
    data = StepData("email", f"step {word}", f"content {word}", 1, None, subject=f"subject {word}", only_if=only_if)
    step, deleted_step = (perform(flows.add_step, flow, data) for _ in range(2))
    perform(flows.delete_step, deleted_step)
    open_flow, full_flow = (perform(flows.create_flow, f"flow {n} {word}", "manual") for n in range(2))
    for one in (open_flow, full_flow):
        perform(flows.add_step, one, data)
        perform(flows.set_flow_enabled, one, True)
    whom = {"segment": Filters(), "segment_words": f"segment {word}", "per_hour": {}}
    campaign = perform(flows.draft_campaign, flows.CampaignData(name=f"campaign {word}", flow_id=open_flow.id, **whom))
    note = {"kind": "create_note", "body": f"body {word}"}
    automation, deleted = (
        perform(automations.create_automation, AutomationData(f"rule {n} {word}", "lead.created", actions=[note]))
        for n in range(2)
    )
    perform(automations.delete_automation, deleted)
    where = {"place": f"place {word}", "words": f"words {word}"}
    perform(bookings.set_availability, _realtor(), AvailabilityData(**HOURS, **where))
    return {
        "template": template.id,
        "archived_template": archived.id,
        "flow": flow.id,
        "step": step.id,
        "deleted_step": deleted_step.id,
        "open_flow": open_flow.id,
        "full_flow": full_flow.id,
        "campaign": campaign.id,
        "automation": automation.id,
        "deleted_automation": deleted.id,
    }


def _brought(word: str, lead_id: str) -> Import:
    """A file somebody uploaded: a row of the lead, one of somebody new, one that is refused."""
    known = select(ContactPoint.value).where(ContactPoint.lead_id == lead_id, ContactPoint.kind == "email")
    text = io.StringIO()
    csv.writer(text).writerows(
        [
            ["First name", "Email", "Owner", f"heading {word}"],
            [f"listed {word}", db.session.scalars(known).first(), "", f"cell {word}"],
            [f"new {word}", "", "", ""],
            ["", "", f"owner {word}", ""],
        ]
    )
    data = text.getvalue().encode()
    look, by = first_look(data, "US"), db.session.scalars(select(User).order_by(User.id)).first()
    plan = Plan(**vars(look.plan("US")) | {"source": f"list {word}"[:60]})
    return perform(imports.begin_import, f"file {word}.csv", data, look.writing, look.headings, look.rows, plan, by)


def _looked_at(found: Import) -> Import:
    perform(imports.choose_plan, found, Plan.from_json(found.plan))
    drain_imports(lambda: False)
    return found


def _ran(word: str, leads_word: str, **about: Any) -> None:
    """A rule did something, for a lead or for an account where nobody can be reached, and told another program."""
    run = AutomationRun(**about, state="done", reason=leads_word, details=[{"state": "done", "text": leads_word}])
    run.actions = [{"kind": "create_note", "body": f"body {word}"}]
    db.session.add(run)
    db.session.flush()
    call = WebhookCall(run_id=run.id, automation_id=run.automation_id, lead_id=run.lead_id, position=0, tries=1)
    call.url, call.body = f"https://hooks.example/{leads_word}", json.dumps({"name": leads_word})
    call.answer, call.due_at = f"500 {leads_word}", clock.real_now() + timedelta(days=1)
    db.session.add(call)


def _happened(names: dict[str, str], word: str, leads_word: str) -> dict[str, str]:
    """Facts: one that can be undone, one whose debt was given up, two that an automation considered."""
    lead = get_or_404(Lead, names["lead"])
    fact_id = perform(leads.set_tags, lead, [*(tag.name for tag in lead.tags), f"late {word}"])
    debt_id = db.session.scalar(select(func.min(Debt.id)))
    with writing() as session:
        gone = {"due_at": None, "tries": 8, "error": f"ValueError: {word}"}
        session.execute(update(Debt).where(Debt.id == debt_id).values(**gone))
        _ran(word, leads_word, automation_id=names["automation"], event_id=fact_id, lead_id=lead.id)
        of_account = {"event_id": int(names["account_fact"]), "account_id": names["account"]}
        _ran(word, leads_word, automation_id=names["automation"], **of_account)
        raw = RawInbound(
            channel="email", external_id="<raw>", body=f"Subject: {word}\n\n{word}".encode(), due_at=None, tries=8,
            error=f"ValueError: {word}",
        )  # fmt: skip
        session.add(raw)
    full_flow = get_or_404(Flow, names["full_flow"])
    return {
        "import": _brought(word, lead.id).id,
        "ready_import": _looked_at(_brought(word, lead.id)).id,
        "enrolment": perform(flows.enrol, lead, full_flow).id,
        "tag": db.session.scalar(select(func.min(Tag.id))),
        "fact": str(fact_id),
        "debt": str(debt_id),
        "raw": raw.id,
        "revision": str(lead.revision),
    }
