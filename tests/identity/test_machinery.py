"""What gave up is shown with its error to those who run the team, and tried again on request."""

import pytest
from sqlalchemy import select

from leadcrm.core import events, tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.drains import MAX_TRIES, drain_events
from leadcrm.core.models import Debt
from leadcrm.leads.events import LeadCreated
from leadcrm.reactions import REACTIONS


@pytest.fixture
def failed_debt(cast):
    """A debt of Acme that used up its tries; the listener works again."""
    worked = []

    def welcome(event) -> None:
        worked.append(event.lead_id)

    welcome.__module__ = "leadcrm.flows.listeners"
    events.subscribe({LeadCreated: [welcome]})

    def give_up() -> None:
        events.record(LeadCreated(lead_id="someone", source="test"))
        debt = db.session.scalars(select(Debt)).one()
        debt.tries, debt.due_at, debt.error = MAX_TRIES, None, "ValueError: <b>no</b> mailbox"

    with tenancy.organization(cast.acme.id):
        perform(give_up)
        yield db.session.scalars(select(Debt)).one().id, worked
    events.subscribe(REACTIONS)


def test_the_error_is_shown_and_the_retry_works(cast, sign_in, failed_debt):
    debt_id, worked = failed_debt
    client = sign_in(cast.max)
    page = client.get("/settings/system").text
    assert "flows.welcome" in page
    assert "ValueError: &lt;b&gt;no&lt;/b&gt; mailbox" in page
    assert client.post(f"/settings/system/debts/{debt_id}/retry").status_code == 303
    assert drain_events(lambda: False) == 1
    assert worked == ["someone"]
    assert client.post(f"/settings/system/debts/{debt_id}/retry").status_code == 404


def test_other_organizations_and_roles_cannot_retry(cast, sign_in, failed_debt):
    debt_id, worked = failed_debt
    address = f"/settings/system/debts/{debt_id}/retry"
    assert sign_in(cast.rita).post(address).status_code == 404
    assert sign_in(cast.ben).post(address).status_code == 403
    assert sign_in(cast.ben).get("/settings/system").status_code == 403
    assert "flows.welcome" not in sign_in(cast.rita).get("/settings/system").text
    assert not worked


def test_a_silent_worker_is_said(cast, sign_in):
    assert "The worker was not seen lately" in sign_in(cast.ada).get("/settings/system").text


def test_readyz_counts_without_naming(app, cast):
    report = app.test_client().get("/readyz").json
    assert report["database"] == "ok"
    assert report["redis"] == "down"
    assert report["lanes"] == {"now": None, "slow": None}
    assert {"oldest_due_seconds", "unknown_messages", "debts", "failed_debts"} <= set(report)
