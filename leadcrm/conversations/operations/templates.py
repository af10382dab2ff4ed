"""Words to reuse."""

from sqlalchemy import select

from leadcrm.conversations import merge
from leadcrm.conversations.models import Template
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.errors import DomainError

SHIPPED = (
    {
        "name": "Welcome",
        "purpose": "welcome",
        "subject": "Welcome, {first_name|and thank you}",
        "content": (
            "Hi {first_name|there},\n\n"
            "thank you for getting in touch with {organization_name}. I have your details and will look after you"
            " from here.\n\n"
            "What would help you most right now? Just reply to this email: it comes straight to me.\n\n"
            "{owner_name|Your team at} {organization_name}"
        ),
    },
    {
        "name": "Follow-up",
        "purpose": "follow_up",
        "subject": "Good to be in touch, {first_name|and hello}",
        "content": (
            "Hi {first_name|there},\n\n"
            "it was good to be in touch. As promised, here is my email, so that you can reach me whenever a question"
            " comes up.\n\n"
            "When would be a good time for a short call this week?\n\n"
            "{owner_name|Your team at} {organization_name}"
        ),
    },
    {
        "name": "Proposal",
        "purpose": "proposal",
        "subject": "Our proposal, {first_name|as promised}",
        "content": (
            "Hi {first_name|there},\n\n"
            "thank you for telling us what you need. We are putting our proposal together and will send it to you"
            " shortly.\n\n"
            "Is there anything that must not be missing from it? Reply to this email and I will see to it.\n\n"
            "{owner_name|Your team at} {organization_name}"
        ),
    },
)


def save_template(template: Template | None, *, name: str, channel: str, subject: str, content: str) -> Template:
    """Write a new template, or change one. Raises DomainError for a name that is taken or an unknown merge field."""
    _check_fields(subject, "subject")
    _check_fields(content, "content")
    if channel == "email" and not subject:
        raise DomainError("An email needs a subject.", "subject")
    same_name = select(Template).where(Template.name == name)
    taken = db.session.scalar(same_name)
    if taken is not None and (template is None or taken.id != template.id):
        raise DomainError(f"There is already a template called {name}.", "name")
    template = template or Template()
    template.name, template.channel, template.content = name, channel, content
    template.subject = subject if channel == "email" else ""
    db.session.add(template)
    db.session.flush()
    return template


def archive_template(template: Template) -> None:
    """Take it out of every list; messages that were made from it keep their words, and its name is free again."""
    template.archived_at = clock.now()
    template.name = f"{template.name[:60]} ({template.id[-12:]})"


def template_for(purpose: str) -> Template | None:
    """The organization's template of a purpose (`follow_up`, `welcome`, `proposal`): the newest that is in use."""
    statement = (
        select(Template)
        .where(Template.purpose == purpose, Template.archived_at.is_(None))
        .order_by(Template.updated_at.desc(), Template.id.desc())
        .limit(1)
    )
    return db.session.scalar(statement)


def ensure_default_templates() -> None:
    """Give the organization the shipped templates it has never had."""
    known = set(db.session.scalars(select(Template.purpose).where(Template.purpose.is_not(None))))
    names = set(db.session.scalars(select(Template.name)))
    for words in SHIPPED:
        if words["purpose"] not in known and words["name"] not in names:
            db.session.add(Template(channel="email", **words))
    db.session.flush()


def _check_fields(text: str, field: str) -> None:
    unknown = merge.misspelt_fields(text)
    if unknown:
        names = ", ".join(f"{{{name}}}" for name in unknown)
        raise DomainError(f"There is no merge field {names}.", field)
