"""Possible deals with an account: begun, changed, moved from stage to stage."""

from typing import Any

from sqlalchemy import select

from leadcrm.accounts import queries
from leadcrm.accounts.data import OpportunityData
from leadcrm.accounts.events import (
    OpportunityAssigned,
    OpportunityCreated,
    OpportunityEdited,
    OpportunityStageChanged,
)
from leadcrm.accounts.models import OPPORTUNITY_KINDS, Account, Contact, Opportunity
from leadcrm.accounts.operations.values import amount, changes, line, paragraphs
from leadcrm.accounts.pipeline import CLOSED, STAGES
from leadcrm.core import clock
from leadcrm.core.db import db, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record
from leadcrm.core.values import new_id
from leadcrm.identity import queries as identity


def create_opportunity(
    account: Account,
    data: OpportunityData,
    *,
    source: str = "",
    lead_id: str | None = None,
    intent_key: str | None = None,
) -> Opportunity:
    """A possible deal, at the first stage; the same `intent_key` never makes a second one.

    `lead_id` is of the lead it comes from, else whoever stands behind the contact. Raises DomainError naming the field.
    """
    twin = db.session.scalar(select(Opportunity).where(Opportunity.intent_key == intent_key)) if intent_key else None
    if twin is not None:
        return twin
    account = lock(account)
    if account.archived_at is not None:
        raise DomainError("This account is in the archive: bring it back first.")
    said = _checked(account.id, data)
    if "name" not in said:
        raise DomainError("Say what the deal is about.", "name")
    owner_id = identity.checked_owner(data.owner_id)
    deal = Opportunity(id=new_id(), account=account, owner_id=owner_id, source=source, intent_key=intent_key, **said)
    db.session.add(deal)
    db.session.flush()
    worth = str(deal.amount) if deal.amount is not None else None
    about = _about(deal) | ({"lead_id": lead_id} if lead_id else {})
    record(OpportunityCreated(**about, stage=deal.stage, kind=deal.kind, amount=worth))
    return deal


def edit_opportunity(deal: Opportunity, data: OpportunityData, revision: int | None = None) -> list[int]:
    """Change what is said of a deal. Returns the facts' ids, none when nothing changed.

    Raises Conflict when it was changed since `revision` and something would be overwritten, DomainError for bad values.
    """
    deal = lock(deal)
    changed = changes(deal, _checked(deal.account_id, data))
    is_given = data.owner_id is not None and (data.owner_id or None) != deal.owner_id
    if not changed and not is_given:
        return []
    if revision is not None and revision != deal.revision:
        raise Conflict("A colleague changed this opportunity meanwhile.")
    old_owner_id = deal.owner_id
    for name, value in changed.items():
        setattr(deal, name, value)
    if is_given:
        deal.owner_id = identity.checked_owner(data.owner_id)
    db.session.flush()
    facts = [record(OpportunityEdited(**_about(deal), fields=tuple(changed)))] if changed else []
    if is_given:
        given = {"old_owner_id": old_owner_id, "owner_id": deal.owner_id}
        facts.append(record(OpportunityAssigned(**_about(deal), **given)))
    return facts


def move_to_stage(deal: Opportunity, stage: str, reason: str = "") -> int | None:
    """Move the deal to another stage. Returns the fact's id, None when it is there.

    Raises DomainError: a lost one needs a reason.
    """
    deal = lock(deal)
    if stage not in STAGES:
        raise DomainError("There is no such stage.", "stage")
    if stage == deal.stage:
        return None
    is_lost = stage == "closed_lost"
    reason = line(reason, "reason", limit="lost_reason")
    if is_lost and not reason:
        raise DomainError("Say why it was lost.", "reason")
    old, now = deal.stage, clock.now()
    deal.stage, deal.stage_since, deal.lost_reason = stage, now, reason if is_lost else ""
    deal.closed_at = now if stage in CLOSED else None
    db.session.flush()
    return record(OpportunityStageChanged(**_about(deal), old=old, new=stage))


def _about(deal: Opportunity) -> dict[str, Any]:
    return {
        "account_id": deal.account_id,
        "opportunity_id": deal.id,
        "revision": deal.revision,
        "lead_id": queries.lead_behind(deal.account_id, deal.contact_id),
    }


def _checked(account_id: str, data: OpportunityData) -> dict[str, Any]:
    """What is said, by its column. Raises DomainError."""
    said: dict[str, Any] = {}
    if data.name is not None:
        said["name"] = line(data.name, "name", limit="opportunity_name")
        if not said["name"]:
            raise DomainError("Say what the deal is about.", "name")
    if data.kind is not None:
        if data.kind not in OPPORTUNITY_KINDS:
            raise DomainError("There is no such kind.", "kind")
        said["kind"] = data.kind
    if data.notes is not None:
        said["notes"] = paragraphs(data.notes, "notes")
    if data.contact_id is not None:
        said["contact_id"] = _checked_contact(account_id, data.contact_id)
    if data.no_amount or data.amount is not None:
        said["amount"] = None if data.no_amount else amount(data.amount)
    if data.no_date or data.close_date is not None:
        said["close_date"] = None if data.no_date else data.close_date
    return said


def _checked_contact(account_id: str, contact_id: str) -> str | None:
    if not contact_id:
        return None
    there = select(Contact.id).where(Contact.id == contact_id, Contact.account_id == account_id)
    found = db.session.scalar(there)
    if found is None:
        raise DomainError("Choose somebody of this account.", "contact_id")
    return found
