"""Whoever a colleague typed as a contact: found with the lead they are, handed out and erased without one."""

import io
import json
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from leadcrm.accounts import operations as accounts
from leadcrm.accounts.data import AccountData, ContactData
from leadcrm.accounts.models import Account, Contact
from leadcrm.automations import operations as automations
from leadcrm.automations import webhooks
from leadcrm.automations.models import AutomationRun, WebhookCall
from leadcrm.automations.operations import AutomationData
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.intake import store
from leadcrm.conversations.models import RawInbound
from leadcrm.core import audit, events
from leadcrm.core.db import db, perform, writing
from leadcrm.core.drains import drain_events
from leadcrm.core.models import Erasure, EventRow
from leadcrm.imports.models import ImportRow
from leadcrm.leads.models import Lead
from leadcrm.notifications.models import Notification
from leadcrm.privacy import operations
from leadcrm.privacy.jobs import drain_erasures
from tests.conversations.conftest import make_lead
from tests.imports.conftest import bring
from tests.privacy.test_erasure import erase

JANE, PHONE = "jane@example.com", "+12125559731"
CALL = {"kind": "webhook", "url": "https://hooks.example.com/x"}
FILE = "Name,Email,Phone,Owner\nJane,x,(212) 555-9731,Nobody\nJo,jo@x.test,,Nobody\n"
__all__ = ["bring"]


@pytest.fixture
def account(acme) -> Account:
    return perform(accounts.create_account, AccountData(name="Karoo Estates", notes="Ask Jane Doe."))


@pytest.fixture
def jane(account) -> Contact:
    return perform(
        accounts.add_contact, account, ContactData(first_name="Jane", last_name="Doe", email=JANE, phone=PHONE)
    )


def contacts() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Contact.name)))


def dossier(answer) -> dict:
    return json.loads(ZipFile(io.BytesIO(answer.data)).read("person.json"))


# With the lead they are


@pytest.mark.parametrize("ways", [{"email": JANE}, {"phone": PHONE}])
def test_a_contact_with_the_leads_address_goes_with_the_lead(jane, cast, ways):
    erase(make_lead(**ways), cast.ada)
    assert contacts() == []


def test_so_does_one_with_an_address_that_only_their_other_place_has(account, jane, cast):
    """Known as the lead at one account, by an address the lead never had; a colleague typed it elsewhere, too."""
    lead = make_lead(email="j.doe@work.test")
    elsewhere = perform(accounts.create_account, AccountData(name="Fynbos"))
    perform(accounts.add_contact, elsewhere, ContactData(first_name="J", email=JANE), lead_id=lead.id)
    erase(lead, cast.ada)
    assert contacts() == []
    assert conversations.is_suppressed("email", JANE)


def test_others_stay(account, jane, cast):
    other = make_lead("John", email="john@example.com")
    perform(accounts.add_contact, account, ContactData(first_name="Joan", email=JANE), lead_id=other.id)
    perform(accounts.add_contact, account, ContactData(first_name="Jo", email="jo@example.com"))
    erase(make_lead(email=JANE), cast.ada)
    assert contacts() == ["Jo", "Joan"]


@pytest.mark.parametrize("page", ["personal-data", "erasure"])
def test_the_page_names_them_before(jane, cast, sign_in, page):
    lead = make_lead(email=JANE)
    text = sign_in(cast.ada).get(f"/leads/{lead.id}/{page}", hx=True).text
    assert "Part of this" in text
    assert "Jane Doe at" in text
    assert f'href="/accounts/{jane.account_id}"' in text


# Without one


def kept_reason(account: Account, reason: str) -> int:
    """A fact as it was recorded until November 2026, when the reason of a lost deal stood beside it."""
    words = {"old_reason": reason, events.SALT: "salt"}
    told = {"account_id": account.id, "opportunity_id": "deal", "old": "closed_lost", "new": "proposal"}
    fact = EventRow(
        name="opportunity.stage_changed", data=told | {events.HASH_OF_WORDS: events.hash_of_words(words)},
        words=words, account_id=account.id,
    )  # fmt: skip
    with writing() as session:
        session.add(fact)
    return fact.id


@pytest.mark.parametrize("is_lead", [True, False])
def test_why_a_deal_was_lost_does_not_spell_them_any_more_and_the_audit_holds(account, jane, cast, is_lead):
    spelled, other = kept_reason(account, "Jane Doe left"), kept_reason(account, "Too dear")
    elsewhere = kept_reason(perform(accounts.create_account, AccountData(name="Fynbos")), "Ask Jane Doe")
    audit.seal_new_facts(most_seals=None)
    if is_lead:
        erase(make_lead(email=JANE), cast.ada)
    else:
        perform(operations.erase_contact, jane)
    db.session.rollback()
    words = dict(db.session.execute(select(EventRow.id, EventRow.words).where(EventRow.name.startswith("opp"))).all())
    assert [words[fact] is None for fact in (spelled, other, elsewhere)] == [True, False, False]
    assert audit.walk(db.session.connection()).broken is None


def test_all_that_is_held_about_a_contact_is_handed_out(jane, bring, cast, sign_in):
    bring(FILE)
    perform(store, "email", "<1@x>", f"From: {JANE}\r\n\r\nHello".encode())
    client = sign_in(cast.max)
    page = client.get(f"/contacts/{jane.id}/personal-data").text
    assert "1 row of an imported file" in page
    tables = dossier(client.post(f"/contacts/{jane.id}/personal-data/export"))
    held = {name: len(rows) for name, rows in tables.items() if rows}
    assert held == {"contacts": 1, "import_rows": 1, "raw_inbound": 1}
    fact = db.session.scalars(select(EventRow).where(EventRow.name == "contact.exported")).one()
    assert (fact.account_id, fact.actor) == (jane.account_id, f"user:{cast.max.id}")


def test_an_owner_erases_a_contact(jane, bring, cast, sign_in):
    bring(FILE)
    perform(store, "email", "<1@x>", f"From: {JANE}\r\n\r\nHello".encode())
    client, url, page = sign_in(cast.ada), f"/contacts/{jane.id}/erasure", f"/accounts/{jane.account_id}"
    assert "Jane Doe at" in client.get(url, hx=True).text
    assert client.post(url, data={"word": "no"}, hx=True).status_code == 422
    assert contacts() == ["Jane Doe"]
    answer = client.post(url, data={"word": "erase"}, hx=True)
    assert answer.headers["HX-Redirect"] == page
    assert contacts() == []
    assert [row.cells[0] for row in db.session.scalars(select(ImportRow))] == ["Jo"]
    assert db.session.scalars(select(RawInbound)).all() == []
    assert "Jane" not in db.session.scalars(select(Account.notes)).one()
    assert conversations.is_suppressed("email", JANE)
    assert conversations.is_suppressed("sms", PHONE)
    assert "a contact on request" in client.get(page).text


def test_what_rules_said_and_told_of_an_account_does_not_name_them_any_more(acme, cast, sign_in):
    tell = {"kind": "notify", "to": "role:owner", "text": "Look"}
    actions = [tell, {"kind": "account_health", "points": "+5"}, CALL]
    perform(automations.create_automation, AutomationData("Tell", "account.created", 0, (), actions))
    account = perform(accounts.create_account, AccountData(name='Jane "J" Doe'))
    drain_events(lambda: False)
    contact = perform(accounts.add_contact, account, ContactData(first_name="Jane", last_name='"J" Doe', email=JANE))
    call = db.session.scalars(select(WebhookCall)).one()
    assert "Doe" in call.body
    perform(webhooks.note_failed, call, f"Answered 422: {JANE} is known", for_good=True)
    sign_in(cast.ada).post(f"/contacts/{contact.id}/erasure", data={"word": "erase"})
    db.session.rollback()
    run, call = db.session.scalars(select(AutomationRun)).one(), db.session.scalars(select(WebhookCall)).one()
    assert run.details[1]["text"] == "Changed the health of “Erased on request” by +5"
    assert (json.loads(call.body)["account"]["name"], json.loads(call.body)["account"]["id"]) == (
        "Erased on request",
        account.id,
    )
    assert call.answer == "Answered 422: Erased on request is known"
    titles = select(Notification.title).where(Notification.href == f"/accounts/{account.id}")
    assert set(db.session.scalars(titles)) == {"Look (Erased on request)"}
    words = db.session.scalars(select(EventRow.words).where(EventRow.name == "automation.call_given_up"))
    assert words.all() == [None]


def test_who_is_known_as_a_lead_is_erased_as_that(jane, cast, sign_in):
    lead = make_lead(email=JANE)
    perform(accounts.know_as_lead, jane, lead.id)
    client = sign_in(cast.ada)
    assert f'action="/leads/{lead.id}/erasure"' in client.get(f"/contacts/{jane.id}/erasure", hx=True).text
    client.post(f"/contacts/{jane.id}/erasure", data={"word": "erase"})
    assert contacts() == []
    assert db.session.scalars(select(Lead)).all() == []


def test_a_lead_who_shares_the_address_is_named_and_stays(jane, cast, sign_in):
    lead = make_lead("John", email=JANE)
    client = sign_in(cast.ada)
    assert f'href="/leads/{lead.id}"' in client.get(f"/contacts/{jane.id}/erasure", hx=True).text
    client.post(f"/contacts/{jane.id}/erasure", data={"word": "erase"})
    assert [row.id for row in db.session.scalars(select(Lead))] == [lead.id]
    assert not conversations.is_suppressed("email", JANE)


@pytest.mark.parametrize(
    ("who", "sees", "erases"), [("ada", 200, 200), ("max", 200, 403), ("ben", 403, 403), ("rita", 404, 404)]
)
def test_who_may(jane, cast, sign_in, who, sees, erases):
    client = sign_in(getattr(cast, who))
    assert client.get(f"/contacts/{jane.id}/personal-data").status_code == sees
    assert client.post(f"/contacts/{jane.id}/personal-data/export").status_code == sees
    assert client.get(f"/contacts/{jane.id}/erasure").status_code == erases


@pytest.mark.parametrize(("who", "offered"), [("ada", True), ("max", True), ("ben", False)])
def test_the_contact_offers_it_to_those_who_may(jane, cast, sign_in, who, offered):
    page = sign_in(getattr(cast, who)).get(f"/accounts/{jane.account_id}/contacts", hx=True).text
    assert (f"/contacts/{jane.id}/personal-data" in page) is offered


# After a restore


def test_the_journal_names_the_contact_too(jane, cast):
    """Else a backup that is older than the lead they became would bring them back."""
    contact_id, lead = jane.id, make_lead(email=JANE)
    erase(lead, cast.ada)
    drain_erasures(lambda: False)
    entries = db.session.scalars(select(Erasure)).all()
    assert {entry.lead_id for entry in entries} == {lead.id, contact_id}
    assert all(entry.settled_at for entry in entries)


@pytest.mark.parametrize("is_lead", [True, False])
def test_a_contact_whom_a_backup_brought_back_is_erased_again(jane, cast, is_lead):
    if is_lead:
        perform(accounts.know_as_lead, jane, make_lead(email="j.doe@work.test").id)
    with writing() as session:
        session.add(Erasure(lead_id=jane.id, erased_by=f"user:{cast.ada.id}"))
    drain_erasures(lambda: False)
    drain_erasures(lambda: False)
    assert contacts() == []
    assert db.session.scalars(select(Lead)).all() == []
    assert all(entry.settled_at for entry in db.session.scalars(select(Erasure)))
