"""Letting leads into flows by hand, through HTTP."""

import re

import pytest
from sqlalchemy import select

from leadcrm.core.db import db, perform
from leadcrm.flows import operations
from leadcrm.flows.models import Enrolment
from tests.conversations.conftest import make_lead
from tests.flows.conftest import messages_of


@pytest.fixture
def ben(sign_in, cast, drip):
    """A rep may let their own leads in."""
    return sign_in(cast.ben)


def undo_in(answer) -> str:
    return re.search(r'hx-post="(/enrolments/undo[^"]*)"', answer.text).group(1)


def states(*leads) -> list[tuple[str, int]]:
    db.session.rollback()
    rows = select(Enrolment.state, Enrolment.number).where(Enrolment.lead_id.in_([lead.id for lead in leads]))
    return db.session.execute(rows.order_by(Enrolment.number)).all()


def test_a_lead_is_let_in_and_taken_back(ben, drip):
    lead = make_lead(email="jane@example.com")
    off = perform(operations.create_flow, "Off", "manual")
    dialog = ben.get(f"/leads/{lead.id}/enrolment", hx=True).text
    assert drip.name in dialog
    assert off.id not in dialog, "nobody enters a flow that is off"
    answer = ben.post(f"/leads/{lead.id}/enrolment", data={"flow_id": drip.id}, hx=True)
    assert "Jane Doe has entered Drip." in answer.text
    assert states(lead) == [("running", 1)]
    assert "Taken back for 1 lead." in ben.post(undo_in(answer), hx=True).text
    assert states(lead) == [("exited", 1)]
    assert messages_of(lead)[0].reason == "A person took it back"
    assert "Nothing to take back" in ben.post(undo_in(answer), hx=True).text


def test_a_second_time_is_asked_for(ben, drip):
    lead = make_lead(email="jane@example.com")
    address, chosen = f"/leads/{lead.id}/enrolment", {"flow_id": drip.id}
    ben.post(address, data=chosen)
    refused = ben.post(address, data=chosen, hx=True)
    assert (refused.status_code, "is in “Drip” already" in refused.text) == (422, True)
    perform(operations.leave_flow, lead, drip, "The lead replied")
    refused = ben.post(address, data=chosen, hx=True)
    assert (refused.status_code, 'name="again"' in refused.text) == (422, True)
    assert ben.post(address, data=chosen | {"again": "1"}, hx=True).status_code == 200
    assert states(lead) == [("exited", 1), ("running", 2)]


def test_the_ticked_leads_are_let_in_but_not_those_of_others(ben, drip, cast):
    mine, inside = (make_lead(email=f"{n}@example.com") for n in range(2))
    theirs = make_lead(email="theirs@example.com", owner_id=cast.max.id)
    perform(operations.enrol, inside, drip)
    data = {"ids": [mine.id, inside.id, theirs.id], "flow_id": drip.id}
    answer = ben.post("/leads/bulk/enrolment", data=data, hx=True)
    assert "1 lead entered Drip. 1 lead were in the flow before and stayed out." in answer.text
    assert states(theirs) == []
    ben.post(undo_in(answer), hx=True)
    assert states(mine) == [("exited", 1)]
    assert states(inside) == [("running", 1)], "they had not entered by that"


def test_nobody_takes_back_what_is_anothers_lead(ben, drip, cast):
    theirs = make_lead(email="theirs@example.com", owner_id=cast.max.id)
    passage = perform(operations.enrol, theirs, drip)
    ben.post(f"/enrolments/undo?ids={passage.id}")
    assert states(theirs) == [("running", 1)]


def test_without_scripts_it_is_a_page(ben, drip):
    lead = make_lead(email="jane@example.com")
    assert "<html" in ben.get(f"/leads/{lead.id}/enrolment").text
    answer = ben.post(f"/leads/{lead.id}/enrolment", data={"flow_id": drip.id, "back": f"/leads/{lead.id}"})
    assert (answer.status_code, answer.location) == (303, f"/leads/{lead.id}")


def test_where_no_flow_is_on_the_dialog_says_so(ben, drip):
    perform(operations.set_flow_enabled, drip, False)
    lead = make_lead(email="jane@example.com")
    assert "No flow is on" in ben.get(f"/leads/{lead.id}/enrolment", hx=True).text
    assert ben.post(f"/leads/{lead.id}/enrolment", data={"flow_id": drip.id}, hx=True).status_code == 422
