"""Rules about accounts where nobody can be reached: what needs no lead is done, the rest says why not, or waits."""

import json
import threading
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from leadcrm.accounts import operations as accounts
from leadcrm.accounts.data import AccountData, ContactData, OpportunityData
from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.accounts.timeline import of_account
from leadcrm.automations import engine, operations, queries, webhooks
from leadcrm.automations.models import Automation, AutomationRun, WebhookCall
from leadcrm.automations.operations import AutomationData
from leadcrm.automations.reach import NOBODY, NOBODY_ASKED, NOBODY_YET
from leadcrm.automations.trying import try_out
from leadcrm.core import clock, events, tenancy
from leadcrm.core.db import db, get_or_404, perform, writing
from leadcrm.core.models import EventRow
from leadcrm.identity.permissions import visible_leads_filter
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from leadcrm.notifications.models import Notification
from tests.automations.conftest import NOTE, drain, drain_everything, runs_of, say, wait
from tests.automations.test_trying import everything, tried
from tests.databases import only_on

URL = "https://hooks.example.com/accounts"
CALL = {"kind": "webhook", "url": URL}
HEALTH = {"kind": "account_health", "points": "+5"}
TELL = {"kind": "notify", "to": "role:manager", "text": "Look"}
BEGIN = {"kind": "create_opportunity", "name": "", "opportunity": "upsell"}
A_MOMENT = 0.5  # seconds that a transaction stays open for another to run into it
SAM = {"first_name": "Sam"}


@pytest.fixture
def account(acme) -> Account:
    return perform(accounts.create_account, AccountData(name="Karoo Estates"))


def begin_deal(account: Account, **changes) -> Opportunity:
    deal = perform(accounts.create_opportunity, account, OpportunityData(**({"name": "Flats"} | changes)))
    drain()
    return deal


def add_contact(account: Account, **said) -> Contact:
    contact = perform(accounts.add_contact, account, ContactData(**(SAM | said)))
    drain()
    return contact


def make_account(name: str = "Cape Homes", **said) -> Account:
    account = perform(accounts.create_account, AccountData(name=name, **said))
    drain()
    return account


def consider_again(name: str) -> None:
    """Deliver the fact of this name."""
    row = db.session.scalars(select(EventRow).where(EventRow.name == name)).one()
    with writing(), events.caused_by(row.id, row.depth):
        engine.consider(events.restore(row))


def lines(run: AutomationRun) -> list[tuple[str, str]]:
    return [(line["state"], line["text"]) for line in run.details]


def health(account: Account) -> int:
    db.session.rollback()
    return db.session.scalar(select(Account.health).where(Account.id == account.id))


def count(model) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model))


# What is done


def test_what_needs_no_lead_is_done_and_the_rest_says_why_not(rule, account, cast):
    owned = {"kind": "set_field", "field": "account_owner", "value": cast.ben.id}
    to_owner = {"kind": "notify", "to": "account_owner", "text": "Yours"}
    lead_only = [
        NOTE,
        {"kind": "notify", "to": "owner", "text": "Look"},
        {"kind": "set_field", "field": "score", "value": "+5"},
        {"kind": "create_task", "title": "Call", "to": "nobody", "due_seconds": 0},
        {"kind": "create_account", "to": "nobody"},
    ]
    made = rule(trigger="contact.added", actions=[TELL, owned, to_owner, HEALTH, BEGIN, CALL, *lead_only])
    add_contact(account)
    [run] = runs_of(made)
    assert (run.state, run.lead_id, run.account_id, run.hopes_for_lead) == ("done", None, account.id, False)
    assert lines(run) == [
        ("done", "1 notified"),
        ("done", "“Karoo Estates” is looked after by Ben"),
        ("done", "1 notified"),
        ("done", "Changed the health of “Karoo Estates” by +5"),
        ("done", "The opportunity “Karoo Estates” was begun"),
        ("done", "hooks.example.com is told"),
        *[("skipped", NOBODY)] * len(lead_only),
    ]
    assert (health(account), count(Lead)) == (55, 0)
    told = db.session.execute(select(Notification.title, Notification.href, Notification.lead_id)).all()
    assert set(map(tuple, told)) >= {
        ("Look (Karoo Estates)", f"/accounts/{account.id}", None),
        ("Yours (Karoo Estates)", f"/accounts/{account.id}", None),
    }
    deal = db.session.scalars(select(Opportunity).where(Opportunity.kind == "upsell")).one()
    assert (deal.owner_id, deal.source) == (cast.ben.id, "")


def test_whoever_does_not_see_the_account_is_not_told_of_it(rule, cast):
    to_ben = {"kind": "notify", "to": f"user:{cast.ben.id}", "text": "Look"}
    made = rule(trigger="opportunity.created", actions=[to_ben])
    begin_deal(make_account(owner_id=cast.max.id))
    begin_deal(make_account("Fynbos", owner_id=cast.ben.id))
    refused, told = runs_of(made)
    assert lines(refused) == [("skipped", "Nobody to notify: there is nobody, or they do not see the account")]
    assert lines(told) == [("done", "1 notified")]


def test_it_is_told_once_however_often_the_fact_is_delivered(rule, account):
    made = rule(trigger="opportunity.created", actions=[HEALTH])
    begin_deal(account)
    consider_again("opportunity.created")
    assert (len(runs_of(made)), health(account)) == (1, 55)


def test_the_accounts_history_tells_of_it(rule, account):
    rule(name="Count it", trigger="opportunity.created", actions=[HEALTH])
    begin_deal(account)
    assert of_account(account).items[0].sentence == "The automation “Count it” ran"


def test_a_webhook_is_told_of_the_account_and_of_no_lead(rule, account):
    rule(trigger="opportunity.created", actions=[CALL])
    begin_deal(account)
    call = db.session.scalars(select(WebhookCall)).one()
    told = json.loads(call.body)
    assert (call.lead_id, told["lead"], told["type"]) == (None, None, "opportunity.created")
    assert told["account"] == {
        "id": account.id,
        "name": "Karoo Estates",
        "industry": "",
        "website": "",
        "health": 50,
        "owner_id": None,
    }
    assert told["event"]["account_id"] == account.id


def test_a_webhook_is_told_of_the_leads_account_too(rule, new_lead, account):
    rule(trigger="lead.tagged", actions=[CALL])
    lead = new_lead()
    perform(leads.set_tags, lead, ["without"])
    drain()
    perform(leads.link_account, lead, account.id, by=None)
    perform(leads.set_tags, lead, ["with"])
    drain()
    told = [json.loads(body) for body in db.session.scalars(select(WebhookCall.body).order_by(WebhookCall.id))]
    assert [one["lead"]["id"] for one in told] == [lead.id, lead.id]
    assert [one["account"] and one["account"]["id"] for one in told] == [None, account.id]


def test_a_call_that_is_given_up_names_the_account(rule, account):
    rule(name="Tell", trigger="opportunity.created", actions=[CALL])
    begin_deal(account)
    call = db.session.scalars(select(WebhookCall)).one()
    perform(webhooks.note_failed, call, "Answered 410", for_good=True)
    row = db.session.scalars(select(EventRow).where(EventRow.name == "automation.call_given_up")).one()
    assert (row.account_id, row.lead_id) == (account.id, None)
    assert of_account(account).items[0].sentence == "The automation “Tell” could not tell another program"


# Conditions and guards


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ({"field": "stage", "op": "is", "value": "prospecting"}, ""),
        ({"field": "account_health", "op": "at_most", "value": 50}, ""),
        ({"field": "account", "op": "is_set"}, ""),
        ({"field": "account_health", "op": "at_least", "value": 51}, "Not the case: account health is at least 51"),
        ({"field": "status", "op": "is_not", "value": "converted"}, NOBODY_ASKED),
    ],
)
def test_conditions_look_at_deal_and_account_and_never_at_nobody(rule, account, condition, reason):
    made = rule(trigger="opportunity.created", conditions=[condition], actions=[HEALTH])
    begin_deal(account)
    [run] = runs_of(made)
    assert (run.state, run.reason) == ("skipped" if reason else "done", reason)


def test_an_account_in_the_archive_starts_nothing_but_what_starts_from_that(rule, account):
    rules = {name: rule(trigger=name, actions=[TELL]) for name in ("account.archived", "account.edited")}
    perform(accounts.edit_account, account, AccountData(industry="Farms"))
    perform(accounts.archive_account, account)
    drain()
    assert [(run.state, run.reason) for run in runs_of(rules["account.archived"])] == [("done", "")]
    assert [run.reason for run in runs_of(rules["account.edited"])] == ["The account is archived"]


def test_what_other_programs_do_to_an_account_in_circles_ends(rule, account):
    made = rule(trigger="account.edited", actions=[CALL])
    for number in range(6):
        with writing(), events.acting_as("token:x"):
            accounts.edit_account(get_or_404(Account, account.id), AccountData(industry=f"Farms {number}"))
        drain()
    assert [run.state for run in runs_of(made)] == ["done"] * 5 + ["skipped"]
    assert runs_of(made)[-1].reason.startswith("Stopped: it ran 5 times for this account within an hour")


# Waits


def test_a_run_goes_on_after_its_wait_for_whoever_can_be_reached_by_then(rule, account, later):
    made = rule(trigger="opportunity.created", actions=[HEALTH, wait(3600), NOTE])
    sam = add_contact(account)
    begin_deal(account)
    perform(accounts.edit_contact, sam, ContactData(email="sam@karoo.example"))
    later(2)
    assert drain_everything() == 1
    [run] = runs_of(made)
    assert (get_or_404(Lead, run.lead_id).name, run.account_id) == ("Sam", None)
    assert [state for state, _ in lines(run)] == ["done", "done"]


def test_a_run_goes_on_for_the_account_where_nobody_came_in_reach(rule, account, later):
    made = rule(trigger="opportunity.created", actions=[wait(3600, stops_on_reply=True), HEALTH, NOTE])
    begin_deal(account)
    later(2)
    assert drain_everything() == 1
    [run] = runs_of(made)
    assert (run.account_id, lines(run)) == (
        account.id,
        [("done", "Changed the health of “Karoo Estates” by +5"), ("skipped", NOBODY)],
    )


def test_a_reply_stops_a_run_that_began_without_a_lead(rule, account, later):
    made = rule(trigger="opportunity.created", actions=[wait(3600, stops_on_reply=True), HEALTH])
    sam = add_contact(account)
    begin_deal(account)
    perform(accounts.edit_contact, sam, ContactData(email="sam@karoo.example"))
    lead = perform(leads.lead_of_account, account.id)
    say(lead)
    later(2)
    drain_everything()
    assert [(run.state, run.reason) for run in runs_of(made)] == [("skipped", engine.REPLIED)]


def test_a_waiting_run_goes_with_an_account_that_is_archived(rule, account, later):
    made = rule(trigger="opportunity.created", actions=[wait(3600), HEALTH])
    begin_deal(account)
    perform(accounts.archive_account, account)
    later(2)
    drain_everything()
    assert [run.reason for run in runs_of(made)] == ["The account is archived"]


# The making of an account


def test_the_making_of_an_account_is_acted_on_at_once_by_what_needs_no_lead(rule):
    made = rule(trigger="account.created", actions=[TELL, HEALTH])
    account = make_account()
    [run] = runs_of(made)
    assert (run.state, run.account_id, health(account)) == ("done", account.id, 55)
    add_contact(account, email="sam@cape.example")
    assert [run.account_id for run in runs_of(made)] == [account.id]
    assert health(account) == 55


@pytest.mark.parametrize(
    "asks",
    [{"actions": [HEALTH, NOTE]}, {"conditions": [{"field": "status", "op": "is", "value": "new"}]}],
)
def test_what_needs_a_lead_waits_in_its_row_for_the_first_who_can_be_reached(rule, later, asks):
    made = rule(**({"trigger": "account.created", "actions": [HEALTH]} | asks))
    account = make_account()
    sam = add_contact(account)
    [hope] = runs_of(made)
    assert (hope.state, hope.reason, hope.account_id, hope.hopes_for_lead) == ("skipped", NOBODY_YET, account.id, True)
    consider_again("account.created")
    assert (len(runs_of(made)), health(account)) == (1, 50)
    later(48)
    perform(accounts.edit_contact, sam, ContactData(email="sam@cape.example"))
    drain()
    add_contact(account, first_name="Thandi", email="thandi@cape.example")
    consider_again("account.created")
    [run] = runs_of(made)
    assert (run.id, run.state, run.reason, run.hopes_for_lead) == (hope.id, "done", "", False)
    assert (get_or_404(Lead, run.lead_id).name, run.account_id, health(account)) == ("Sam", None, 55)
    assert db.session.scalar(select(EventRow.name).where(EventRow.id == run.event_id)) == "account.created"
    assert run.created_at > clock.now() - timedelta(hours=1)  # the guard against loops counts it from here


def test_it_waits_for_nothing_once_the_rule_changed(rule, account):
    drain()
    made = rule(trigger="account.created", actions=[NOTE])
    off = make_account()
    perform(operations.set_automation_enabled, made, False)
    perform(operations.set_automation_enabled, made, True)
    for one in (account, off):
        add_contact(one, email=f"sam@{one.id}.example")
    assert [(run.state, run.account_id) for run in runs_of(made)] == [("skipped", off.id)]


def test_an_account_from_before_is_first_considered_when_somebody_can_be_reached(rule):
    """It has no row from the time when rules left none."""
    made = rule(trigger="account.created", actions=[HEALTH])
    account = make_account()
    with writing() as session:
        session.delete(session.scalars(select(AutomationRun)).one())
    sam = add_contact(account)
    assert runs_of(made) == []
    perform(accounts.edit_contact, sam, ContactData(email="sam@cape.example"))
    drain()
    assert len(runs_of(made)) == 1


@only_on("postgresql", "on SQLite one waits for the other before it begins")
def test_the_first_in_reach_waits_for_the_making_that_is_being_considered(app, acme, rule, monkeypatch):
    """One worker considers the account's making, and before it wrote that down another hears of the first in reach."""
    made = rule(trigger="account.created", actions=[HEALTH, NOTE])
    account = perform(accounts.create_account, AccountData(name="Cape Homes"))
    acme_id, account_id, trouble = acme.id, account.id, []

    def hear_of_the_first() -> None:
        with app.app_context(), tenancy.organization(acme_id):
            try:
                perform(accounts.add_contact, get_or_404(Account, account_id), ContactData(email="sam@cape.example"))
                consider_again("contact.added")
            except Exception as error:
                trouble.append(error)
            finally:
                db.session.remove()

    thread, looks = threading.Thread(target=hear_of_the_first), engine.loop_queries.echoes

    def look_while_they_hear(*asked):
        monkeypatch.setattr(engine.loop_queries, "echoes", looks)
        thread.start()
        thread.join(A_MOMENT)
        return looks(*asked)

    monkeypatch.setattr(engine.loop_queries, "echoes", look_while_they_hear)
    consider_again("account.created")
    thread.join()
    [run] = runs_of(made)
    assert (trouble, run.state, run.lead_id is None, health(account)) == ([], "done", False, 55)


# What is seen of it


def test_the_log_leads_to_the_account_and_is_filtered_by_it(mia, rule, account):
    rule(trigger="opportunity.created", actions=[HEALTH])
    begin_deal(account)
    begin_deal(make_account())
    page = mia.get("/automations/runs", hx=True).text
    assert (page.count('id="run-'), f'<a href="/accounts/{account.id}">Karoo Estates</a>' in page) == (2, True)
    filtered = mia.get(f"/automations/runs?account={account.id}", hx=True).text
    assert (filtered.count('id="run-'), "For Karoo Estates" in filtered) == (1, True)
    assert f"/automations/runs?account={account.id}" in mia.get(f"/accounts/{account.id}").text


def test_the_log_of_an_account_tells_of_its_leads_too(sign_in, cast, rule, new_lead, account):
    rule(trigger="lead.linked", actions=[NOTE])
    for owner in (cast.ada, cast.ben):
        perform(leads.link_account, new_lead(owner_id=owner.id), account.id, by=None)
    new_lead()
    drain()
    url = f"/automations/runs?account={account.id}"
    seen = [sign_in(one).get(url, hx=True).text.count('id="run-') for one in (cast.ada, cast.ben)]
    assert seen == [2, 1]


def test_who_does_not_see_the_account_sees_no_run_of_it(sign_in, cast, rule, account):
    made = rule(trigger="opportunity.created", actions=[HEALTH])
    hidden = make_account(owner_id=cast.ada.id)
    for one in (account, hidden, make_account("Fynbos", owner_id=cast.ben.id)):
        begin_deal(one)
    ben, rita = sign_in(cast.ben), sign_in(cast.rita)
    assert ben.get("/automations/runs", hx=True).text.count('id="run-') == 2
    assert ben.get(f"/automations/runs?account={hidden.id}", hx=True).status_code == 404
    assert rita.get(f"/automations/runs?account={account.id}", hx=True).status_code == 404
    assert 'id="run-' not in rita.get(f"/automations/runs?automation={made.id}", hx=True).text


def test_a_test_shows_such_facts_and_what_would_be_done(account):
    add_contact(account)
    begin_deal(account)
    before = everything()
    [trial] = tried(trigger="opportunity.created", actions=[HEALTH, BEGIN, CALL, NOTE])
    assert everything() == before
    assert (trial.subject.id, trial.page, trial.fires) == (account.id, f"/accounts/{account.id}", True)
    assert [(outcome.state, outcome.text) for outcome in trial.outcomes] == [
        ("would", "Change the health of “Karoo Estates” by +5"),
        ("would", "Begin the opportunity “Karoo Estates”"),
        ("would", "Call the webhook at hooks.example.com"),
        ("skipped", NOBODY),
    ]
    [trial] = tried(trigger="account.created", actions=[NOTE])
    assert (trial.fires, trial.reason) == (False, NOBODY_YET)


def test_a_test_finds_the_lead_with_the_latest_news_where_no_contact_can_be_reached(account, new_lead):
    lead = new_lead()
    perform(leads.link_account, lead, account.id, by=None)
    add_contact(account)
    begin_deal(account)
    [trial] = tried(trigger="opportunity.created")
    assert trial.subject.id == lead.id


def test_a_test_shows_a_rep_no_account_of_others(cast, account):
    begin_deal(account)
    begin_deal(make_account(owner_id=cast.ada.id))
    columns = operations.checked(AutomationData(name="", trigger="opportunity.created", actions=[HEALTH]))
    trials = try_out(columns, queries.names(), partial(visible_leads_filter, cast.ben))
    assert [trial.subject.id for trial in trials] == [account.id]


def test_runs_go_with_the_account(rule):
    rule(trigger="account.created", actions=[NOTE])
    account = make_account()
    assert count(AutomationRun) == 1
    perform(accounts.remove_account, account)
    assert (count(AutomationRun), count(Automation)) == (0, 1)
