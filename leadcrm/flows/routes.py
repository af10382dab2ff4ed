"""The flow builder."""

from typing import Any

from flask import request, url_for

from leadcrm.core.db import get_or_404, perform
from leadcrm.core.errors import DomainError
from leadcrm.core.web import go, render
from leadcrm.flows import (
    campaign_queries,
    draft_routes,
    enrolment_routes,
    number_routes,
    operations,
    passage_routes,
    publishing_routes,
    queries,
    simulation_routes,
    starting_routes,
    step_routes,
    version_routes,
)
from leadcrm.flows.blueprint import blueprint, editors_only, may_edit
from leadcrm.flows.canvas import canvas_context, redrawn
from leadcrm.flows.draft_queries import draft_of
from leadcrm.flows.models import Flow
from leadcrm.flows.wording import effect_words, left_out_words

__all__ = [
    "blueprint",
    "draft_routes",
    "enrolment_routes",
    "number_routes",
    "passage_routes",
    "publishing_routes",
    "simulation_routes",
    "starting_routes",
    "step_routes",
    "version_routes",
]


@blueprint.get("/flows")
def index():
    return render("flows/index.html", "flows/_list.html", flows=queries.flow_list())


@blueprint.get("/flows/<flow_id>")
def show(flow_id: str):
    """`?step=` or `?new=` opens the form of a step, `?left_out=` says why an import switched some off.

    What a campaign says by itself is edited with the campaign.
    """
    flow = get_or_404(Flow, flow_id)
    if flow.trigger == "campaign":
        return go(url_for("campaigns.show", campaign_id=campaign_queries.campaign_that_says(flow.id)))
    draft = draft_of(flow)
    context: dict[str, Any] = {}
    if "step" in request.args:
        context = step_routes.shown_step(draft, draft.document.step(request.args["step"]))
    elif "new" in request.args and may_edit():
        context = step_routes.blank_step(draft)
    if words := left_out_words(draft, request.args.get("left_out", "").split(".")):
        context["problem"] = words
    return render("flows/show.html", "flows/_canvas.html", **canvas_context(flow, draft), **context)


@blueprint.post("/flows/<flow_id>/enablement")
@editors_only
def switch_flow(flow_id: str):
    flow = get_or_404(Flow, flow_id)
    enabled = "enabled" in request.form
    try:
        effect = perform(operations.set_flow_enabled, flow, enabled)
    except DomainError as error:
        return redrawn(flow, draft_of(flow), status=422, toast=error.message, saves_draft=False)
    toast = f"{flow.name} is {'on' if enabled else 'off'}.{effect_words(effect)}"
    return redrawn(flow, draft_of(flow), toast=toast, saves_draft=False)
