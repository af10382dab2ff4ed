"""The people at an account."""

from typing import Any

from sqlalchemy import select

from leadcrm.accounts.data import ContactData
from leadcrm.accounts.events import ContactAdded, ContactEdited, ContactLeft, ContactMadePrimary, ContactReturned
from leadcrm.accounts.models import Account, Contact
from leadcrm.accounts.operations.values import changes, line
from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record
from leadcrm.core.values import new_id
from leadcrm.identity import queries as identity

LINES = ("first_name", "last_name", "position")


def add_contact(
    account: Account,
    data: ContactData,
    *,
    is_primary: bool = False,
    lead_id: str | None = None,
    form_key: str | None = None,
) -> Contact:
    """A person at the account; the first one there is its main contact, and so is one who is said to be.

    The second submission of a `form_key` returns whom the first one made, and somebody who is there already as the
    same lead stays one contact. Raises DomainError naming the field.
    """
    account = lock(account)
    twin = _made_before(account, form_key, lead_id)
    if twin is not None:
        return twin
    said, old = _checked(data), _primary(account.id)
    is_first = is_primary or old is None
    contact = Contact(id=new_id(), account_id=account.id, lead_id=lead_id, form_key=form_key, **said)
    contact.name, contact.is_primary = _shown_name(contact), is_first
    if is_first:
        _step_back(old)
    db.session.add(contact)
    db.session.flush()
    record(ContactAdded(**_about(contact)))
    if is_first:
        record(_made_primary(contact, old))
    return contact


def know_as_lead(contact: Contact, lead_id: str | None) -> Contact:
    """Say which lead the person was or became; None takes that back."""
    contact = lock(contact)
    contact.lead_id = lead_id
    db.session.flush()
    return contact


def edit_contact(contact: Contact, data: ContactData, revision: int | None = None) -> int | None:
    """Change what is said of a person. Returns the fact's id, None when nothing changed.

    Raises Conflict when it was changed since `revision` and something would be overwritten, DomainError for bad values.
    """
    contact = lock(contact)
    changed = changes(contact, _checked(data))
    if not changed:
        return None
    if revision is not None and revision != contact.revision:
        raise Conflict("A colleague changed this contact meanwhile.")
    for name, value in changed.items():
        setattr(contact, name, value)
    contact.name = _shown_name(contact)
    return record(ContactEdited(**_about(contact), fields=tuple(changed)))


def make_primary(contact: Contact) -> int | None:
    """Let this person be the account's main contact. Returns the fact's id, None when they are.

    Raises DomainError for somebody who left.
    """
    lock(_account_of(contact))
    contact = lock(contact)
    if contact.left_at is not None:
        raise DomainError(f"{contact.name} is not there any more.", "is_primary")
    if contact.is_primary:
        return None
    old = _primary(contact.account_id)
    _step_back(old)
    contact.is_primary = True
    return record(_made_primary(contact, old))


def note_leaving(contact: Contact) -> int | None:
    """The person left the company; what is known of them stays. Returns the fact's id, None when it is known."""
    lock(_account_of(contact))
    contact = lock(contact)
    if contact.left_at is not None:
        return None
    was_primary, contact.is_primary, contact.left_at = contact.is_primary, False, clock.now()
    return record(ContactLeft(**_about(contact), was_primary=was_primary))


def note_return(contact: Contact) -> int | None:
    """The person is there after all. Returns the fact's id, None when they are."""
    contact = lock(contact)
    if contact.left_at is None:
        return None
    contact.left_at = None
    return record(ContactReturned(**_about(contact)))


def _account_of(contact: Contact) -> Account:
    return get_or_404(Account, contact.account_id)


def _made_before(account: Account, form_key: str | None, lead_id: str | None) -> Contact | None:
    if form_key and (twin := db.session.scalar(select(Contact).where(Contact.form_key == form_key))) is not None:
        return twin
    if lead_id is None:
        return None
    return db.session.scalar(select(Contact).where(Contact.account_id == account.id, Contact.lead_id == lead_id))


def _primary(account_id: str) -> Contact | None:
    return db.session.scalar(select(Contact).where(Contact.account_id == account_id, Contact.is_primary))


def _step_back(primary: Contact | None) -> None:
    if primary is not None:
        primary.is_primary = False
        db.session.flush()  # before somebody else is first: an index lets only one be


def _made_primary(contact: Contact, old: Contact | None) -> ContactMadePrimary:
    return ContactMadePrimary(**_about(contact), old_contact_id=old.id if old else None)


def _about(contact: Contact) -> dict[str, Any]:
    return {"account_id": contact.account_id, "contact_id": contact.id, "lead_id": contact.lead_id}


def _shown_name(contact: Contact) -> str:
    """Raises DomainError when there is nothing to call them by."""
    name = f"{contact.first_name or ''} {contact.last_name or ''}".strip() or contact.email or contact.phone
    if not name:
        raise DomainError("Give a name, an email address or a phone number.", "first_name")
    return name


def _checked(data: ContactData) -> dict[str, Any]:
    """What is said, by its column. Raises DomainError."""
    said = {name: line(getattr(data, name), name) for name in LINES if getattr(data, name) is not None}
    for kind in ("email", "phone"):
        if getattr(data, kind) is not None:
            said[kind] = identity.address_as_kept(kind, getattr(data, kind))
    return said
