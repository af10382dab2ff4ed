"""A claimed batch made ready outside any transaction: its words filled in, its addresses looked up."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import func, select

from leadcrm.adapters.ports import OutgoingEmail, OutgoingFile, OutgoingText
from leadcrm.conversations import merge, storage
from leadcrm.conversations.delivery import letters
from leadcrm.conversations.delivery.addresses import reply_address, unsubscribe_url
from leadcrm.conversations.delivery.claims import Claim
from leadcrm.conversations.delivery.conditions import Conditions
from leadcrm.conversations.delivery.links import Following, origins_in
from leadcrm.conversations.delivery.timing import Timing
from leadcrm.conversations.models import AUTOMATIC, Attachment, Conversation, Message
from leadcrm.conversations.wording import ADDRESS_WORDS
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, end_reading
from leadcrm.core.mail_links import MailMark
from leadcrm.identity.models import Organization
from leadcrm.identity.queries import names_of
from leadcrm.leads import queries as leads

BY_HAND = "manual"  # the only messages with files: others are not asked about any
REFERENCES = 10
SUBJECT_LENGTH = 500
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")


@dataclass(frozen=True)
class Said:
    """The words of a message, as the search index reads them."""

    id: str
    subject: str
    content: str
    quoted: str = ""


@dataclass(frozen=True)
class Ready:
    """A message that may leave: what goes out, and what its row will say about it."""

    claim: Claim
    conversation_id: str
    subject: str
    content: str
    address: str
    outgoing: OutgoingEmail | OutgoingText
    not_after: datetime | None = None  # its window closes or it is too late to be useful: then ask anew
    useful_until: datetime | None = None
    gap: timedelta = timedelta(0)  # to the lead's automatic message before

    @property
    def said(self) -> Said:
        return Said(self.claim.id, self.subject, self.content)


@dataclass(frozen=True)
class Aside:
    """A message that does not leave now: its next state, why, and when to look again."""

    claim: Claim
    status: str
    reason: str
    due_at: datetime | None = None


@dataclass
class _Thread:
    id: str
    reply_token: str
    references: list[str] = field(default_factory=list)  # oldest first
    last_subject: str = ""


@dataclass(frozen=True)
class _Sender:
    mailbox: str
    name: str
    follows_clicks: bool
    follows_opens: bool
    follows_letters: bool


class Batch:
    """Everything a batch needs to know, read in a handful of queries whatever its size."""

    def __init__(self, channel: str, claims: Sequence[Claim]):
        lead_ids = list({claim.lead_id for claim in claims})
        self.channel = channel
        self.now = clock.now()
        self.values = leads.merge_values(lead_ids)
        self.addresses = self._addresses(lead_ids)
        self.timing = Timing(channel, claims, self.now)
        self.authors = names_of({claim.author_id for claim in claims if claim.author_id})
        self.sender = _sender()
        self.threads = _threads(channel, lead_ids)
        self.conditions = Conditions(claims, self.now)
        self.files = _files([claim.id for claim in claims if claim.origin == BY_HAND])
        end_reading()

    def prepare(self, claim: Claim) -> Ready | Aside:
        """The message ready to leave, or why it does not."""
        useful_until = self.timing.useful_until(claim)
        if useful_until is not None and useful_until <= self.now:
            return Aside(claim, "expired", "too late to be useful")
        address = self.addresses.get(claim.lead_id)
        if address is None:
            return Aside(claim, _never(claim), f"no {ADDRESS_WORDS[self.channel]}")
        verdict = self.timing.verdict(claim)
        if verdict.action == "wait":
            return Aside(claim, "held", verdict.reason, verdict.at)
        if verdict.action == "skip":
            return Aside(claim, _never(claim), verdict.reason)
        if reason := self.conditions.why_not(claim):
            return Aside(claim, "skipped", reason)
        ends = [end for end in (useful_until, self.timing.closes_at(claim)) if end is not None]
        until = {"not_after": min(ends, default=None), "useful_until": useful_until}
        try:
            return replace(self._ready(claim, address), **until, gap=self.timing.gap(claim))
        except merge.Hole as hole:
            return Aside(claim, "failed", f"nothing known for {', '.join(f'{{{name}}}' for name in hole.names)}")
        except merge.TooLong as error:
            return Aside(claim, "failed", str(error))

    def _addresses(self, lead_ids: list[str]) -> dict[str, str]:
        if self.channel != "email":
            return leads.address_of(lead_ids, self.channel)
        return {lead_id: values["email"] for lead_id, values in self.values.items() if values["email"]}

    def _ready(self, claim: Claim, address: str) -> Ready:
        thread = self.threads[claim.lead_id]
        values = {**self.values.get(claim.lead_id, {}), "unsubscribe_url": unsubscribe_url(claim.id)}
        subject, content = claim.subject, claim.content
        if not claim.rendered:
            subject, content = merge.render(subject, values), merge.render(content, values)
        if self.channel != "email":
            return Ready(claim, thread.id, "", content, address, OutgoingText(claim.id, "", address, content))
        subject = _on_one_line(subject)[:SUBJECT_LENGTH] or self._subject_of(thread)
        mail = self._mail(claim, thread, values, subject, content)
        return Ready(claim, thread.id, subject, content, address, mail)

    def _subject_of(self, thread: _Thread) -> str:
        if thread.last_subject:
            return thread.last_subject if thread.last_subject[:3].lower() == "re:" else f"Re: {thread.last_subject}"
        return f"Message from {self.sender.name}"

    def _mail(self, claim: Claim, thread: _Thread, values: dict, subject: str, content: str) -> OutgoingEmail:
        mailbox = self.sender.mailbox
        has_way_out = claim.origin in AUTOMATIC  # a letter by hand carries no unsubscribe line
        way_out = values["unsubscribe_url"] if has_way_out else None
        line = None if way_out is None or way_out in content else way_out
        reply_to = reply_address(mailbox, thread.reply_token)
        return OutgoingEmail(
            message_id=claim.external_id or f"<{claim.id}@{mailbox.rpartition('@')[2]}>",
            sender=mailbox,
            sender_name=_on_one_line(self._sender_name(claim, values)),
            recipient=self.addresses[claim.lead_id],
            recipient_name=_on_one_line(values.get("name") or ""),
            subject=subject,
            text=letters.plain(content, self.sender.name, line),
            html=letters.html(content, self.sender.name, line, self._following(claim)),
            reply_to=reply_to,
            in_reply_to=thread.references[-1] if thread.references else None,
            references=tuple(thread.references),
            unsubscribe_url=way_out,
            unsubscribe_mailto=reply_address(mailbox, thread.reply_token, stops=True) if has_way_out else None,
            envelope_sender=reply_to,
            files=tuple(self.files[claim.id]),
            invitation=claim.invitation,
        )

    def _following(self, claim: Claim) -> Following | None:
        """How the mail is followed, if the organization wants that; letters by hand only if it wants that, too.

        On a later try its links are left alone: the filled words do not tell which of them were the template's.
        """
        sender = self.sender
        if not (sender.follows_clicks or sender.follows_opens):
            return None
        if claim.origin not in AUTOMATIC and not sender.follows_letters:
            return None
        origins = origins_in(claim.content) if sender.follows_clicks and not claim.rendered else frozenset()
        mark = MailMark(tenancy.current_id(), claim.lead_id, claim.id)
        return Following(current_app.settings.base_url, mark, origins, sender.follows_opens)

    def _sender_name(self, claim: Claim, values: dict) -> str:
        """A person's name where there is one: the writer's, else that of the lead's owner."""
        return self.authors.get(claim.author_id) or values.get("owner_name") or self.sender.name


def _on_one_line(text: str) -> str:
    """What was pasted may hold breaks that look like blanks (U+2028); a mail's header may not."""
    return " ".join(text.split())


def _never(claim: Claim) -> str:
    """How a message ends that will not leave: a person is told that theirs failed."""
    return "skipped" if claim.origin in AUTOMATIC else "failed"


def _files(message_ids: list[str]) -> dict[str, list[OutgoingFile]]:
    """What goes with these messages. The bytes are read one mail at a time: a batch of them would fill the memory."""
    files: dict[str, list[OutgoingFile]] = defaultdict(list)
    if message_ids:
        columns = (Attachment.filename, Attachment.content_type, Attachment.stored_as, Attachment.size)
        rows = select(Attachment.message_id, Attachment.sha256, *columns).where(Attachment.message_id.in_(message_ids))
        for row in db.session.execute(rows.order_by(Attachment.id)):
            path = storage.path_of(row.stored_as)
            files[row.message_id].append(OutgoingFile(row.filename, row.content_type, path, row.size, row.sha256))
    return files


def _sender() -> _Sender:
    row = db.session.execute(
        select(
            Organization.mail_from,
            Organization.name,
            Organization.follows_clicks,
            Organization.follows_opens,
            Organization.follows_letters,
        ).where(Organization.id == tenancy.current_id())
    ).one()
    return _Sender(row.mail_from or current_app.settings.mail_from, *row[1:])


def _threads(channel: str, lead_ids: list[str]) -> dict[str, _Thread]:
    """The leads' threads on the channel; of a mail's thread also the ids its references name."""
    rows = db.session.execute(
        select(Conversation.id, Conversation.lead_id, Conversation.reply_token).where(
            Conversation.channel == channel, Conversation.lead_id.in_(lead_ids)
        )
    ).all()
    by_id = {row.id: _Thread(row.id, row.reply_token) for row in rows}
    if channel == "email":
        _add_references(by_id)
    return {row.lead_id: by_id[row.id] for row in rows}


def _add_references(threads: dict[str, _Thread]) -> None:
    newest_first = func.row_number().over(
        partition_by=Message.conversation_id, order_by=(Message.position_at.desc(), Message.id.desc())
    )
    said = (
        select(Message.conversation_id, Message.external_id, Message.subject, newest_first.label("age"))
        .where(
            Message.conversation_id.in_(threads),
            Message.external_id.is_not(None),
            Message.status.in_(["received", "sent", "delivered", "read", "unknown"]),
        )
        .subquery()
    )
    rows = select(said).where(said.c.age <= REFERENCES).order_by(said.c.age.desc())
    for row in db.session.execute(rows):
        thread = threads[row.conversation_id]
        thread.last_subject = row.subject or thread.last_subject
        if _MESSAGE_ID.fullmatch(row.external_id):
            thread.references.append(row.external_id)
