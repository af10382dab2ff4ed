"""What two people do to one account in the same moment."""

import threading

import pytest

from leadcrm.accounts import operations
from leadcrm.accounts.data import AccountData, ContactData, OpportunityData
from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.accounts.operations.forgetting import ERASED
from leadcrm.core import tenancy
from leadcrm.core.db import db, get_or_404, lock, perform, writing
from leadcrm.core.errors import DomainError, NotFound
from leadcrm.leads import operations as leads
from leadcrm.leads.data import ConversionData, LeadData
from leadcrm.leads.models import Lead
from tests.accounts.conftest import again
from tests.databases import only_on

A_MOMENT = 0.5  # seconds that a transaction stays open for another to run into it


@pytest.fixture
def aside(app, acme):
    """`aside(work)` → a thread that has begun to do this in its own session; `.trouble` is why it could not."""
    acme_id = acme.id

    class Aside(threading.Thread):
        trouble = None

        def run(self) -> None:
            with app.app_context(), tenancy.organization(acme_id):
                try:
                    self.work()
                except Exception as trouble:
                    self.trouble = trouble
                finally:
                    db.session.remove()

    def start(work) -> threading.Thread:
        thread = Aside()
        thread.work = work
        thread.start()
        return thread

    return start


def qualified(name: str) -> Lead:
    data = LeadData(first_name=name, email=f"{name}@mail.example".lower())
    lead = perform(leads.create_lead, data, by=None)
    perform(leads.change_status, lead, "qualified")
    return lead


def test_no_deal_slips_into_an_account_that_is_being_put_away(account, aside):
    is_put_away, account_id = threading.Event(), account.id

    def put_away() -> None:
        with writing() as session:
            operations.archive_account(get_or_404(Account, account_id))
            session.flush()
            is_put_away.set()
            threading.Event().wait(A_MOMENT)

    putting_away = aside(put_away)
    assert is_put_away.wait(10)
    with pytest.raises(DomainError, match="archive"):
        perform(operations.create_opportunity, account, OpportunityData(name="Late"))
    putting_away.join()


def test_a_lead_that_is_linked_meanwhile_is_not_unlinked_by_taking_a_conversion_back(acme, aside, monkeypatch):
    lead, other = qualified("Jo"), qualified("Sam")
    account_id, other_id = perform(leads.convert_lead, lead, ConversionData(), by=None).account_id, other.id
    remove, threads = operations.remove_account, []

    def link() -> None:
        perform(leads.link_account, get_or_404(Lead, other_id), account_id, by=None)

    def remove_late(gone: Account) -> None:
        threads.append(aside(link))
        threads[0].join(A_MOMENT)
        remove(gone)

    monkeypatch.setattr(operations, "remove_account", remove_late)
    perform(leads.undo_conversion, lead)
    threads[0].join()
    assert isinstance(threads[0].trouble, NotFound)


@only_on("postgresql", "SQLite has one writer at a time")
@pytest.mark.parametrize("is_taken_back", [False, True])
def test_converting_waits_for_whoever_chooses_the_main_contact(account, thandi, aside, is_taken_back):
    """Both take the account before its people: in another order each would wait for the other."""
    lead = qualified("Thandi")
    perform(operations.edit_contact, thandi, ContactData(email="thandi@mail.example"))
    into = ConversionData(account_id=account.id, opportunity=OpportunityData(name="Flat"))
    if is_taken_back:
        into = ConversionData(account_name="New")
        conversion = perform(leads.convert_lead, lead, into, by=None)
    ids = (conversion.account_id, conversion.contact_id) if is_taken_back else (account.id, thandi.id)
    has_account = threading.Event()

    def choose() -> None:
        with writing():
            lock(get_or_404(Account, ids[0]))
            has_account.set()
            threading.Event().wait(A_MOMENT)
            lock(get_or_404(Contact, ids[1]))

    choosing = aside(choose)
    assert has_account.wait(10)
    with writing():
        leads.undo_conversion(lead) if is_taken_back else leads.convert_lead(lead, into, by=None)
    choosing.join()
    assert choosing.trouble is None


def test_somebody_is_forgotten_though_their_account_and_deal_are_just_written(account, thandi, deal, aside):
    perform(operations.edit_account, account, AccountData(notes="Ask Thandi Nkosi"))
    perform(operations.edit_opportunity, deal, OpportunityData(notes="Ask Thandi Nkosi"))
    is_written, ids = threading.Event(), (account.id, deal.id)

    def write() -> None:
        with writing() as session:
            operations.edit_account(get_or_404(Account, ids[0]), AccountData(industry="Farms"))
            operations.edit_opportunity(get_or_404(Opportunity, ids[1]), OpportunityData(name="Barn"))
            session.flush()
            is_written.set()
            threading.Event().wait(A_MOMENT)

    written = aside(write)
    assert is_written.wait(10)
    perform(operations.forget_person, [thandi.id], None, thandi.name, ())
    written.join()
    account, deal = again(account), again(deal)
    assert (account.industry, account.notes) == ("Farms", f"Ask {ERASED}")
    assert (deal.name, deal.notes) == ("Barn", f"Ask {ERASED}")


@only_on("postgresql", "SQLite has one writer at a time")
def test_deals_of_two_accounts_are_begun_side_by_side(account, aside):
    """What all deals are worth is noted to have changed by a row that is theirs together."""
    other_id = perform(operations.create_account, AccountData(name="Other")).id
    has_begun, account_id = threading.Event(), account.id

    def begin_both() -> None:
        """As one worker does for two rules."""
        with writing():
            begin_deal(account_id)
            has_begun.set()
            threading.Event().wait(A_MOMENT)
            begin_deal(other_id)

    beginning = aside(begin_both)
    assert has_begun.wait(10)
    with writing():
        begin_deal(other_id)
    beginning.join()
    assert beginning.trouble is None


def begin_deal(account_id: str) -> None:
    operations.create_opportunity(get_or_404(Account, account_id), OpportunityData(name="Flat"))
