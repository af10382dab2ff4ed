"""A lead becomes a customer: an account's contact, maybe with a deal. Once, in one transaction, and back."""

from dataclasses import replace

from sqlalchemy import select

from leadcrm.accounts import operations as accounts
from leadcrm.accounts import queries as account_queries
from leadcrm.accounts.data import OpportunityData
from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record
from leadcrm.identity.models import User
from leadcrm.leads.data import ConversionData
from leadcrm.leads.events import LeadConversionUndone, LeadConverted, LeadLinked, LeadStatusChanged
from leadcrm.leads.models import Conversion, Lead
from leadcrm.leads.operations.customers import account_name_of, seat_of


class AlreadyConverted(Conflict):
    """The lead was converted before, into what `conversion` says; `ids` outlive its transaction."""

    code = "already_converted"

    def __init__(self, conversion: Conversion):
        super().__init__("This lead has been converted already.")
        self.conversion = conversion
        self.ids = conversion.ids


def convert_lead(lead: Lead, data: ConversionData, *, by: User | None) -> Conversion:
    """Make the lead a contact of an account, and begin a deal when `data` says so.

    `by` is the person who asks: only accounts they see can be chosen; None for a machine. Raises AlreadyConverted, and
    DomainError for a lead that is not qualified and for bad values.
    """
    lead = lock(lead)
    before = db.session.scalar(select(Conversion).where(Conversion.lead_id == lead.id))
    if before is not None:
        raise AlreadyConverted(before)
    if lead.status != "qualified":
        raise DomainError("Only a qualified lead can be converted. Qualify it first.", "status")
    known = _known_account(lead, data, by)
    account = known or _new_account(lead, data)
    seat = seat_of(lead, account)
    contact = seat.contact
    deal = _deal(lead, account, contact, data.opportunity, is_customer=known is not None)
    conversion = Conversion(
        lead_id=lead.id,
        account_id=account.id,
        contact_id=contact.id,
        opportunity_id=deal.id if deal else None,
        made_account=known is None,
        made_contact=seat.is_new,
        linked_contact=seat.is_link_new,
        old_account_id=lead.account_id,
        converted_at=clock.now(),
    )
    db.session.add(conversion)
    lead.account_id, lead.status, lead.status_reason, lead.status_by_hand = account.id, "converted", "", True
    db.session.flush()
    record(LeadStatusChanged(lead_id=lead.id, old="qualified", new="converted"))
    record(LeadConverted(lead_id=lead.id, made_account=known is None, **conversion.ids))
    return conversion


def undo_conversion(lead: Lead) -> None:
    """Make the lead a qualified one again and take away what the conversion made.

    Raises Conflict while something depends on that, and DomainError for a lead that was never converted.
    """
    lead = lock(lead)
    conversion = db.session.scalar(select(Conversion).where(Conversion.lead_id == lead.id))
    if conversion is None:
        raise DomainError("This lead was not converted.")
    account = lock(get_or_404(Account, conversion.account_id))  # before its people, and so that nobody comes to it
    before = _row(Account, conversion.old_account_id)  # it may have gone with another conversion
    lead.account_id, lead.status = before.id if before else None, "qualified"
    db.session.delete(conversion)
    db.session.flush()
    _take_away(conversion, account)
    record(LeadStatusChanged(lead_id=lead.id, old="converted", new="qualified"))
    record(LeadConversionUndone(lead_id=lead.id, account_id=conversion.account_id))


def link_account(lead: Lead, account_id: str | None, *, by: User | None) -> int | None:
    """Say whose customer the lead is; None: nobody's. Returns the fact's id, None when it is known.

    Raises DomainError for a converted lead, NotFound for an account that `by` does not see.
    """
    lead = lock(lead)
    if (account_id or None) == lead.account_id:
        return None
    if lead.status == "converted":
        raise DomainError("A converted lead stays with the account it became.", "account_id")
    old, lead.account_id = lead.account_id, _chosen(account_id, by).id if account_id else None
    return record(LeadLinked(lead_id=lead.id, account_id=lead.account_id, old_account_id=old))


def _chosen(account_id: str, by: User | None) -> Account:
    return account_queries.visible_account(by, account_id) if by else get_or_404(Account, account_id)


def _known_account(lead: Lead, data: ConversionData, by: User | None) -> Account | None:
    """The account there is, locked before its people; None when a new one is to be made."""
    if data.account_id:
        return lock(_chosen(data.account_id, by))
    if lead.account_id and not data.account_name:
        return lock(get_or_404(Account, lead.account_id))
    return None


def _new_account(lead: Lead, data: ConversionData) -> Account:
    name = data.account_name or account_name_of(lead)
    named = replace(data.about_account, name=name, owner_id=lead.owner_id or "")
    return accounts.create_account(named, lead_id=lead.id)


def _deal(
    lead: Lead, account: Account, contact: Contact, data: OpportunityData | None, *, is_customer: bool
) -> Opportunity | None:
    if data is None:
        return None
    usual_kind = "upsell" if is_customer else "new_business"
    said = replace(
        data,
        kind=data.kind or usual_kind,
        contact_id=contact.id,
        owner_id=lead.owner_id if data.owner_id is None else data.owner_id,
    )
    return accounts.create_opportunity(account, said, source=lead.source, lead_id=lead.id)


def _take_away(conversion: Conversion, account: Account) -> None:
    """In this order: a contact stays as long as a deal names them, an account as long as somebody is there."""
    deal = _row(Opportunity, conversion.opportunity_id)
    if deal is not None:
        accounts.remove_opportunity(deal)
    contact = _row(Contact, conversion.contact_id)
    if contact is not None and conversion.made_contact:
        accounts.remove_contact(contact)
    elif contact is not None and conversion.linked_contact:
        accounts.know_as_lead(contact, None)
    if conversion.made_account:
        others = select(Lead.id).where(Lead.account_id == account.id).limit(1)
        if db.session.scalar(others) is not None:
            raise Conflict("Other leads belong to the account by now.")
        accounts.remove_account(account)


def _row(model: type, row_id: str | None):
    return db.session.scalar(select(model).where(model.id == row_id)) if row_id else None
