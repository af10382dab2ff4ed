"""Whom a fact, and the run it begins, is about: a lead or, where nobody at an account can be reached, the account."""

from typing import Any

from sqlalchemy import select

from leadcrm.accounts.models import Account
from leadcrm.automations.models import AutomationRun
from leadcrm.core import events
from leadcrm.core.db import db, lock
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead

Subject = Lead | Account


def concerned(event: events.Event) -> Subject | None:
    """Whom the fact is about; of an account whose people were never leads, its main contact becomes known as one.

    None when they are gone.
    """
    if event.lead_id is not None:
        return db.session.scalar(select(Lead).where(Lead.id == event.lead_id))
    return leads.lead_of_account(event.account_id) or account_of(event.account_id)


def account_of(account_id: str | None) -> Account | None:
    """The account of that id."""
    return db.session.scalar(select(Account).where(Account.id == account_id)) if account_id else None


def hold(subject: Subject, account_id: str) -> None:
    """Lock them and the account: the lead first, as whoever converts one does."""
    lock(subject)
    if isinstance(subject, Lead) and (account := account_of(account_id)) is not None:
        lock(account)


def held_for(run: AutomationRun, *, looks_again: bool) -> Subject:
    """Whom the run is about, locked. Looking again, it goes on for somebody who can be reached by now."""
    if run.lead_id is None and looks_again:
        name(run, leads.lead_of_account(run.account_id) or run.account)
    return lock(run.subject)


def name(run: AutomationRun, subject: Subject) -> None:
    """The run is about them from now on."""
    is_lead = isinstance(subject, Lead)
    run.lead, run.account = (subject, None) if is_lead else (None, subject)


def ids_of(subject: Subject) -> dict[str, Any]:
    """What names them, as runs and facts do."""
    return {"lead_id": subject.id} if isinstance(subject, Lead) else {"account_id": subject.id}
