"""Where leads and accounts meet without a conversion: a lead gets an account, somebody at an account is spoken to."""

from dataclasses import dataclass

from sqlalchemy import select

from leadcrm.accounts import operations as accounts
from leadcrm.accounts import queries as account_queries
from leadcrm.accounts.data import AccountData, ContactData
from leadcrm.accounts.models import Account, Contact
from leadcrm.core.db import db, get_or_404, lock
from leadcrm.core.events import record, unheard
from leadcrm.leads.data import LeadData
from leadcrm.leads.events import LeadLinked
from leadcrm.leads.models import Lead
from leadcrm.leads.operations import contact_points
from leadcrm.leads.operations.creating import chosen_zone, make_lead

SOURCE_OF_CONTACTS = "account"
LONGEST_ACCOUNT = 160  # characters of its name; a person's may have more


def account_called_like(lead: Lead) -> Account | None:
    """The one account that bears the name of the lead's company; None when there is none, or more than one."""
    named = account_queries.same_name(lead.company, limit=2) if lead.company else []
    return named[0] if len(named) == 1 else None


def account_name_of(lead: Lead) -> str:
    """What an account that is made for the lead is called."""
    return (lead.company or lead.name)[:LONGEST_ACCOUNT]


def give_account(lead: Lead, owner_id: str | None) -> Account:
    """The lead's account: theirs, else the one called like their company, else a new one that `owner_id` looks after.

    They are a contact there from now on; their status stays. Raises DomainError naming the field.
    """
    lead = lock(lead)
    if lead.account_id is not None:
        return get_or_404(Account, lead.account_id)
    account = account_called_like(lead)
    if account is None:
        named = AccountData(name=account_name_of(lead), owner_id=owner_id or "")
        account = accounts.create_account(named, lead_id=lead.id)
    seat_of(lead, account)
    lead.account_id = account.id
    record(LeadLinked(lead_id=lead.id, account_id=account.id))
    return account


@dataclass(frozen=True)
class Seat:
    """Whoever the lead is at an account: somebody new, or somebody there was, who may not have been known as it yet."""

    contact: Contact
    is_new: bool = False
    is_link_new: bool = False


def seat_of(lead: Lead, account: Account) -> Seat:
    """The lead's place at the account. Known by their address, they stay one person; who had left is there again."""
    email, phone = lead.address("email"), lead.address("phone")
    there = select(Contact).where(Contact.account_id == account.id)
    known = db.session.scalar(there.where(Contact.lead_id == lead.id))
    if known is not None:
        accounts.note_return(known)
        return Seat(known)
    namesakes = there.where(Contact.email == email, Contact.lead_id.is_(None), Contact.left_at.is_(None))
    namesake = db.session.scalar(namesakes.order_by(Contact.id).limit(1)) if email else None
    if namesake is not None:
        return Seat(accounts.know_as_lead(namesake, lead.id), is_link_new=True)
    is_named = lead.first_name or lead.last_name or email or phone
    said = ContactData(
        first_name=lead.first_name if is_named else lead.name[:120], last_name=lead.last_name, email=email, phone=phone
    )
    return Seat(accounts.add_contact(account, said, lead_id=lead.id), is_new=True, is_link_new=True)


def lead_of_contact(contact: Contact) -> Lead | None:
    """The lead behind a contact: known as such, else found by their addresses, else made; None without any address.

    A lead that is made here is no news: nobody greets a customer whom we have just decided to write to.
    """
    if contact.lead_id is not None:
        return get_or_404(Lead, contact.lead_id)
    said = contact_points.given(email=contact.email, phone=contact.phone)
    if not said:
        return None
    held = contact_points.holders(said)
    lead_id = next((held[address] for address in said if address in held), None) or _made(contact, said)
    lead = lock(get_or_404(Lead, lead_id))  # the lead first, as whoever converts one does
    if not _is_taken(contact.account_id, lead_id):
        accounts.know_as_lead(contact, lead_id)
    if lead.account_id is None:
        lead.account_id = contact.account_id
        record(LeadLinked(lead_id=lead.id, account_id=contact.account_id))
    return lead


def lead_of_account(account_id: str) -> Lead | None:
    """Whom a rule about the account acts for: its main contact's lead, else its lead with the latest news."""
    primary = db.session.scalar(select(Contact).where(Contact.account_id == account_id, Contact.is_primary))
    lead = lead_of_contact(primary) if primary is not None else None
    if lead is not None:
        return lead
    theirs = select(Lead).where(Lead.account_id == account_id, Lead.archived_at.is_(None))
    return db.session.scalar(theirs.order_by(Lead.last_activity_at.desc(), Lead.id.desc()).limit(1))


def _is_taken(account_id: str, lead_id: str) -> bool:
    """Whether somebody else at the account is known as this lead: two people may share an address."""
    known = select(Contact.id).where(Contact.account_id == account_id, Contact.lead_id == lead_id)
    return db.session.scalar(known) is not None


def _made(contact: Contact, said: list[tuple[str, str]]) -> str:
    account = get_or_404(Account, contact.account_id)
    data = LeadData(
        first_name=contact.first_name,
        last_name=contact.last_name,
        company=account.name,
        source=SOURCE_OF_CONTACTS,
        account_id=account.id,
    )
    with unheard():
        return make_lead(
            data, said, held={}, zone=chosen_zone(None, "", contact.phone, data.place), owner_id=account.owner_id
        )
