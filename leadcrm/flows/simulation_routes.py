"""Simulating a flow for one lead: what would be sent when, and what would not and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from leadcrm.conversations.queries import sending_rules
from leadcrm.core import clock
from leadcrm.core.db import get_or_404
from leadcrm.core.web import fragment, is_partial, render, target_id
from leadcrm.core.zones import zone
from leadcrm.flows import simulation_queries
from leadcrm.flows.blueprint import blueprint, flow_url
from leadcrm.flows.canvas import canvas_context
from leadcrm.flows.draft_queries import Draft, draft_of
from leadcrm.flows.models import Flow
from leadcrm.flows.reasons import ends
from leadcrm.flows.simulation import OFF, SENT, Entry, Happening, Outcome, simulate
from leadcrm.flows.simulation_forms import HAPPENS, SimulationForm
from leadcrm.identity.permissions import me
from leadcrm.leads import queries as leads
from leadcrm.leads.data import Filters
from leadcrm.leads.models import Lead

COMES_IN_AT = "15:00"
MOST_PEOPLE = 8
LONGEST_QUERY = 200


@dataclass(frozen=True)
class Simulated:
    """What a simulation answers: on whose clock, when the lead comes in, and all that then happens, in order."""

    local: ZoneInfo
    started_at: datetime
    lines: tuple[tuple[str, Outcome | Happening], ...]
    sent: int
    moved: int
    dropped: int


@blueprint.get("/flows/<flow_id>/simulation")
def show_simulation(flow_id: str):
    """The panel beside the rail; its address says all that was asked, and can be shared."""
    flow = get_or_404(Flow, flow_id)
    draft = draft_of(flow)
    context = {"flow": flow, "draft": draft, **_simulation(flow, draft)}
    status = 200 if context["simulated"] else 422
    if is_partial():
        part = "flows/_simulated.html" if target_id() == "simulation" else "flows/_simulation.html"
        return fragment(part, status=status, **context)
    return render("flows/show.html", "flows/_canvas.html", status=status, **canvas_context(flow, draft) | context)


@blueprint.get("/flows/people")
def people():
    """Leads to simulate or preview for, found by what one types of them."""
    typed = request.args.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
    found = leads.lead_list(me(), Filters(q=typed), limit=MOST_PEOPLE)
    return fragment("flows/_people.html", people=found.items)


def _simulation(flow: Flow, draft: Draft) -> dict[str, Any]:
    asked = MultiDict({"version": "draft", "day": "today", "time": COMES_IN_AT})
    asked["timezone"] = current_user.organization.timezone
    for name, values in request.args.lists():
        asked.setlist(name, values)
    form = SimulationForm(asked)
    lead = leads.visible_lead(me(), form.lead.data) if form.lead.data else None
    simulated = _simulated(flow, draft, form, lead) if form.validate() else None
    form.offer_another()
    return {"simulation": form, "lead": lead, "simulated": simulated, "happens": HAPPENS, "close_url": flow_url(flow)}


def _simulated(flow: Flow, draft: Draft, form: SimulationForm, lead: Lead | None) -> Simulated | None:
    """None when something would happen before the lead comes in."""
    policy = sending_rules()
    local = zone(lead.timezone if lead else form.timezone.data)
    started_at = form.started_at(local, clock.now())
    happenings = form.happenings(local, started_at)
    if any(happening.at < started_at for happening in happenings):
        return None
    steps = (draft.live if form.version.data == "live" else draft.document).steps
    if lead:
        person = simulation_queries.person_of(lead, steps, policy)
        entry = Entry(started_at, simulation_queries.next_number(lead.id, flow.id), local)
    else:
        person = simulation_queries.made_up(local, started_at, me())
        entry = Entry(started_at)
    endings = [happening for happening in happenings if ends(happening.what, flow.trigger)]
    outcomes = simulate(steps, entry, person, policy, endings)
    return _told(local, started_at, outcomes, happenings)


def _told(
    local: ZoneInfo, started_at: datetime, outcomes: Sequence[Outcome], happenings: Sequence[Happening]
) -> Simulated:
    settled = [outcome for outcome in outcomes if outcome.status != OFF]
    lines = [("happening", it) for it in happenings] + [("step", it) for it in settled]
    lines.sort(key=lambda line: line[1].at)  # stable: what happens stands before what it stops
    off = [("step", outcome) for outcome in outcomes if outcome.status == OFF]
    sent = [outcome for outcome in settled if outcome.status == SENT]
    moved = sum(outcome.is_moved for outcome in sent)
    return Simulated(local, started_at, (*lines, *off), len(sent), moved, len(settled) - len(sent))
