"""Who writes in a lead's thread: the lead, or a colleague who answered all. What a colleague wrote is a note there."""

from flask import current_app
from sqlalchemy import select

from leadcrm.conversations.delivery.addresses import without_tag
from leadcrm.conversations.incoming_mail import Head, Mail
from leadcrm.conversations.operations import lead_answering
from leadcrm.core import tenancy
from leadcrm.core.db import db, get_or_404
from leadcrm.identity.models import Organization, User
from leadcrm.leads import operations as leads
from leadcrm.leads.models import ContactPoint, Lead, Note
from leadcrm.leads.operations.activity import LONGEST_NOTE


def is_answer(head: Head, reply_token: str | None) -> bool:
    """Whether the lead who was written to answers, from an address of theirs."""
    lead_id = lead_answering("email", reply_token, head.references)
    return lead_id is not None and _is_theirs(lead_id, head.sender)


def lead_whom_a_colleague_answered(head: Head, reply_token: str | None) -> str | None:
    """The lead in whose thread somebody of the team writes: a user, or the team's own mailbox; None for anyone else.

    A list may put its own address in place of the writer's: then nobody knows who it was.
    """
    is_mailbox = without_tag(head.sender) in _mailboxes() and not head.is_of_a_list
    if not is_mailbox and _user(head.sender) is None:
        return None
    lead_id = lead_answering("email", reply_token, head.references)
    return None if lead_id is None or _is_theirs(lead_id, head.sender) else lead_id


def overhear(lead_id: str, mail: Mail) -> Note | None:
    """Keep a colleague's mail as their note in the thread; the lead has not replied. None of what a machine wrote."""
    if mail.head.is_automatic:
        return None
    about = f"By mail from {mail.head.sender}: {mail.head.subject}"
    if mail.files:
        about += f"\nFiles, only in the mail: {', '.join(file.filename or 'unnamed' for file in mail.files)}"
    lead = get_or_404(Lead, lead_id)
    return leads.add_note(lead, f"{about}\n\n{mail.text}"[:LONGEST_NOTE], _user(mail.head.sender), channel="email")


def _user(address: str) -> User | None:
    return db.session.scalar(select(User).where(User.email == address).limit(1))


def _mailboxes() -> set[str]:
    own = db.session.scalar(select(Organization.mail_from).where(Organization.id == tenancy.current_id()))
    return {(own or current_app.settings.mail_from).lower()}


def _is_theirs(lead_id: str, address: str) -> bool:
    theirs = (ContactPoint.lead_id == lead_id, ContactPoint.kind == "email", ContactPoint.value == address)
    return db.session.scalar(select(ContactPoint.id).where(*theirs).limit(1)) is not None
