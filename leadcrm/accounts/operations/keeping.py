"""An account: made, changed, given to somebody, put away; and how well it does."""

from typing import Any

from sqlalchemy import select

from leadcrm.accounts import queries
from leadcrm.accounts.data import AccountData
from leadcrm.accounts.events import (
    AccountArchived,
    AccountAssigned,
    AccountCreated,
    AccountEdited,
    AccountHealthChanged,
    AccountRestored,
)
from leadcrm.accounts.models import HIGHEST_HEALTH, Account
from leadcrm.accounts.naming import folded
from leadcrm.accounts.operations.values import changes, line, paragraphs, website
from leadcrm.core import clock
from leadcrm.core.db import db, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record
from leadcrm.core.values import new_id
from leadcrm.identity import queries as identity


def create_account(data: AccountData, *, lead_id: str | None = None, form_key: str | None = None) -> Account:
    """A new account, also when one has the same name: whoever typed it was warned.

    `form_key` names one rendering of a form; the second submission of it returns the account the first one made.
    `lead_id` is of the lead it is made from. Raises DomainError naming the field.
    """
    twin = db.session.scalar(select(Account).where(Account.form_key == form_key)) if form_key else None
    if twin is not None:
        return twin
    said = _checked(data)
    if "name" not in said:
        raise DomainError("Give the account a name.", "name")
    owner_id = identity.checked_owner(data.owner_id)
    account = Account(id=new_id(), owner_id=owner_id, form_key=form_key, **said)
    db.session.add(account)
    db.session.flush()
    record(AccountCreated(account_id=account.id, lead_id=lead_id, owner_id=owner_id))
    return account


def edit_account(account: Account, data: AccountData, revision: int | None = None) -> list[int]:
    """Change what is said of an account. Returns the facts' ids, none when nothing changed.

    Raises Conflict when it was changed since `revision` and something would be overwritten, DomainError for bad values.
    """
    account = lock(account)
    changed = changes(account, _checked(data))
    is_given = data.owner_id is not None and (data.owner_id or None) != account.owner_id
    if not changed and not is_given:
        return []
    if revision is not None and revision != account.revision:
        raise Conflict("A colleague changed this account meanwhile.")
    facts = [_change(account, changed)] if changed else []
    if is_given:
        facts.append(_give(account, identity.checked_owner(data.owner_id)))
    return facts


def add_to_health(account: Account, points: int) -> int | None:
    """Change the health by so many points, within 0 to 100. Returns the fact's id, None when it stays the same."""
    account = lock(account)
    return set_health(account, min(max(account.health + points, 0), HIGHEST_HEALTH))


def set_health(account: Account, health: int) -> int | None:
    """Say how well the account does, from 0 to 100. Returns the fact's id, None when it is so already."""
    account = lock(account)
    if not 0 <= health <= HIGHEST_HEALTH:
        raise DomainError(f"A number from 0 to {HIGHEST_HEALTH}.", "health")
    old, account.health = account.health, health
    if old == health:
        return None
    return record(AccountHealthChanged(**_about(account), old=old, new=health))


def archive_account(account: Account) -> int | None:
    """Put the account away: it is not listed any more, and can come back. Returns the fact's id, None if it was."""
    account = lock(account)
    if account.archived_at is not None:
        return None
    account.archived_at = clock.now()
    return record(AccountArchived(**_about(account)))


def restore_account(account: Account) -> int | None:
    """Bring the account back from the archive. Returns the fact's id, None when it was not there."""
    account = lock(account)
    if account.archived_at is None:
        return None
    account.archived_at = None
    return record(AccountRestored(**_about(account)))


def _change(account: Account, changed: dict[str, Any]) -> int:
    for name, value in changed.items():
        setattr(account, name, value)
    fields = tuple(name for name in changed if name != "folded_name")
    return record(AccountEdited(**_about(account), fields=fields or ("name",)))


def _give(account: Account, owner_id: str | None) -> int:
    old, account.owner_id = account.owner_id, owner_id
    return record(AccountAssigned(**_about(account), old_owner_id=old, owner_id=owner_id))


def _about(account: Account) -> dict[str, Any]:
    return {"account_id": account.id, "lead_id": queries.lead_behind(account.id)}


def _checked(data: AccountData) -> dict[str, Any]:
    """What is said, by its column. Raises DomainError."""
    said: dict[str, Any] = {}
    if data.name is not None:
        said["name"] = line(data.name, "name")
        if not said["name"]:
            raise DomainError("Give the account a name.", "name")
        said["folded_name"] = folded(said["name"])
    if data.industry is not None:
        said["industry"] = line(data.industry, "industry")
    if data.website is not None:
        said["website"] = website(data.website)
    if data.notes is not None:
        said["notes"] = paragraphs(data.notes, "notes")
    return said
