"""What a person says from the composer, and takes back."""

from datetime import datetime, timedelta

from sqlalchemy import select

from leadcrm.conversations import merge
from leadcrm.conversations.models import Message, Template
from leadcrm.conversations.operations.drafting import discard_draft, give_back, give_files, has_draft, typed_by
from leadcrm.conversations.operations.fate import cancel_message
from leadcrm.conversations.operations.planning import plan_message
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.errors import DomainError
from leadcrm.identity.models import User
from leadcrm.leads import queries as leads
from leadcrm.leads.models import Lead

UNDO = timedelta(seconds=5)  # how long a message waits so that its author can take it back
LATEST = timedelta(days=365)


def say(
    author: User, lead: Lead, *, channel: str, subject: str, content: str, key: str, at: datetime | None = None
) -> Message:
    """Plan a typed message with the files of its draft, for UNDO from now or for `at`.

    The same `key` again is the same message.

    Raises DomainError for an empty or unknown merge field, an email without subject, a moment that is past or more
    than a year away, and as plan_message does.
    """
    _check_words(lead, channel, subject, content)
    _check_moment(at)
    intent_key = typed_by(author, key)
    message = plan_message(
        lead_id=lead.id,
        channel=channel,
        subject=subject if channel == "email" else "",
        content=content,
        origin="manual",
        intent_key=intent_key,
        scheduled_for=at or clock.now() + UNDO,
        author_id=author.id,
    )
    if message is not None:
        give_files(author, message)
    discard_draft(author, lead.id, channel)
    return message or db.session.scalars(select(Message).where(Message.intent_key == intent_key)).one()


def take_back(message: Message, user: User) -> Message:
    """Cancel a message; its author finds words and files in the composer again, unless something new is there."""
    message = cancel_message(message)
    if message.author_id == user.id and not has_draft(user, message.lead_id, message.channel):
        give_back(user, message)
    return message


def fill_template(template: Template, lead: Lead) -> tuple[str, str]:
    """Subject and text of a template for a lead. What is not known stays a tag, for the person to see and fill."""
    values = values_for(lead)
    return fill_what_is_known(template.subject, values), fill_what_is_known(template.content, values)


def values_for(lead: Lead) -> dict[str, str]:
    """What the merge fields stand for; the unsubscribe link, made per mail, stays a tag."""
    return {**leads.merge_values([lead.id])[lead.id], "unsubscribe_url": "{unsubscribe_url}"}


def fill_what_is_known(text: str, values: dict[str, str]) -> str:
    """The text with its tags filled; a tag that cannot be filled stays as it is."""
    try:
        return merge.render(text, values)
    except merge.Hole as hole:
        kept = {name: f"{{{name}}}" for name in hole.names}
    try:
        return merge.render(text, {**values, **kept})
    except merge.Hole:  # it holds a tag that is no field at all
        return text


def restore_template(template: Template) -> Template:
    """Bring an archived template back, under the name it had unless that is taken by now."""
    name = template.name.rpartition(" (")[0] or template.name
    taken = db.session.scalar(select(Template.id).where(Template.name == name, Template.id != template.id))
    template.archived_at = None
    template.name = template.name if taken else name
    return template


def _check_words(lead: Lead, channel: str, subject: str, content: str) -> None:
    if channel == "email" and not subject:
        raise DomainError("An email needs a subject.", "subject")
    values = values_for(lead) if merge.fields_in(f"{subject} {content}") else {}
    for field, text in (("subject", subject), ("content", content)):
        if unknown := merge.misspelt_fields(text):
            raise DomainError(f"There is no merge field {_listed(unknown)}.", field)
        try:
            merge.render(text, values)
        except merge.Hole as hole:
            raise DomainError(
                f"We know no {_listed(hole.names)} for {lead.name}. Write it yourself, or give a fallback: "
                f"{{{hole.names[0]}|…}}.",
                field,
            ) from None


def _check_moment(at: datetime | None) -> None:
    if at is None:
        return
    if at <= clock.now():
        raise DomainError("Choose a time that is still to come.", "at")
    if at > clock.now() + LATEST:
        raise DomainError("Choose a time within the next year.", "at")


def _listed(names: list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
