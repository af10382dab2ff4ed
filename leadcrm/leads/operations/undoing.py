"""Taking back what was just done: the inverse of a fact, while it is still the last word."""

from collections.abc import Sequence

from sqlalchemy import select

from leadcrm.accounts.models import Account
from leadcrm.core.db import db
from leadcrm.core.events import Event
from leadcrm.core.recent import recent_facts
from leadcrm.identity.models import User
from leadcrm.identity.permissions import visible_leads_filter
from leadcrm.leads.events import LeadArchived, LeadAssigned, LeadLinked, LeadStatusChanged, LeadTagged
from leadcrm.leads.models import Lead
from leadcrm.leads.operations.changing import assign_lead, change_status, restore_lead, set_tags
from leadcrm.leads.operations.converting import link_account


def undo(fact_ids: Sequence[int], by: User) -> list[Lead]:
    """Take back these facts, of this person, of the last ten minutes; returns the leads that changed.

    What someone has changed again since stays as it is, and so do leads the person may no longer see.
    """
    facts = recent_facts(fact_ids, by.id)
    visible = select(Lead).where(Lead.id.in_([fact.lead_id for fact in facts]), visible_leads_filter(by, Lead.owner_id))
    leads = {lead.id: lead for lead in db.session.scalars(visible)}
    return [leads[fact.lead_id] for fact in facts if fact.lead_id in leads and _take_back(fact, leads[fact.lead_id])]


def _take_back(fact: Event, lead: Lead) -> bool:
    match fact:
        case LeadArchived():
            return restore_lead(lead) is not None
        case LeadAssigned() if lead.owner_id == fact.owner_id:
            return assign_lead(lead, fact.old_owner_id) is not None
        case LeadStatusChanged() if lead.status == fact.new:
            return change_status(lead, fact.old, reason="Undone" if fact.old == "unqualified" else "") is not None
        case LeadTagged():
            names = [tag.name for tag in lead.tags if tag.name not in fact.added]
            return set_tags(lead, [*names, *fact.removed]) is not None
        case LeadLinked() if lead.account_id == fact.account_id and lead.status != "converted":
            return _link_again(lead, fact.old_account_id)
    return False


def _link_again(lead: Lead, account_id: str | None) -> bool:
    """The account of before may be gone."""
    is_there = account_id is None or db.session.scalar(select(Account.id).where(Account.id == account_id)) is not None
    return is_there and link_account(lead, account_id, by=None) is not None
