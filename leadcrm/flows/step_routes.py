"""One step of the draft: written, switched, moved, copied, removed."""

from typing import Any

from flask import request, url_for

from leadcrm.core.db import get_or_404, perform
from leadcrm.core.errors import DomainError, NotFound
from leadcrm.core.web import add_errors, fragment, go, is_partial
from leadcrm.flows import operations
from leadcrm.flows.blueprint import blueprint, editors_only, flow_url, may_edit, posted_revision
from leadcrm.flows.canvas import condition_words, preview_context, redrawn, step_context, step_refused, step_saved
from leadcrm.flows.document import StepDocument
from leadcrm.flows.draft_queries import Draft, draft_of
from leadcrm.flows.edits import AddStep, DuplicateStep, EditStep, RemoveStep, SwitchStep
from leadcrm.flows.forms import StepForm
from leadcrm.flows.models import LAST_DAY, Flow, FlowStep
from leadcrm.flows.only_if import TypedCondition
from leadcrm.flows.operations import StaleDraft
from leadcrm.flows.wording import effect_words
from leadcrm.identity import queries as identity


@blueprint.get("/flows/<flow_id>/steps/new")
@editors_only
def new_step(flow_id: str):
    flow = get_or_404(Flow, flow_id)
    if not is_partial():
        return go(flow_url(flow, new=request.args.get("day", 0)))
    draft = draft_of(flow)
    return fragment("flows/_inspector.html", flow=flow, draft=draft, **blank_step(draft))


@blueprint.post("/flows/<flow_id>/steps")
@editors_only
def add_step(flow_id: str):
    flow = get_or_404(Flow, flow_id)
    form, condition = StepForm(request.form), _typed_condition()
    if form.validate() and not condition.errors:
        edit = AddStep(form.to_data(condition.only_if))
        try:
            draft = perform(operations.change_draft, flow, posted_revision(), edit)
            return step_saved(flow, draft, edit.step_id, f"{form.name.data} was added to the draft.")
        except StaleDraft:
            raise
        except DomainError as error:
            add_errors(form, error)
    return step_refused(flow, draft_of(flow), step_context(None, form, condition))


@blueprint.get("/flows/<flow_id>/steps/<step_id>")
def show_step(flow_id: str, step_id: str):
    flow = get_or_404(Flow, flow_id)
    draft = draft_of(flow)
    step = draft.document.step(step_id)
    if not is_partial():
        return go(flow_url(flow, step=step.id))
    return fragment("flows/_inspector.html", flow=flow, draft=draft, **shown_step(draft, step))


@blueprint.post("/flows/<flow_id>/steps/<step_id>")
@editors_only
def edit_step(flow_id: str, step_id: str):
    flow = get_or_404(Flow, flow_id)
    form, condition = StepForm(request.form), _typed_condition()
    if form.validate() and not condition.errors:
        try:
            edit = EditStep(step_id, form.to_data(condition.only_if))
            draft = perform(operations.change_draft, flow, posted_revision(), edit)
            return step_saved(flow, draft, step_id, f"{form.name.data} was saved in the draft.")
        except (StaleDraft, NotFound):
            raise
        except DomainError as error:
            add_errors(form, error)
    draft = draft_of(flow)
    return step_refused(flow, draft, step_context(draft.document.step(step_id), form, condition))


@blueprint.post("/flows/<flow_id>/steps/<step_id>/enablement")
@editors_only
def switch_step(flow_id: str, step_id: str):
    """At once of a step that is live; of one that only the draft has, in the draft."""
    flow = get_or_404(Flow, flow_id)
    draft = draft_of(flow)
    step, enabled = draft.document.step(step_id), "enabled" in request.form
    now = f"{step.name} is {'on' if enabled else 'off'}."
    if step.id not in draft.live_ids:
        edit = SwitchStep(step.id, enabled)
        return redrawn(flow, perform(operations.change_draft, flow, posted_revision(), edit), toast=now)
    effect = perform(operations.set_step_enabled, get_or_404(FlowStep, step.id), enabled)
    return redrawn(flow, draft_of(flow), toast=now + effect_words(effect), saves_draft=False)


@blueprint.post("/flows/<flow_id>/steps/<step_id>/copy")
@editors_only
def copy_step(flow_id: str, step_id: str):
    flow = get_or_404(Flow, flow_id)
    edit = DuplicateStep(step_id)
    draft = perform(operations.change_draft, flow, posted_revision(), edit)
    return redrawn(flow, draft, toast=f"{draft.document.step(edit.copy_id).name} was added to the draft.")


@blueprint.post("/flows/<flow_id>/steps/<step_id>/deletion")
@editors_only
def delete_step(flow_id: str, step_id: str):
    flow = get_or_404(Flow, flow_id)
    name = draft_of(flow).document.step(step_id).name
    draft = perform(operations.change_draft, flow, posted_revision(), RemoveStep(step_id))
    undo = url_for(".undo", flow_id=flow.id, revision=draft.revision)
    return redrawn(flow, draft, toast=f"{name} was removed from the draft.", undo=undo, closes_panel=True)


@blueprint.post("/flows/<flow_id>/draft")
@editors_only
def redraw_form(flow_id: str):
    """The form for another type of step, or with a condition more or less, and everything typed so far."""
    flow = get_or_404(Flow, flow_id)
    step = draft_of(flow).document.step(request.args["step"]) if request.args.get("step") else None
    condition = TypedCondition.redrawn(request.form, request.args.get("add", ""), request.args.get("remove", ""))
    return fragment("flows/_step_form.html", flow=flow, **step_context(step, StepForm(request.form), condition))


@blueprint.post("/flows/<flow_id>/preview")
@editors_only
def preview(flow_id: str):
    get_or_404(Flow, flow_id)
    return fragment("flows/_preview.html", **preview_context(StepForm(request.form)))


def _typed_condition() -> TypedCondition:
    return TypedCondition.read(request.form, [user.id for user in identity.colleagues()])


def shown_step(draft: Draft, step: StepDocument) -> dict[str, Any]:
    """For the panel with a step of the draft."""
    form = StepForm.of(step, draft.revision) if may_edit() else None
    return step_context(step, form, only_if_words=condition_words([step]).get(step.id))


def blank_step(draft: Draft) -> dict[str, Any]:
    """For the panel with a new step, on the day the address names."""
    day = request.args.get("new") or request.args.get("day", "")
    form = StepForm(data={"revision": draft.revision})
    form.day.data = int(day) if day.isascii() and day.isdigit() and int(day) <= LAST_DAY else 0
    form.time_type.data = "specific" if form.day.data else "immediately"
    return step_context(None, form, is_blank=True)
