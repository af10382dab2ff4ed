"""Taking back what was just done to an account, while it is still the last word."""

from collections.abc import Sequence

from sqlalchemy import select

from leadcrm.accounts.data import AccountData, OpportunityData
from leadcrm.accounts.events import (
    AccountArchived,
    AccountAssigned,
    AccountHealthChanged,
    ContactLeft,
    ContactMadePrimary,
    OpportunityAssigned,
    OpportunityStageChanged,
)
from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.accounts.operations.deals import edit_opportunity, move_to_stage
from leadcrm.accounts.operations.keeping import edit_account, restore_account, set_health
from leadcrm.accounts.operations.people import make_primary, note_return
from leadcrm.core.db import db
from leadcrm.core.events import Event
from leadcrm.core.models import EventRow
from leadcrm.core.recent import recent_facts
from leadcrm.identity.models import User
from leadcrm.identity.permissions import visible_leads_filter


def undo(fact_ids: Sequence[int], by: User, lost_reason: str = "") -> int:
    """Take back these facts, of this person, of the last ten minutes. Returns how many were.

    What was changed again since stays as it is, and so does what the person may no longer see. A deal that was lost is
    lost again for the `lost_reason`, which is its row's and no fact's; not without one. Raises DomainError.
    """
    seen = select(Account.id).where(visible_leads_filter(by, Account.owner_id))
    facts = recent_facts(fact_ids, by.id, EventRow.account_id.in_(seen))
    return sum(_take_back(fact, lost_reason) for fact in facts)


def _take_back(fact: Event, lost_reason: str) -> bool:
    row = _subject(fact)
    if row is None:
        return False
    match fact:
        case AccountArchived():
            return restore_account(row) is not None
        case AccountAssigned() if row.owner_id == fact.owner_id:
            return bool(edit_account(row, AccountData(owner_id=fact.old_owner_id or "")))
        case AccountHealthChanged() if row.health == fact.new:
            return set_health(row, fact.old) is not None
        case ContactLeft():
            return _bring_back(row, fact.was_primary)
        case ContactMadePrimary() if row.is_primary:
            return _put_back(fact.old_contact_id)
        case OpportunityStageChanged() if row.stage == fact.new:
            return _move_back(row, fact.old, lost_reason)
        case OpportunityAssigned() if row.owner_id == fact.owner_id:
            return bool(edit_opportunity(row, OpportunityData(owner_id=fact.old_owner_id or "")))
    return False


def _subject(fact: Event) -> Account | Contact | Opportunity | None:
    """The row the fact is about."""
    for name, model in (("opportunity_id", Opportunity), ("contact_id", Contact), ("account_id", Account)):
        if hasattr(fact, name):
            return _row(model, getattr(fact, name))
    return None


def _move_back(deal: Opportunity, stage: str, lost_reason: str) -> bool:
    if stage == "closed_lost" and not lost_reason:
        return False
    return move_to_stage(deal, stage, lost_reason) is not None


def _bring_back(contact: Contact, was_primary: bool) -> bool:
    """The main contact is it again, unless somebody else has become it."""
    came_back = note_return(contact) is not None
    taken = select(Contact.id).where(Contact.account_id == contact.account_id, Contact.is_primary)
    if came_back and was_primary and db.session.scalar(taken) is None:
        make_primary(contact)
    return came_back


def _put_back(contact_id: str | None) -> bool:
    """Whoever was the main contact before is it again, when they are still there."""
    before = _row(Contact, contact_id) if contact_id else None
    return before is not None and before.left_at is None and make_primary(before) is not None


def _row(model: type, row_id: str):
    return db.session.scalar(select(model).where(model.id == row_id))
