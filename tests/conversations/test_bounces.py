"""Mail that comes back: the message says so, nobody writes to a dead address again, and no machine is a lead."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from leadcrm.adapters.ports import OutcomeUnknown, Refused
from leadcrm.conversations import intake, operations
from leadcrm.conversations.models import Conversation, Message, RawInbound, Suppression
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.drains import drain_events
from leadcrm.core.errors import Conflict, DomainError, NotFound
from leadcrm.core.models import EventRow
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import ContactPoint, Lead
from leadcrm.notifications.models import Notification
from tests.conversations.conftest import again, make_due, make_lead, plan
from tests.conversations.mails import hand_over, mail
from tests.conversations.reports import REPORTERS, changed, report, without_original

DEAD = {"Status": "5.1.1"}
RULES = {"Status": "5.7.1", "Diagnostic_Code": "smtp; 550 5.7.1 Blocked"}


@pytest.fixture
def sent(client, jane, transport) -> Message:
    """A mail that Jane's mail system took."""
    message = plan(jane, author_id=None)
    transport.drain()
    return again(message)


def come_in(client, *bodies: bytes) -> None:
    for body in bodies:
        assert hand_over(client, body).status_code == 200
    intake.drain(lambda: False)
    db.session.rollback()
    db.session.expire_all()


def facts(name: str) -> list[dict]:
    with tenancy.everyone():
        return [row.told for row in db.session.scalars(select(EventRow).where(EventRow.name == name))]


def count(model) -> int:
    with tenancy.everyone():
        return db.session.scalar(select(func.count()).select_from(model))


def bounced_at() -> list:
    return list(db.session.scalars(select(ContactPoint.bounced_at).where(ContactPoint.kind == "email")))


# What becomes of the message


@pytest.mark.parametrize("reporter", REPORTERS, ids=[reporter.name for reporter in REPORTERS])
def test_a_mail_that_came_back_has_bounced_with_its_reason(client, sent, reporter):
    come_in(client, report(sent.external_id, raw=reporter.raw))
    message = again(sent)
    assert message.status == "bounced"
    assert reporter.code in message.reason
    assert "550" in message.reason
    (fact,) = facts("message.bounced")
    assert fact["message_id"] == sent.id
    assert "jane" not in fact["reason"], "a fact holds no personal text"


def test_a_report_is_no_message_and_makes_no_lead(client, sent):
    come_in(client, report(sent.external_id))
    assert (count(Message), count(Lead)) == (1, 1)
    assert facts("message.received") == []


def test_the_same_report_again_changes_nothing(client, sent):
    come_in(client, report(sent.external_id))
    come_in(client, report(sent.external_id).replace(b"postfix-report@", b"another-report@"))
    assert len(facts("message.bounced")) == 1


def test_a_report_settles_what_nobody_could_know(client, jane, transport):
    transport.answers = [OutcomeUnknown("connection lost")]
    message = plan(jane)
    transport.drain()
    assert again(message).status == "unknown"
    come_in(client, report(again(message).external_id))
    assert again(message).status == "bounced"
    assert again(message).claim_token is None


def test_a_delay_is_told_and_the_mail_is_still_on_its_way(client, sent):
    come_in(client, changed(report(sent.external_id), Action="delayed", Status="4.4.1"))
    assert again(sent).status == "sent"
    (fact,) = facts("message.delayed")
    assert fact["reason"] == "their mail system was not reached (4.4.1)"
    assert count(Suppression) == 0


def test_a_delay_proves_that_an_unknown_mail_was_accepted(client, jane, transport):
    transport.answers = [OutcomeUnknown("connection lost")]
    message = plan(jane)
    transport.drain()
    come_in(client, changed(report(again(message).external_id), Action="delayed", Status="4.4.1"))
    message = again(message)
    assert (message.status, message.reason) == ("sent", "")
    assert message.sent_at is not None
    assert facts("message.resolved")[0]["verdict"] == "accepted"


def test_a_report_without_the_mail_finds_it_by_thread_and_address(client, sent, transport):
    body = without_original(report(to=transport.sent[0].envelope_sender))
    come_in(client, body)
    assert again(sent).status == "bounced"


def test_a_report_on_another_address_of_the_thread_is_not_pinned_on_this_mail(client, sent, transport):
    come_in(client, without_original(report(to=transport.sent[0].envelope_sender, address="other@example.com")))
    assert again(sent).status == "sent"


def test_an_address_alone_bounces_nothing(client, sent):
    come_in(client, without_original(report()))
    assert again(sent).status == "sent"
    assert count(Suppression) == 0


@pytest.mark.parametrize("body", [report(), report(raw=REPORTERS[1].raw), report(raw=REPORTERS[2].raw)])
def test_a_report_on_none_of_our_mails_changes_nothing_but_is_kept_with_a_note(client, body):
    come_in(client, body)
    assert (count(Lead), count(Message), count(Conversation)) == (0, 0, 0)
    with tenancy.everyone():
        raw = db.session.scalars(select(RawInbound)).one()
    assert raw.done_at is not None
    assert raw.error == "A delivery report on none of our messages."


def test_another_organizations_report_does_not_reach_ours(client, cast, sent):
    body = report(sent.external_id, to="rita@rival.test")
    with tenancy.organization(cast.rival.id):
        perform(intake.store, "email", "<forged@x>", body)
    intake.drain(lambda: False)
    assert again(sent).status == "sent"


# What becomes of the address


def test_nothing_more_goes_to_a_dead_address(client, jane, sent, transport):
    later = plan(jane, "later", origin="flow", scheduled_for=clock.now() + timedelta(days=1))
    come_in(client, changed(report(sent.external_id), **DEAD))
    assert (again(later).status, again(later).reason) == ("skipped", "mail to this address came back")
    assert bounced_at() != [None]
    with pytest.raises(DomainError, match=r"Mail to jane@example\.com came back") as refused:
        plan(jane, "again")
    assert refused.value.field == "email"


def test_what_waits_for_a_corrected_address_still_goes_there(client, jane, sent, transport):
    later = plan(jane, "later", scheduled_for=clock.now() + timedelta(days=1))
    perform(leads.edit_lead, jane, LeadData(email="jane.doe@example.com"))
    come_in(client, report(sent.external_id))
    with pytest.raises(DomainError, match="Mail to jane@example"):
        plan(make_lead("Twin", email="jane@example.com"), "twin")
    make_due(later)
    transport.drain()
    assert [mail.recipient for mail in transport.sent] == ["jane@example.com", "jane.doe@example.com"]


def test_nothing_more_goes_to_an_address_that_our_server_knows_to_be_dead(jane, transport):
    later = plan(jane, "later", origin="flow", scheduled_for=clock.now() + timedelta(days=1))
    message = plan(jane)
    transport.answers = [Refused("550 5.1.1 <jane@example.com>: Recipient address rejected: User unknown", "550")]
    transport.drain()
    assert again(message).status == "failed"
    assert (again(later).status, again(later).reason) == ("skipped", "mail to this address came back")
    assert bounced_at() != [None]
    (listed,) = db.session.scalars(select(Suppression))
    assert listed.details == {"message_id": message.id, "words": "there is no such mailbox (5.1.1)"}


@pytest.mark.parametrize(
    "words",
    [
        "550 no",
        "550 5.7.1 Relaying denied",
        "550 5.1.0 <leads@leadcrm.test>: Sender address rejected",
        "552 5.2.2 full",
    ],
)
def test_what_our_server_refuses_for_another_reason_stops_nothing(jane, transport, words):
    transport.answers = [Refused(words, words[:3])]
    message = plan(jane)
    transport.drain()
    assert again(message).status == "failed"
    assert count(Suppression) == 0


def test_another_leads_planned_mail_to_it_is_skipped_when_due(client, sent, transport):
    with writing():
        other = Lead(
            first_name="Twin", last_name="", name="Twin", timezone="UTC",
            contact_points=[ContactPoint(kind="email", value="jane@example.com", identifies=False)],
        )  # fmt: skip
        db.session.add(other)
    waiting = plan(other, "twin")
    come_in(client, report(sent.external_id))
    transport.drain()
    assert len(transport.sent) == 1
    assert (again(waiting).status, again(waiting).reason) == ("skipped", "mail to this address came back")


@pytest.mark.parametrize(
    "fields",
    [RULES, {"Status": "4.4.7", "Diagnostic_Code": "smtp; 451 4.4.7 expired"}, {"Status": "5.2.2"}],
    ids=["their rules", "gave up", "mailbox full"],
)
def test_a_bounce_that_is_not_the_addresss_fault_stops_nothing(client, jane, sent, fields):
    come_in(client, changed(report(sent.external_id), **fields))
    assert again(sent).status == "bounced"
    assert bounced_at() == [None]
    plan(jane, "again")


def test_a_dead_address_behind_a_forwarding_says_nothing_of_ours(client, jane, sent):
    come_in(client, report(sent.external_id, address="forwarded@elsewhere.test"))
    assert again(sent).status == "bounced"
    assert bounced_at() == [None]
    plan(jane, "again")


def test_a_person_allows_mail_again(client, cast, jane, sent, sign_in):
    come_in(client, report(sent.external_id))
    ada = sign_in(cast.ada)
    page = ada.get(f"/leads/{jane.id}").text
    assert "Mail to jane@example.com came back" in page
    allowed = ada.post(f"/leads/{jane.id}/mail-permission", data={"address": "jane@example.com"}, hx=True)
    assert allowed.status_code == 200
    assert "lead-changed" in allowed.headers["HX-Trigger"]
    assert "came back. No more" not in ada.get(f"/leads/{jane.id}").text
    db.session.rollback()
    with tenancy.organization(cast.acme.id):
        plan(jane, "again")
    assert facts("lead.mail_allowed") == [{"lead_id": jane.id}]


def test_only_the_leads_own_bounce_is_lifted_and_only_by_who_sees_the_lead(client, cast, jane, sent, sign_in):
    come_in(client, report(sent.external_id))
    address = f"/leads/{jane.id}/mail-permission"
    assert sign_in(cast.rita).post(address, data={"address": "jane@example.com"}).status_code == 404
    assert sign_in(cast.ada).post(address, data={"address": "other@example.com"}).status_code == 404
    with tenancy.organization(cast.acme.id):
        assert operations.is_suppressed("email", "jane@example.com")


def test_a_wish_not_to_be_written_to_outlasts_a_bounce(client, jane, sent):
    come_in(client, report(sent.external_id))
    perform(operations.opt_out, jane.id, "email", "jane@example.com", "unsubscribed")
    with pytest.raises(Conflict):
        perform(operations.allow_mail_again, jane, "jane@example.com")
    assert operations.is_suppressed("email", "jane@example.com")


def test_a_bounce_does_not_weaken_a_wish(client, jane, sent):
    perform(operations.opt_out, jane.id, "email", "jane@example.com", "unsubscribed")
    come_in(client, report(sent.external_id))
    with pytest.raises(Conflict):
        perform(operations.allow_mail_again, jane, "jane@example.com")


def test_a_stranger_cannot_be_allowed(jane):
    with pytest.raises(NotFound):
        perform(operations.allow_mail_again, jane, "x@example.com")


def test_who_looks_after_the_lead_hears_of_it_in_plain_words(client, cast, acme, transport):
    lead = make_lead(email="jane@example.com", owner_id=cast.ben.id)
    message = plan(lead)
    transport.drain()
    come_in(client, report(again(message).external_id))
    drain_events(lambda: False)
    db.session.rollback()
    with tenancy.organization(cast.acme.id):
        titles = db.session.scalars(select(Notification.title).where(Notification.user_id == cast.ben.id)).all()
    assert "Your email to Jane Doe came back: there is no such mailbox (5.1.1)" in titles


# Machines


def test_an_out_of_office_of_nobody_we_know_makes_no_lead(client):
    come_in(client, mail("I am away.\n", Auto_Submitted="auto-replied"))
    assert (count(Lead), count(Message)) == (0, 0)


def test_an_out_of_office_of_a_lead_is_shown_and_is_no_reply(client, sent):
    come_in(client, mail("I am away.\n", Auto_Submitted="auto-replied", In_Reply_To=sent.external_id))
    (fact,) = facts("message.received")
    assert fact["automatic"] is True


def test_a_portals_automatic_mail_about_somebody_new_still_makes_a_lead(client):
    """What announces business is sent by machines too; only answers are no news."""
    come_in(client, mail("A new buyer for you.\n", sender="no-reply@portal.test", Auto_Submitted="auto-generated"))
    assert count(Lead) == 1


def test_an_old_kind_of_bounce_is_shown_in_its_thread(client, sent):
    """Without fields that machines can read it is a person who decides."""
    body = mail("User unknown.\n", sender="MAILER-DAEMON@old.example.com", References=sent.external_id)
    come_in(client, body)
    assert again(sent).status == "sent"
    assert count(Message) == 2
    assert count(Lead) == 1
