"""The numbers on the rail, and the leads behind each of them."""

from functools import partial

from flask import request, url_for

from leadcrm.conversations.models import Message
from leadcrm.core.db import get_or_404
from leadcrm.core.errors import NotFound
from leadcrm.core.web import fragment, render
from leadcrm.flows import number_queries
from leadcrm.flows.blueprint import blueprint, flow_url
from leadcrm.flows.draft_queries import draft_of
from leadcrm.flows.fates import CLICKED, REPLIED
from leadcrm.flows.models import Flow, FlowStep
from leadcrm.flows.number_queries import NUMBERS
from leadcrm.identity.permissions import me, sees_all_leads


@blueprint.get("/flows/<flow_id>/numbers")
def numbers(flow_id: str):
    """What became of the messages of each `step`, for a rail that is shown already: counting a crowd takes its time."""
    flow = get_or_404(Flow, flow_id)
    draft = draft_of(flow)
    asked = draft.live_ids & set(request.args.getlist("step"))
    steps = [step for step in draft.document.steps if step.id in asked]
    counts = number_queries.step_counts([step.id for step in steps])
    return fragment("flows/numbers.swap.html", flow=flow, steps=steps, step_counts=counts)


@blueprint.get("/flows/<flow_id>/steps/<step_id>/leads")
def leads_behind(flow_id: str, step_id: str):
    """The leads that one number of a step counts: `what`, and `why` for those skipped or failed for one reason."""
    flow, step = get_or_404(Flow, flow_id), get_or_404(FlowStep, step_id)
    if step.flow_id != flow.id:
        raise NotFound
    asked = request.args.get("what", "")
    what = asked if asked in NUMBERS else NUMBERS[0]
    why = request.args.get("why", "").replace("\x00", "")
    page = number_queries.leads_behind(me(), step.id, what, reason=why, cursor=request.args.get("cursor"))
    address = partial(url_for, ".leads_behind", flow_id=flow.id, step_id=step.id)
    context = {
        "flow": flow,
        "step": step,
        "title": step.name,
        "address": address,
        "place": "at this step",
        "what": what,
        "why": why,
        "became": number_queries.step_counts([step.id])[step.id],
        "numbers": NUMBERS,
        "reasons": [] if what in (REPLIED, CLICKED) else number_queries.reasons(what, Message.step_id == step.id),
        "listing": page,
        "sees_all": sees_all_leads(me()),
        "back": flow_url(flow) if step.deleted_at else flow_url(flow, step=step.id),
        "here": address(what=what, why=why or None),
    }
    return render("flows/leads_behind.html", "flows/_leads_behind.html", **context)
