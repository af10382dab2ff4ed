"""What mail systems report of mail that left us, and which addresses are no longer written to because of it."""

from collections.abc import Sequence

from sqlalchemy import select

from leadcrm.conversations.delivery_reports import COMPLAINED, Report, Verdict, refusal
from leadcrm.conversations.events import MailAllowedAgain, MessageBounced, MessageDelayed
from leadcrm.conversations.models import Conversation, Message, Suppression
from leadcrm.conversations.operations.consent import BOUNCED, REASON_BOUNCED, lift_suppression, opt_out, suppress
from leadcrm.conversations.operations.fate import names_of, note_accepted, settle
from leadcrm.conversations.operations.skipping import OVER, hold_what_waits, resume_skipped, skip_waiting_of_lead
from leadcrm.conversations.soft_bounces import soft_bounces_in_a_row
from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404, lock
from leadcrm.core.errors import Conflict, NotFound
from leadcrm.core.events import record
from leadcrm.leads.models import Lead
from leadcrm.leads.operations.bouncing import note_bounce
from leadcrm.leads.queries import address_of

MAY_COME_BACK = ("sending", "unknown", "sent", "delivered")
LONGEST_REASON = 200
SOFT_IN_A_ROW = 3


def take_report(report: Report, reply_token: str | None, references: Sequence[str] = ()) -> Message | None:
    """Write down what a mail system says of one of our mails; None when it speaks of none of ours.

    The mail is found by its Message-ID, else by the thread the report was sent to and the address it names. Failed:
    the message has bounced, also an unknown one, and nothing more goes to an address that is at fault or did not take
    SOFT_IN_A_ROW mails. A complaint is an opt-out. Anything else means that it was accepted.
    """
    message = _by_id([report.message_id or ""]) or _by_id(references) or _by_thread(report, reply_token)
    if message is None:
        return None
    hold_what_waits(message.lead_id)
    message = lock(message)
    verdict = report.verdict_on(message.address)
    if verdict.action == "failed":
        _come_back(message, verdict)
    elif verdict.action == COMPLAINED:
        opt_out(message.lead_id, "email", message.address, COMPLAINED)
    else:
        _go_on(message, verdict)
    return message


def take_refusal(message_id: str, said: str) -> None:
    """Our mail server refused the mail with these words: where it knows that the address is dead, none follows."""
    message = get_or_404(Message, message_id)
    if (verdict := refusal(said, message.address)) is not None:
        _stop_writing(message, verdict)


def allow_mail_again(lead: Lead, address: str) -> bool:
    """A person wants to write to a bounced address of the lead all the same, and what is still ahead goes out.

    Returns whether anything is. What flows dropped they take back themselves. Raises NotFound for an address that is
    not the lead's, Conflict when mail to it is not stopped for that reason.
    """
    if not any(point.kind == "email" and point.value == address for point in lead.contact_points):
        raise NotFound
    bounced = (Suppression.channel == "email", Suppression.address == address, Suppression.reason == BOUNCED)
    if db.session.scalar(select(Suppression.id).where(*bounced)) is None:
        raise Conflict("Mail to this address is not stopped because it came back.")
    lift_suppression("email", address)
    record(MailAllowedAgain(lead_id=lead.id))
    dropped = (Message.lead_id == lead.id, Message.status == "skipped", Message.reason == REASON_BOUNCED)
    is_anything_ahead = select(Message.id).where(*dropped, Message.scheduled_for > clock.now()).limit(1)
    has_more = db.session.scalar(is_anything_ahead) is not None
    resume_skipped(Message.lead_id == lead.id, Message.enrolment_id.is_(None), reasons=[REASON_BOUNCED])
    return has_more


def _by_id(references: Sequence[str]) -> Message | None:
    ours = select(Message).where(
        Message.external_id.in_(references), Message.channel == "email", Message.direction == "outbound"
    )
    return db.session.scalar(ours.order_by(Message.position_at.desc(), Message.id.desc()).limit(1))


def _by_thread(report: Report, reply_token: str | None) -> Message | None:
    """Reports without the mail's head came to its envelope sender, which names the thread; the newest will be meant."""
    if reply_token is None:
        return None
    named = [address for verdict in report.verdicts for address in verdict.addresses]
    said_there = (
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.reply_token == reply_token, Message.direction == "outbound")
        .where(Message.address.in_(named), Message.status.in_(MAY_COME_BACK))
    )
    return db.session.scalar(said_there.order_by(Message.position_at.desc(), Message.id.desc()).limit(1))


def _come_back(message: Message, verdict: Verdict) -> None:
    if message.status in MAY_COME_BACK:
        reason = f"{verdict.words}: {verdict.said}" if verdict.said else verdict.words
        settle(message, status="bounced", reason=reason[:LONGEST_REASON], **OVER)
        record(MessageBounced(**names_of(message), reason=verdict.words, soft=verdict.is_soft))
    # an address it was forwarded to says nothing of the one we write to
    if message.address not in (verdict.addresses or [message.address]):
        return
    if verdict.is_of_the_address or (verdict.is_soft and soft_bounces_in_a_row(message) >= SOFT_IN_A_ROW):
        _stop_writing(message, verdict)


def _stop_writing(message: Message, verdict: Verdict) -> None:
    """What waits goes to the lead's main address, which somebody may have corrected while the report was on its way."""
    details = {"message_id": message.id, "words": verdict.words}
    if suppress("email", message.address, BOUNCED, details):
        note_bounce(message.address, clock.now())
        if address_of([message.lead_id], "email").get(message.lead_id) == message.address:
            skip_waiting_of_lead(message.lead_id, REASON_BOUNCED, "email")


def _go_on(message: Message, verdict: Verdict) -> None:
    """A system further on has it, so it was accepted, whatever we were told."""
    if verdict.action == "delayed":
        record(MessageDelayed(**names_of(message), reason=verdict.words))
    note_accepted(message, "accepted")
