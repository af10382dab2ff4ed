"""Accounts, contacts and opportunities as screens and the API read them; only of accounts the person may see."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from flask import current_app
from sqlalchemy import ColumnElement, Select, func, select, union
from sqlalchemy.orm import contains_eager, joinedload

from leadcrm.accounts.data import AccountFilters, ContactFilters
from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.accounts.naming import folded
from leadcrm.accounts.pipeline import OPEN, weighted
from leadcrm.core.db import asked_id, db
from leadcrm.core.errors import NotFound
from leadcrm.core.hints import sharper, unindexed
from leadcrm.core.models import EventRow
from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.core.values import fold
from leadcrm.identity.models import User
from leadcrm.identity.permissions import visible_leads_filter

ACCOUNT_ORDERS = {
    "name": Order("name", (Account.folded_name, Account.id), descending=False),
    "newest": Order("newest", (Account.created_at, Account.id)),
    "health": Order("health", (Account.health, Account.id), descending=False),  # those in danger first
}
_newest_contact = Order("newest", (Contact.created_at, Contact.id))
_newest_deal = Order("newest", (Opportunity.created_at, Opportunity.id))
MOST_OF_ACCOUNT = 200
MOST_FACTS = 50


@dataclass(frozen=True)
class Standing:
    """What an account is worth today: deals not closed yet, their sum and what it weighs, and what was won."""

    open_deals: int = 0
    open_amount: Decimal = Decimal()
    weighted_amount: Decimal = Decimal()
    won_amount: Decimal = Decimal()


def visible_account(user: User, account_id: str) -> Account:
    """An account the person may see, with its owner. Raises NotFound for any other."""
    found = select(Account).where(Account.id == asked_id(account_id), _seen_by(user))
    account = db.session.scalar(found.options(joinedload(Account.owner)))
    if account is None:
        raise NotFound("We could not find that account.")
    return account


def visible_contact(user: User, contact_id: str) -> Contact:
    """A person at an account the user may see. Raises NotFound for any other."""
    contact = db.session.scalar(_contacts_seen_by(user).where(Contact.id == asked_id(contact_id)))
    if contact is None:
        raise NotFound("We could not find that contact.")
    return contact


def visible_opportunity(user: User, opportunity_id: str) -> Opportunity:
    """A deal with an account the user may see. Raises NotFound for any other."""
    deal = db.session.scalar(_deals_seen_by(user).where(Opportunity.id == asked_id(opportunity_id)))
    if deal is None:
        raise NotFound("We could not find that opportunity.")
    return deal


def account_page(
    user: User, filters: AccountFilters, sort: str = "name", cursor: str | None = None, limit: int = 50
) -> Page[Account]:
    """Accounts with their owners, in one of ACCOUNT_ORDERS. Raises BadCursor.

    A search reads names in the list's order until the page is full: customers are counted in thousands.
    """
    archived = Account.archived_at.is_not(None) if filters.archived else Account.archived_at.is_(None)
    statement = select(Account).where(_seen_by(user), archived).options(joinedload(Account.owner))
    if term := fold(filters.q.strip()):
        statement = statement.where(Account.folded_name.contains(term, autoescape=True))
    if filters.owner is not None:
        statement = statement.where(Account.owner_id == (None if filters.owner == "none" else filters.owner))
    if filters.health_below is not None:
        statement = statement.where(Account.health < filters.health_below)
    return keyset_page(statement, ACCOUNT_ORDERS[sort], cursor, limit)


def same_name(name: str, *, but: str = "", limit: int = 5) -> Sequence[Account]:
    """Accounts outside the archive of that name, however it is written, for a warning; also those of colleagues."""
    known_as = folded(" ".join(name.split()))
    if not known_as:
        return []
    named = select(Account).where(Account.folded_name == known_as, Account.archived_at.is_(None), Account.id != but)
    return db.session.scalars(named.options(joinedload(Account.owner)).order_by(Account.id).limit(limit)).all()


def contact_page(
    user: User, account_id: str | None = None, cursor: str | None = None, limit: int = 50
) -> Page[Contact]:
    """Contacts, also those who left, newest first. Raises BadCursor."""
    statement = _contacts_seen_by(user)
    if account_id is not None:
        statement = statement.where(sharper(Contact.account_id == account_id))
    return keyset_page(statement, _newest_contact, cursor, limit)


def segment(filters: ContactFilters, cursor: str | None = None, limit: int = 50) -> Page[Contact]:
    """Everyone who is meant, whoever asks, newest first. Raises BadCursor."""
    return keyset_page(_chosen(select(Contact), filters), _newest_contact, cursor, limit)


def newest_of_segment(user: User, filters: ContactFilters, limit: int) -> Sequence[Contact]:
    """The newest of those who are meant at accounts the person may see."""
    seen = _chosen(select(Contact), filters).where(_seen_by(user))
    return keyset_page(seen, _newest_contact, None, limit).items


def segment_ids(filters: ContactFilters) -> Select:
    """The ids of everyone who is meant, whoever asks, for another statement to look in."""
    return _chosen(select(Contact.id), filters)


def segment_size(filters: ContactFilters) -> int:
    """How many people are meant."""
    return db.session.scalar(_chosen(select(func.count(Contact.id)), filters)) or 0


def _chosen(statement: Select, filters: ContactFilters) -> Select:
    statement = statement.join(Contact.account).where(Contact.left_at.is_(None), Account.archived_at.is_(None))
    if term := fold(filters.account.strip()):
        statement = statement.where(Account.folded_name.contains(term, autoescape=True))
    if filters.industry.strip():
        statement = statement.where(Account.industry.icontains(filters.industry.strip(), autoescape=True))
    if filters.account_owner is not None:
        owner_id = None if filters.account_owner == "none" else filters.account_owner
        statement = statement.where(Account.owner_id == owner_id)
    if filters.health_at_least is not None:
        statement = statement.where(Account.health >= filters.health_at_least)
    if filters.health_below is not None:
        statement = statement.where(Account.health < filters.health_below)
    if filters.only_primary:
        statement = statement.where(Contact.is_primary)
    if filters.created_before is not None:
        statement = statement.where(Contact.created_at < filters.created_before)
    return statement


def contacts_of(account_id: str) -> Sequence[Contact]:
    """An account's people: the main one, the others by name, then those who left."""
    there = select(Contact).where(Contact.account_id == account_id)
    order = (Contact.left_at.is_not(None), Contact.is_primary.desc(), Contact.name, Contact.id)
    return db.session.scalars(there.order_by(*order).limit(MOST_OF_ACCOUNT)).all()


def open_leads(user: User, contacts: Sequence[Contact]) -> frozenset[str]:
    """Ids of the leads that these contacts are or were, as far as the person may open them."""
    lead_ids = [contact.lead_id for contact in contacts if contact.lead_id]
    visible = current_app.extensions["visible_leads"](user, lead_ids) if lead_ids else ()  # of a higher floor
    return frozenset(lead.id for lead in visible)


def opportunity_page(
    user: User, filters: Mapping[str, str | None], cursor: str | None = None, limit: int = 50
) -> Page[Opportunity]:
    """Deals with account and owner, newest first; `filters` may name `account_id`, `stage`, `owner_id` (None: nobody).

    Raises BadCursor.
    """
    return keyset_page(_deals_seen_by(user).where(*_meant(filters)), _newest_deal, cursor, limit)


def opportunities_of(account_id: str) -> Sequence[Opportunity]:
    """An account's deals, newest first."""
    deals = select(Opportunity).where(Opportunity.account_id == account_id).options(joinedload(Opportunity.owner))
    order = (Opportunity.created_at.desc(), Opportunity.id.desc())
    return db.session.scalars(deals.order_by(*order).limit(MOST_OF_ACCOUNT)).all()


def standings(account_ids: Collection[str]) -> dict[str, Standing]:
    """What each of these accounts is worth today."""
    statement = (
        select(Opportunity.account_id, Opportunity.stage, func.count(Opportunity.id), func.sum(Opportunity.amount))
        .where(Opportunity.account_id.in_(account_ids))
        .group_by(Opportunity.account_id, Opportunity.stage)
    )
    found: dict[str, list[tuple[str, int, Decimal]]] = {account_id: [] for account_id in account_ids}
    for account_id, stage, count, amount in db.session.execute(statement):
        found[account_id].append((stage, count, amount or Decimal()))
    return {account_id: _standing(stages) for account_id, stages in found.items()}


def facts_of(account_id: str, before: int | None = None) -> Sequence[EventRow]:
    """What happened to the account, its people and its deals, newest first."""
    told = select(EventRow).where(EventRow.account_id == account_id)
    if before is not None:
        told = told.where(EventRow.id < before)
    return db.session.scalars(told.order_by(EventRow.id.desc()).limit(MOST_FACTS)).all()


def same_person(lead_id: str | None, addresses: Collection[str]) -> Sequence[Contact]:
    """Contacts known as this lead, and those known as none who have one of these addresses; with their accounts."""
    looks = [
        select(Contact.id).where(column != "", column.in_(addresses), Contact.lead_id.is_(None))
        for column in (Contact.email, Contact.phone)
    ]
    if lead_id is not None:
        looks.append(select(Contact.id).where(Contact.lead_id == lead_id))
    ids = db.session.scalars(union(*looks)).all()  # asked for by themselves: in one question SQLite reads every contact
    found = select(Contact).where(Contact.id.in_(ids)).options(joinedload(Contact.account))
    return sorted(db.session.scalars(found), key=attrgetter("created_at", "id"))


def lead_behind(account_id: str, contact_id: str | None = None) -> str | None:
    """Id of the lead whom a fact about the account concerns: the contact's, else the main contact's; None without."""
    wanted: ColumnElement[bool] = Contact.is_primary
    if contact_id is not None:
        wanted = wanted | (Contact.id == contact_id)
    leads = select(Contact.lead_id).where(Contact.account_id == account_id, Contact.lead_id.is_not(None), wanted)
    return db.session.scalar(leads.order_by((Contact.id == contact_id).desc()).limit(1))


def is_account_form_sent(form_key: str | None) -> bool:
    """Whether this rendering of a form has made its account already."""
    return bool(form_key) and db.session.scalar(select(Account.id).where(Account.form_key == form_key)) is not None


def _standing(stages: Sequence[tuple[str, int, Decimal]]) -> Standing:
    still_open = [(stage, count, amount) for stage, count, amount in stages if stage in OPEN]
    return Standing(
        open_deals=sum(count for _, count, _ in still_open),
        open_amount=sum((amount for _, _, amount in still_open), Decimal()),
        weighted_amount=sum((weighted(amount, stage) for stage, _, amount in still_open), Decimal()),
        won_amount=sum((amount for stage, _, amount in stages if stage == "closed_won"), Decimal()),
    )


def _meant(filters: Mapping[str, str | None]) -> list[ColumnElement[bool]]:
    return [getattr(Opportunity, name) == value for name, value in filters.items()]


def _seen_by(user: User) -> ColumnElement[bool]:
    """Reps see their own accounts and those nobody owns, as with leads."""
    return visible_leads_filter(user, unindexed(Account.owner_id))  # else all that a rep sees is sorted for one page


def _contacts_seen_by(user: User) -> Select:
    return select(Contact).join(Contact.account).where(_seen_by(user)).options(contains_eager(Contact.account))


def _deals_seen_by(user: User) -> Select:
    """With account, contact and owner, which every line shows."""
    return (
        select(Opportunity)
        .join(Opportunity.account)
        .where(_seen_by(user))
        .options(contains_eager(Opportunity.account), joinedload(Opportunity.contact), joinedload(Opportunity.owner))
    )
