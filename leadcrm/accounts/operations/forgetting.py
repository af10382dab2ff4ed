"""What is taken away for good: what a conversion made, when it is taken back; a person's name, when they are erased."""

import re

from sqlalchemy import select

from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.accounts.naming import folded
from leadcrm.core.db import db, lock
from leadcrm.core.errors import Conflict

ERASED = "Erased on request"


def remove_opportunity(deal: Opportunity) -> None:
    """Take away a deal that nobody has touched since it was made. Raises Conflict."""
    deal = lock(deal)
    if deal.revision > 1:
        raise Conflict(f"The opportunity “{deal.name}” has been worked on since.")
    db.session.delete(deal)
    db.session.flush()


def remove_contact(contact: Contact) -> None:
    """Take away a contact whom nobody has touched since, and no deal names. Raises Conflict."""
    contact = lock(contact)
    named = db.session.scalar(select(Opportunity.id).where(Opportunity.contact_id == contact.id).limit(1))
    if contact.revision > 1 or named is not None:
        raise Conflict(f"The contact {contact.name} has been worked with since.")
    db.session.delete(contact)
    db.session.flush()


def remove_account(account: Account) -> None:
    """Take away an account that nobody has touched since, without people and deals. Raises Conflict."""
    account = lock(account)
    has = [select(model.id).where(model.account_id == account.id).limit(1) for model in (Contact, Opportunity)]
    if account.revision > 1 or any(db.session.scalar(one) is not None for one in has):
        raise Conflict(f"The account “{account.name}” has been worked with since.")
    db.session.delete(account)
    db.session.flush()


def forget_person(lead_id: str, account_id: str | None, name: str) -> None:
    """Call accounts and deals otherwise where they bear this person's own name; where their deals came from goes.

    Looked at are `account_id` and wherever they are a contact: call it while they still are. Without a `name` they bore
    that of a company.
    """
    theirs = db.session.scalars(select(Contact).where(Contact.lead_id == lead_id)).all()
    account_ids = {account_id, *(contact.account_id for contact in theirs)} - {None}
    its_words = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)") if name else None
    for account in db.session.scalars(select(Account).where(Account.id.in_(account_ids))):
        if name and account.name == name:
            account.name, account.folded_name = ERASED, folded(ERASED)
    contact_ids = {contact.id for contact in theirs}
    for deal in db.session.scalars(select(Opportunity).where(Opportunity.account_id.in_(account_ids))):
        deal.name = its_words.sub(ERASED, deal.name)[:200] if its_words else deal.name
        if deal.contact_id in contact_ids:
            deal.source = ""
    db.session.flush()
