"""What is taken away for good: what a conversion made, when it is taken back; a person's name, when they are erased."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, delete, or_, select, update

from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.accounts.naming import folded
from leadcrm.core.db import db, lock
from leadcrm.core.errors import Conflict
from leadcrm.core.models import EventRow

Row = TypeVar("Row", Account, Contact, Opportunity)
ERASED = "Erased on request"
LONGEST_NAME = 160  # of an account's; a person's may be longer


@dataclass(frozen=True)
class Forgotten:
    """At which accounts somebody was forgotten, and what turns words that stay into words without them.

    `accounts_of_facts`: those of them whose facts lost their words.
    """

    account_ids: Collection[str]
    without: Callable[[str], str]
    accounts_of_facts: Sequence[str]


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


def forget_person(
    contact_ids: Collection[str], account_id: str | None, name: str, addresses: Collection[str]
) -> Forgotten:
    """Remove somebody from wherever they are a contact; where their deals came from goes.

    `account_id`, the accounts they are contacts of and the deals there are called otherwise where they bear their name,
    and notes do not spell it or an address any more. Without a `name` a lead bore that of a company, and so may its
    contacts. Facts about these accounts lose their words where they spell it.
    """
    theirs = select(Contact.account_id).where(Contact.id.in_(contact_ids))
    accounts = _held(Account, or_(Account.id == account_id, Account.id.in_(theirs)))  # before their people, as always
    contacts, account_ids = _held(Contact, Contact.id.in_(contact_ids)), {account.id for account in accounts}
    names = {name, *(contact.name for contact in contacts if name or contact.lead_id is None)} - {""}
    called, spelled = _words(names), _words({*addresses, *(name for name in names if " " in name)})
    for account in accounts:
        if account.name in {name[:LONGEST_NAME] for name in names}:
            account.name, account.folded_name = ERASED, folded(ERASED)
        account.notes = spelled.sub(ERASED, account.notes)
    for deal in _held(Opportunity, Opportunity.account_id.in_(account_ids)):
        deal.name, deal.notes = called.sub(ERASED, deal.name)[:200], spelled.sub(ERASED, deal.notes)
        deal.lost_reason = spelled.sub(ERASED, deal.lost_reason)[:200]
        if deal.contact_id in contact_ids:
            deal.source = ""
    db.session.flush()
    gone = delete(Contact).where(Contact.id.in_(contact_ids))
    db.session.execute(gone.execution_options(synchronize_session=False))
    return Forgotten(
        account_ids,
        without=lambda words: called.sub(ERASED, spelled.sub(ERASED, words)),
        accounts_of_facts=_forget_in_facts(account_ids, spelled),
    )


def _held(model: type[Row], which: ColumnElement[bool]) -> Sequence[Row]:
    """Rows as they are by now; nobody else writes them until the transaction's end."""
    rows = select(model).where(which).order_by(model.id).with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(rows).all()


def _forget_in_facts(account_ids: Collection[str], spelled: re.Pattern[str]) -> Sequence[str]:
    """Until November 2026 the fact of a deal that is open again kept why it had been lost."""
    with_words = select(EventRow.id, EventRow.account_id, EventRow.words).where(
        EventRow.account_id.in_(account_ids), EventRow.words.is_not(None)
    )
    found = [row for row in db.session.execute(with_words) if any(map(spelled.search, map(str, row.words.values())))]
    facts = update(EventRow).where(EventRow.id.in_([row.id for row in found]))
    db.session.execute(facts.values(words=None).execution_options(synchronize_session=False))
    return sorted({row.account_id for row in found})


def _words(words: Collection[str]) -> re.Pattern[str]:
    """Any of these as words of their own, longer ones first; of none of them it finds nothing."""
    either = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)" if words else r"(?!)")
