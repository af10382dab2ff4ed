"""An account of Acme's that everyone there may see, with a person in it."""

import pytest
from sqlalchemy import select

from leadcrm.accounts import operations
from leadcrm.accounts.data import AccountData, ContactData, OpportunityData
from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.models import EventRow


@pytest.fixture
def account(acme) -> Account:
    return perform(operations.create_account, AccountData(name="Karoo Estates", industry="Property"))


@pytest.fixture
def thandi(account) -> Contact:
    data = ContactData(first_name="Thandi", last_name="Nkosi", email="thandi@karoo.example", position="Buyer")
    return perform(operations.add_contact, account, data)


@pytest.fixture
def deal(account) -> Opportunity:
    return perform(operations.create_opportunity, account, OpportunityData(name="Twelve flats"))


def again(row):
    """The row as it is in the database now."""
    db.session.rollback()
    db.session.expire_all()
    return get_or_404(type(row), row.id)


def facts(prefix: str = "") -> list[str]:
    """Names of what happened, oldest first."""
    named = select(EventRow.name).where(EventRow.name.startswith(prefix))
    return list(db.session.scalars(named.order_by(EventRow.id)))


def last_fact(name: str) -> EventRow:
    newest = select(EventRow).where(EventRow.name == name).order_by(EventRow.id.desc())
    return db.session.scalars(newest.limit(1)).one()
