"""One case for every method of every route: what it names, and who may ask.

`@name` stands for an id of a house (house.py). A route without a case fails `test_every_route_has_its_case`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Flask

from tests.conftest import PASSWORD
from tests.strangers.house import OLD_ADDRESS

STAFF = ("owner", "manager", "rep", "marketing")
EVERYONE = (*STAFF, "provider")
MANAGERS = ("owner", "manager")
EDITORS = ("owner", "manager", "marketing")
NEW_PASSWORD = "seven quiet otters"

# What a path's parts stand for, unless a case says otherwise.
PARTS = {
    "lead_id": "@lead",
    "account_id": "@account",
    "contact_id": "@contact",
    "opportunity_id": "@opportunity",
    "conversation_id": "@conversation",
    "message_id": "@message",
    "attachment_id": "@attachment",
    "template_id": "@template",
    "flow_id": "@flow",
    "step_id": "@step",
    "campaign_id": "@campaign",
    "import_id": "@import",
    "automation_id": "@automation",
    "task_id": "@task",
    "booking_id": "@booking",
    "notification_id": "@notification",
    "session_id": "@session",
    "token_id": "@token",
    "invitation_id": "@invitation",
    "user_id": "@user",
    "debt_id": "@debt",
    "raw_id": "@raw",
    "realtor_id": "@realtor",
    "number": "1",
    "name": "inbox",
}


@dataclass(frozen=True)
class Case:
    """A request somebody may rightfully make, with ids in path, query and body.

    `binds`: whose it is within the team — "lead" (its owner's and the managers'), "person" (one person's), else all of
    `roles`. `open`: why it needs no sign-in. `works`: what the owner of everything gets. `changes`: whether that
    changes a table.
    """

    roles: tuple[str, ...] = STAFF
    binds: str = ""
    open: str = ""
    works: int | None = None
    changes: bool | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)


def of_lead(**more: Any) -> Case:
    return Case(binds="lead", **more)


def of_person(**more: Any) -> Case:
    return Case(binds="person", **more)


KIT = "samples for eyes, no data; not in production"
BY_SECRET = "whoever holds the mailed secret; here an id is tried in its place"
SIGN_IN = "where one signs in"

STEP = {"type": "email", "name": "Step", "day": "2", "time_type": "immediately", "subject": "Hi", "content": "Hello"}
RULE = {
    "name": "A rule", "trigger": "lead.created", "quiet": "2", "quiet_unit": "days", "revision": "1",
    "conditions-0-field": "owner", "conditions-0-op": "is", "conditions-0-value": "@user",
    "actions-0-kind": "send_template", "actions-0-template_id": "@template",
    "actions-1-kind": "set_field", "actions-1-field": "owner", "actions-1-value": "@user",
    "actions-2-kind": "notify", "actions-2-to": "user:@user", "actions-2-text": "Look",
    "actions-3-kind": "enrol", "actions-3-flow_id": "@flow",
}  # fmt: skip
WORDS = {"channel": "email", "drafted_channel": "email", "subject": "Hi", "content": "Hello", "when": "now"}
DEAL = {"name": "Six flats", "kind": "upsell", "amount": "1,000", "contact_id": "@contact", "owner_id": "@user"}
TASK = {"title": "Call back", "kind": "call", "priority": "high", "due": "2031-01-01T09:00", "assignee_id": ""}
MESSAGE = {"lead_id": "@lead", "channel": "email", "subject": "Hi", "content": "Hello"}
TEMPLATE = {"name": "New", "channel": "email", "subject": "Hi", "content": "Hi"}
CAMPAIGN = {"name": "New", "what": "flow", "flow_id": "@open_flow", "when": "now", "owner": "@user", "tag": "@tag"}
ORGANIZATION = {
    "name": "New name", "timezone": "Africa/Cairo", "country": "EG", "currency": "EGP", "locale": "en-GB",
    "mail_from": "",
}  # fmt: skip
SENDING = {
    "email-days": ["0", "1", "2", "3", "4"], "gap": "60",
    "sms-per_day": "500", "whatsapp-per_day": "500",
    "sms-quiet_from": "20:00", "sms-quiet_until": "09:30", "sms-days": ["0", "6"], "whatsapp-days": ["5"],
}  # fmt: skip
HOURS = {
    "monday": "9:00-12:00", "tuesday": "", "wednesday": "13-17", "thursday": "", "friday": "", "saturday": "",
    "sunday": "", "meeting_minutes": "45", "buffer_minutes": "15", "notice_hours": "4", "days_ahead": "30",
    "place": "Here", "words": "Welcome", "revision": "1",
}  # fmt: skip
PROFILE = {"name": "New name", "theme": "dark", "timezone": "", "locale": ""}
LIST = {"owner": "@user", "tag": "@tag", "source": "fair", "q": "hamster"}

CASES: dict[str, Case] = {
    # identity: signing in and what is mailed
    "GET identity.index": Case(EVERYONE),
    "GET identity.sign_in": Case(open=SIGN_IN, query={"next": "/leads/@lead"}),
    "POST identity.send_password": Case(open=SIGN_IN, body={"email": "@host", "password": "@host"}, works=422),
    "POST identity.send_code": Case(open=SIGN_IN, body={"step": "@host", "code": "000000"}, works=422),
    "POST identity.sign_out": Case(EVERYONE),
    "GET identity.invitation": Case(open=BY_SECRET, parts={"secret": "@invitation"}, works=404),
    "POST identity.join": Case(
        open=BY_SECRET, parts={"secret": "@invitation"}, works=404,
        body={"name": "Zoe", "new_password": NEW_PASSWORD, "user_id": "@host", "organization_id": "@organization"},
    ),
    "GET identity.ask_reset": Case(open=SIGN_IN),
    "POST identity.send_reset": Case(open=SIGN_IN, body={"email": "@host"}, works=422),
    "GET identity.new_password": Case(open=BY_SECRET, parts={"secret": "@reset"}, works=404),
    "POST identity.choose_password": Case(
        open=BY_SECRET, parts={"secret": "@reset"}, body={"new_password": NEW_PASSWORD, "user_id": "@host"}, works=404
    ),
    # identity: one's own settings
    "GET identity.profile": Case(EVERYONE),
    "POST identity.change_profile": Case(EVERYONE, body={**PROFILE, "id": "@user"}),
    "GET identity.security": Case(EVERYONE),
    "POST identity.change_password": Case(
        EVERYONE, body={"password": PASSWORD, "new_password": NEW_PASSWORD, "user_id": "@user"}
    ),
    "POST identity.end_session": of_person(roles=EVERYONE),
    "GET identity.two_factor": Case(EVERYONE),
    "GET identity.two_factor_picture": Case(EVERYONE, works=404),  # without a secret shown before
    "POST identity.enable_two_factor": Case(EVERYONE, body={"password": PASSWORD, "code": "000000"}, works=404),
    "POST identity.disable_two_factor": Case(EVERYONE, body={"password": PASSWORD}),
    "GET identity.tokens": Case(),
    "POST identity.create_token": Case(body={"name": "mine", "user_id": "@user"}),
    "POST identity.revoke_token": of_person(),
    # identity: the team's
    "GET identity.organization": Case(MANAGERS),
    "POST identity.change_organization": Case(MANAGERS, body={**ORGANIZATION, "id": "@organization"}),
    "GET identity.team": Case(MANAGERS),
    "POST identity.invite": Case(MANAGERS, body={"email": "x@new.test", "role": "rep", "invited_by_id": "@user"}),
    "POST identity.revoke_invitation": Case(MANAGERS),
    "POST identity.change_role": Case(MANAGERS, body={"role": "marketing"}),
    "POST identity.change_access": Case(MANAGERS, body={"access": "disabled"}),
    "GET sending.rules": Case(MANAGERS),
    "POST sending.change": Case(MANAGERS, body={**SENDING, "organization_id": "@organization"}),
    "POST sending.preview": Case(MANAGERS, body=SENDING, changes=False),
    "GET identity.machinery": Case(MANAGERS),
    "POST identity.retry_debt": Case(MANAGERS),
    # notifications
    "GET notifications.index": Case(),
    "GET notifications.count": Case(),
    "GET notifications.open_notification": of_person(changes=True),  # opening it is reading it
    "POST notifications.mark_all_read": Case(body={"user_id": "@user"}),
    # leads
    "GET leads.index": of_lead(query={**LIST, "open": "@lead"}),
    "POST leads.create": Case(
        body={"first_name": "Ann", "owner_id": "@user", "form_key": "@form_key", "anyway": "1"}, changes=False
    ),  # the form was sent before: its lead is shown again
    "GET leads.new": of_lead(query={"account": "@account"}),
    "GET leads.count": Case(query=LIST),
    "GET leads.edit_filters": Case(query=LIST),
    "GET leads.export": Case(query={"owner": "@user", "tag": "@tag"}),
    "GET leads.duplicates": Case(query={"email": "max@example.test", "phone": "+12125550123", "except": "@flow"}),
    "GET leads.palette": Case(query={"q": "hamster"}),
    "GET leads.show": of_lead(query={"tab": "notes"}),
    "GET leads.panel": of_lead(),
    "GET leads.details": of_lead(),
    "GET leads.edit": of_lead(query={"back": "/leads/@lead"}),
    "POST leads.update": of_lead(body={"first_name": "Ann", "owner_id": "@user", "revision": "@revision"}),
    "POST leads.archive": of_lead(),
    "POST leads.restore": of_lead(changes=False),  # it is not archived
    "POST leads.add_note": of_lead(body={"body": "Hi"}),
    "GET leads.edit_owner": of_lead(),
    "POST leads.change_owner": of_lead(body={"owner_id": ""}),
    "GET leads.edit_status": of_lead(),
    "POST leads.change_status": of_lead(body={"status": "qualified"}),
    "GET leads.edit_tags": of_lead(),
    "POST leads.change_tags": of_lead(body={"tags": "vip"}),
    "GET leads.edit_field": of_lead(parts={"name": "company"}),
    "GET leads.show_field": of_lead(parts={"name": "company"}),
    "POST leads.save_field": of_lead(parts={"name": "owner_id"}, body={"owner_id": "@host", "was": "@user"}),
    "POST leads.undo_field": of_lead(parts={"name": "owner_id"}, body={"owner_id": "@host", "was": "@user"}),
    "GET leads.title": of_lead(),
    "GET leads.zones": Case(),
    "GET leads.countries": Case(),
    "GET leads.edit_owners": Case(query={"ids": "@lead"}),
    "POST leads.change_owners": Case(body={"ids": "@lead", "owner_id": ""}),
    "GET leads.edit_many_tags": Case(query={"ids": "@lead"}),
    "POST leads.add_tags": Case(body={"ids": "@lead", "tags": "vip"}),
    "POST leads.archive_many": Case(body={"ids": "@lead"}),
    "POST leads.undo": Case(query={"facts": "@fact"}),
    "GET thanks.plain": Case(open="says thank you"),
    "GET thanks.of_realtor": Case(open="the realtor's own public page"),
    # personal data
    "GET privacy.show": Case(MANAGERS, binds="lead"),
    "POST privacy.export": Case(MANAGERS, binds="lead"),
    "GET privacy.confirm": Case(("owner",), binds="lead"),
    "POST privacy.erase": Case(("owner",), binds="lead", body={"word": "erase"}),
    "GET privacy.show_of_contact": Case(MANAGERS, binds="lead"),
    "POST privacy.export_of_contact": Case(MANAGERS, binds="lead"),
    "GET privacy.confirm_of_contact": Case(("owner",), binds="lead"),
    "POST privacy.erase_contact": Case(("owner",), binds="lead", body={"word": "erase"}),
    # conversations
    "GET conversations.inbox": of_lead(query={"c": "@conversation", "m": "@message", "queue": "all"}),
    "GET conversations.thread_list": Case(query={"c": "@conversation", "queue": "all"}),
    "GET conversations.new_message": Case(),
    "GET conversations.recipients": Case(query={"q": "hamster"}),
    "POST conversations.allow_mail": of_lead(body={"address": OLD_ADDRESS}),
    "GET conversations.conversation": of_lead(query={"m": "@message"}),
    "GET conversations.live_messages": of_lead(query={"since": "2026-01-01T00:00:00+00:00"}),
    "GET conversations.earlier_messages": of_lead(),
    "GET conversations.thread_header": of_lead(),
    "GET conversations.assignees": of_lead(),
    "POST conversations.assign": of_lead(body={"assignee_id": "@host"}),
    "POST conversations.read": of_lead(),
    "POST conversations.unread": of_lead(),
    "GET conversations.snooze_dialog": of_lead(),
    "POST conversations.snooze": of_lead(body={"preset": "hours"}),
    "POST conversations.close": of_lead(),
    "POST conversations.answer_opt_out": of_lead(body={"wants_out": "1"}, works=409),  # nobody asks
    "POST conversations.reopen": of_lead(changes=False),  # it is open
    "GET conversations.lead_timeline": of_lead(),
    "GET conversations.composer": of_lead(query={"channel": "email"}),
    "POST conversations.switch_channel": of_lead(body=WORDS),
    "POST conversations.draft": of_lead(body=WORDS),
    "POST conversations.attach": of_lead(body={"subject": "Hi"}, works=422),  # without a file, which no case can hold
    "POST conversations.detach": of_person(parts={"attachment_id": "@drafted_file"}),
    "GET conversations.template_picker": of_lead(query={"channel": "email"}),
    "POST conversations.insert_template": of_lead(body={**WORDS, "template_id": "@template"}),
    "POST conversations.send": of_lead(body={**WORDS, "key": "a-key-of-its-own"}),
    "POST conversations.cancel_message": of_lead(parts={"message_id": "@planned"}),
    "POST conversations.retry_message": of_lead(parts={"message_id": "@failed"}),
    "POST conversations.send_message_now": of_lead(parts={"message_id": "@planned"}),
    "POST conversations.resolve_message": of_lead(parts={"message_id": "@unknown"}, body={"verdict": "arrived"}),
    "POST conversations.take_back_arrival": of_lead(  # the fact is not of a message
        parts={"message_id": "@unknown"}, query={"facts": "@fact"}, works=409, changes=False
    ),
    "GET conversations.attempts": of_lead(parts={"message_id": "@failed"}),
    "GET conversations.original": of_lead(),
    "GET conversations.templates": Case(),
    "GET conversations.new_template": Case(),
    "POST conversations.create_template": Case(body=TEMPLATE),
    "GET conversations.template": Case(),
    "POST conversations.edit_template": Case(body=TEMPLATE),
    "POST conversations.archive_template": Case(),
    "POST conversations.bring_back_template": Case(parts={"template_id": "@archived_template"}),
    "POST conversations.preview_template": Case(
        body={**TEMPLATE, "content": "Hi {last_name}", "preview_lead": "@lead"}, changes=False
    ),
    # doors from outside, and what came by them that could not be read
    "GET intake.incoming": Case(MANAGERS),
    "POST intake.read_again": Case(MANAGERS),
    "GET releasing.sending": Case(MANAGERS),
    "POST releasing.release": Case(MANAGERS, parts={"channel": "email"}, works=409),  # it is not paused
    "GET webhook_release.waiting": Case(MANAGERS),
    "POST webhook_release.release": Case(MANAGERS, works=409),  # they are not paused
    "GET inbound.attachment": of_lead(),
    "POST inbound.email": Case(open="signed over its bytes; here it is not", body={"lead_id": "@lead"}, works=403),
    "GET inbound.unsubscribe": Case(open=BY_SECRET, parts={"token": "@message"}, works=404),
    "POST inbound.unsubscribe": Case(open=BY_SECRET, parts={"token": "@message"}, works=404),
    "GET sandbox.index": of_lead(query={"c": "@conversation"}),
    "GET sandbox.thread": of_lead(),
    "POST sandbox.answer": of_lead(body={"content": "Yes"}),
    # accounts
    "GET accounts.index": Case(query={"q": "account", "owner": "@user"}),
    "GET accounts.export": Case(query={"owner": "@user"}),
    "GET accounts.accounts_to_choose": Case(query={"q": "account"}),
    "GET accounts.new": Case(),
    "POST accounts.create": Case(body={"name": "New works", "owner_id": "@user"}),
    "GET accounts.same_name": Case(query={"name": "New works"}),
    "POST accounts.undo": Case(query={"facts": "@account_fact"}),
    "GET accounts.show": of_lead(),
    "GET accounts.details": of_lead(),
    "GET accounts.account_timeline": of_lead(),
    "GET accounts.edit": of_lead(),
    "POST accounts.update": of_lead(body={"name": "New works", "owner_id": "@user"}),
    "GET accounts.ask_health": of_lead(),
    "POST accounts.set_health": of_lead(body={"health": "70"}),
    "POST accounts.archive": of_lead(),
    "POST accounts.restore": of_lead(changes=False),  # it is not archived
    "GET accounts.contacts_of_account": of_lead(),
    "GET accounts.new_contact": of_lead(),
    "POST accounts.add_contact": of_lead(body={"first_name": "Sam"}),
    "GET accounts.edit_contact": of_lead(),
    "POST accounts.update_contact": of_lead(body={"first_name": "Sam"}),
    "POST accounts.make_primary": of_lead(changes=False),  # they are it
    "POST accounts.note_leaving": of_lead(),
    "POST accounts.note_return": of_lead(changes=False),  # they are there
    "GET accounts.deals_of_account": of_lead(),
    "GET accounts.new_deal": of_lead(),
    "POST accounts.create_deal": of_lead(body=DEAL),
    "GET accounts.deals": Case(query={"owner": "@user", "stage": "closed_lost"}),
    "GET accounts.show_deal": of_lead(),
    "GET accounts.edit_deal": of_lead(),
    "POST accounts.update_deal": of_lead(body=DEAL),
    "GET accounts.ask_stage": of_lead(),
    "POST accounts.move_deal": of_lead(body={"stage": "proposal"}),
    "GET leads.of_account": of_lead(),
    "GET leads.choose_account": of_lead(),
    "POST leads.link_account": of_lead(body={"account_id": "@account"}),
    "POST leads.unlink_account": of_lead(changes=False),  # it belongs to none
    "GET leads.ask_conversion": of_lead(),
    "GET leads.accounts_of_that_name": Case(query={"account_name": "New works"}),
    "POST leads.convert": of_lead(body={"into": "known", "account_id": "@account"}, works=422),  # it is not qualified
    "POST leads.take_conversion_back": of_lead(works=422),  # it is none
    # tasks
    "GET tasks.index": Case(query={"view": "team"}),
    "GET tasks.of_lead": of_lead(),
    "GET tasks.new": Case(query={"lead": "@lead"}),
    "GET tasks.leads_to_choose": Case(query={"q": "hamster"}),
    "POST tasks.create": Case(body={**TASK, "lead_id": "@lead"}),
    "GET tasks.edit": of_lead(query={"back": "/leads/@lead"}),
    "POST tasks.update": of_lead(body=TASK),
    "POST tasks.complete": of_lead(),
    "POST tasks.reopen": of_lead(parts={"task_id": "@done_task"}),
    "POST tasks.cancel": of_lead(),
    "POST tasks.snooze": of_lead(body={"preset": "tomorrow"}),
    "POST tasks.undo": Case(query={"facts": "@task_fact"}),
    # flows
    "GET flows.index": Case(),
    "GET flows.new_flow": Case(EDITORS),
    "POST flows.create": Case(EDITORS, body={"name": "New", "trigger": "manual"}),
    "POST flows.import_flow": Case(EDITORS, works=422),  # without a file, which no case can hold
    "POST flows.copy_flow": Case(EDITORS),
    "GET flows.export_flow": Case(),
    "GET flows.choose_flow": of_lead(),
    "POST flows.enrol": of_lead(body={"flow_id": "@open_flow"}),
    "GET flows.choose_flow_for_many": Case(query={"ids": "@lead"}),
    "POST flows.enrol_many": Case(body={"ids": "@lead", "flow_id": "@open_flow"}),
    "POST flows.take_back": Case(query={"ids": "@enrolment"}),
    "GET flows.show": Case(query={"step": "@step"}),
    "POST flows.switch_flow": Case(EDITORS, body={"enabled": "1"}),
    "GET flows.new_step": Case(EDITORS),
    "POST flows.add_step": Case(EDITORS, body=STEP),
    "GET flows.show_step": Case(),
    "POST flows.edit_step": Case(EDITORS, body=STEP),
    "POST flows.switch_step": Case(EDITORS),
    "POST flows.delete_step": Case(EDITORS),
    "POST flows.copy_step": Case(EDITORS),
    "GET flows.choose_place": Case(EDITORS),
    "POST flows.move_step": Case(EDITORS, body={"day": "3", "time_type": "immediately"}),
    "POST flows.place_step": Case(EDITORS, body={"step_id": "@step", "day": "3", "position": "0"}),
    "POST flows.undo": Case(EDITORS, works=422, changes=False),
    "POST flows.redo": Case(EDITORS, works=422, changes=False),
    "POST flows.discard": Case(EDITORS),
    "GET flows.name_flow": Case(EDITORS),
    "POST flows.rename_flow": Case(EDITORS, body={"name": "Another name"}),
    "GET flows.review": Case(EDITORS),
    "POST flows.publish": Case(EDITORS, body={"audience": "new"}, works=422, changes=False),
    "GET flows.history": Case(),
    "POST flows.restore": Case(EDITORS, works=404),
    "GET flows.numbers": Case(),
    "GET flows.leads_behind": Case(query={"what": "waiting"}),
    "GET flows.flows_of_lead": of_lead(),
    "GET flows.show_simulation": Case(query={"version": "live"}),
    "GET flows.people": Case(query={"q": "hamster"}),
    "POST flows.end_passages": Case(query={"why": "goal"}, body={"ids": "@enrolment"}),
    "POST flows.undo_endings": Case(query={"facts": "@fact"}, changes=False),  # it is not of a flow
    "POST flows.redraw_form": Case(EDITORS, query={"step": "@step"}, body=STEP, changes=False),
    "POST flows.preview": Case(EDITORS, body={**STEP, "content": "Hi {last_name}", "lead": "@lead"}, changes=False),
    # campaigns
    "GET campaigns.index": Case(),
    "GET campaigns.new": Case(EDITORS, query=LIST),
    "GET campaigns.segment": Case(EDITORS, query=LIST),
    "POST campaigns.create": Case(EDITORS, body=CAMPAIGN),
    "GET campaigns.show": Case(),
    "GET campaigns.leads_behind": Case(query={"what": "waiting"}),
    "GET campaigns.edit": Case(EDITORS),
    "POST campaigns.update": Case(EDITORS, body=CAMPAIGN),
    "POST campaigns.delete": Case(EDITORS),
    "POST campaigns.start": Case(EDITORS),
    "POST campaigns.pause": Case(EDITORS, works=409),  # it is a draft
    "POST campaigns.resume": Case(EDITORS, works=409),
    "POST campaigns.stop": Case(EDITORS, works=409),
    # imports
    "GET imports.index": Case(EDITORS),
    "POST imports.upload": Case(EDITORS, works=422),  # without a file, which no case can hold
    "GET imports.show": Case(EDITORS, query={"rows": "new"}),
    "POST imports.read_otherwise": Case(EDITORS, body={"encoding": "utf-8", "delimiter": ","}),
    "POST imports.choose_plan": Case(
        EDITORS, body={"columns-0": "name", "columns-1": "email", "dates": "dmy", "owner_id": "@user"}
    ),
    "POST imports.map_again": Case(EDITORS, parts={"import_id": "@ready_import"}),
    "POST imports.start": Case(EDITORS, parts={"import_id": "@ready_import"}),
    "POST imports.stop": Case(EDITORS, works=409),  # it was not started
    "POST imports.resume": Case(EDITORS, works=409),
    "POST imports.revert": Case(EDITORS, works=409),
    "POST imports.discard": Case(EDITORS),
    "GET imports.refused": Case(EDITORS),
    # automations
    "GET automations.index": Case(),
    "POST automations.create": Case(EDITORS, body=RULE),
    "GET automations.new": Case(EDITORS),
    "GET automations.examples": Case(EDITORS),
    "POST automations.test": Case(EDITORS, query={"id": "@automation"}, body=RULE, changes=False),
    "POST automations.redraw_form": Case(EDITORS, query={"id": "@automation"}, body=RULE, changes=False),
    "GET automations.show": Case(),
    "POST automations.edit": Case(EDITORS, body=RULE),
    "POST automations.switch": Case(EDITORS),
    "POST automations.delete": Case(EDITORS),
    "POST automations.restore": Case(EDITORS, parts={"automation_id": "@deleted_automation"}),
    "GET automations.runs": of_lead(query={"automation": "@automation", "lead": "@lead"}),
    # what stands in mails
    "GET mail_links.follow": Case(open=BY_SECRET, parts={"token": "@message"}, works=404),
    "GET mail_links.opened": Case(open="one transparent dot, whatever the token", parts={"picture": "@message"}),
    # the organization's site
    "GET site_visits.script": Case(open="the script for sites, the same for all"),
    "POST site_visits.visit": Case(open="a visit told by a site on the list; here by nobody", works=400),
    # tracking
    "GET tracking.settings": Case(MANAGERS),
    "POST tracking.change_mails": Case(MANAGERS, body={"follows_opens": "y", "id": "@organization"}),
    "POST tracking.change_site": Case(
        MANAGERS, body={"is_on": "y", "origins": "https://shop.example", "pricing_paths": "/pricing*"}
    ),
    "GET tracking.lead_visits": of_lead(),
    # machines
    "GET system.healthz": Case(open="says that the process answers"),
    "GET system.readyz": Case(open="counts, without names"),
    # meetings
    "GET availability.settings": Case(MANAGERS),
    "GET availability.of_realtor": Case(MANAGERS, parts={"user_id": "@realtor_user"}),
    "POST availability.change": Case(MANAGERS, parts={"user_id": "@realtor_user"}, body=HOURS),
    "GET bookings.index": Case(),
    "GET bookings.show": of_lead(),
    "GET bookings.of_lead": of_lead(),
    "GET bookings.new": of_lead(query={"realtor_id": "@realtor_user", "day": "@slots_day"}),
    "POST bookings.book": of_lead(body={"realtor_id": "@realtor_user", "day": "@slots_day", "start": "@slot"}),
    "POST bookings.cancel": of_lead(),
    "GET booking_page.page": Case(open="free times, and the realtor's name and place"),
    "POST booking_page.book": Case(open="a visitor's door; who it is is missing", body={"start": "@slot"}, works=422),
    "GET booking_page.meeting": Case(open=BY_SECRET, parts={"token": "@booking"}, works=404),
    "POST booking_page.move": Case(open=BY_SECRET, parts={"token": "@booking"}, body={"start": "@slot"}, works=404),
    "POST booking_page.cancel": Case(open=BY_SECRET, parts={"token": "@booking"}, works=404),
    "GET kit.index": Case(open=KIT),
    "GET kit.page": Case(open=KIT),
    "GET kit.palette_options": Case(open=KIT),
    "GET kit.sample_dialog": Case(open=KIT),
    "GET kit.sample_panel": Case(open=KIT),
    # the API
    "GET openapi": Case(open="the API's description"),
    "POST leads_api.capture": Case(body={"realtor_id": "@realtor", "first_name": "Ann", "email": "ann@example.test"}),
    "GET leads_api.leads": Case(query={"owner": "@user", "q": "hamster"}),
    "GET leads_api.lead": of_lead(),
    "PATCH leads_api.change": of_lead(body={"first_name": "Ann", "owner_id": "@user", "account_id": "@account"}),
    "GET leads_api.events": of_lead(query={"lead_id": "@lead", "account_id": "@account"}),
    "POST conversions_api.convert": of_lead(
        parts={"lead_id": "@qualified"}, body={"account_id": "@account", "opportunity": {"name": "Deal"}}
    ),
    "GET accounts_api.accounts": Case(query={"owner": "@user", "q": "hamster"}),
    "GET accounts_api.account": of_lead(),
    "POST accounts_api.create": Case(body={"name": "New", "owner_id": "@host"}),
    "PATCH accounts_api.change": of_lead(body={"name": "New", "owner_id": "@host"}),
    "GET contacts_api.contacts": Case(query={"account_id": "@account"}),
    "GET contacts_api.contact": of_lead(),
    "POST contacts_api.create": of_lead(body={"account_id": "@account", "first_name": "Ann"}),
    "PATCH contacts_api.change": of_lead(body={"first_name": "Ann"}),
    "GET opportunities_api.opportunities": Case(query={"account_id": "@account", "owner": "@user"}),
    "GET opportunities_api.opportunity": of_lead(),
    "POST opportunities_api.create": of_lead(
        body={"account_id": "@account", "name": "Deal", "contact_id": "@contact", "owner_id": "@host"}
    ),
    "PATCH opportunities_api.change": of_lead(body={"name": "Deal", "contact_id": "@contact", "owner_id": "@host"}),
    "GET messages_api.messages": of_lead(query={"lead_id": "@lead"}),
    "POST messages_api.send": of_lead(body=MESSAGE),
    "POST messages_api.schedule": of_lead(body={**MESSAGE, "scheduled_time": "2031-01-01T09:00:00+00:00"}),
    "GET messages_api.conversations": of_lead(query={"lead_id": "@lead"}),
    "POST messages_api.answer_as_lead": of_lead(body={"channel": "email", "content": "Yes"}),
    "GET tasks_api.tasks": of_lead(query={"lead_id": "@lead"}),
    "POST tasks_api.create": of_lead(body={"lead_id": "@lead", "title": "Call back", "assignee_id": "@host"}),
    "PATCH tasks_api.change": of_lead(body={"title": "Call back", "assignee_id": "@host"}),
    "GET flows_api.flows": Case(),
    "GET flows_api.flow": Case(),
    "GET bookings_api.slots": Case(query={"realtor_id": "@realtor", "date": "2031-01-06"}),
    "POST bookings_api.book": Case(body={"realtor_id": "@realtor", "lead_id": "@lead", "start": "@slot"}),
    "DELETE bookings_api.cancel": of_lead(),
}  # fmt: skip


FOR_VISITORS = {"POST leads_api.capture", "GET bookings_api.slots", "POST bookings_api.book"}  # with a token or without


@dataclass(frozen=True)
class Ask:
    """A request ready to be sent."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def is_safe(self) -> bool:
        return self.method == "GET"

    def beside(self, *, query: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None) -> "Ask":
        """The same with more fields, which replace none."""
        return replace(self, query={**(query or {}), **self.query}, body={**(body or {}), **self.body})

    def saying(self, name: str, text: str) -> "Ask":
        """The same with another value: in the form where there is one, in the query string for all that is in it."""
        if self.is_safe or name in self.query:
            return replace(self, query={**self.query, name: text})
        return replace(self, body={**self.body, name: text})


def routes(app: Flask) -> dict[str, str]:
    """`{"GET leads.index": "/leads"}` for every method of every route."""
    return {
        f"{method} {rule.endpoint}": rule.rule
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def ask(rule: str, name: str, ids: Mapping[str, str]) -> Ask:
    """The case's request about these ids."""
    case = CASES[name]
    return Ask(
        name.partition(" ")[0],
        "/".join(_filled(_part(piece, case), ids) for piece in rule.split("/")),
        {key: _filled(value, ids) for key, value in case.query.items()},
        {key: _filled(value, ids) if isinstance(value, str) else value for key, value in case.body.items()},
    )


def mixes(rule: str, name: str, own: Mapping[str, str], foreign: Mapping[str, str]) -> Iterator[tuple[bool, Ask]]:
    """The request with every id foreign, then with each id alone: (whether the path names a foreign one, request)."""
    case = CASES[name]
    in_path = {_named(_part(piece, case)) for piece in rule.split("/")}
    named = in_path | {_named(str(value)) for value in (*case.query.values(), *case.body.values())}
    strange = sorted(key for key in named - {""} if own.get(key) != foreign[key])
    choices = [set(strange), *({key} for key in strange)] if len(strange) > 1 else [set(strange)]
    for chosen in choices:
        ids = {**foreign, **own, **{key: foreign[key] for key in chosen}}
        yield bool(chosen & in_path), ask(rule, name, ids)


def _part(piece: str, case: Case) -> str:
    if not piece.startswith("<"):
        return piece
    argument = piece.strip("<>").rpartition(":")[2]
    return case.parts.get(argument) or PARTS[argument]


def _named(text: str) -> str:
    return text.partition("@")[2] if "@" in text and "." not in text else ""


def _filled(text: str, ids: Mapping[str, str]) -> str:
    name = _named(text)
    return text.replace(f"@{name}", ids[name]) if name else text
