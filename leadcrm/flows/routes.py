"""The flow builder."""

from typing import Any

from flask import Blueprint, request, url_for
from flask_login import current_user

from leadcrm.conversations import merge
from leadcrm.core.db import get_or_404, perform
from leadcrm.core.errors import Conflict, DomainError, NotFound
from leadcrm.core.web import add_errors, fragment, go, is_partial, render
from leadcrm.flows import operations, queries
from leadcrm.flows.forms import FlowForm, StepForm
from leadcrm.flows.models import CHANNEL_OF_TYPE, LAST_DAY, Flow, FlowStep
from leadcrm.flows.wording import wall_clock
from leadcrm.identity.permissions import requires

blueprint = Blueprint("flows", __name__)

EDITORS = ("owner", "manager", "marketing")
editors_only = requires(*EDITORS)


@blueprint.context_processor
def _for_templates() -> dict[str, Any]:
    fields = [{"label": words, "attrs": {"data-insert": f"{{{name}}}"}} for name, words in merge.FIELDS.items()]
    return {"may_edit": _may_edit(), "merge_fields": fields, "wall_clock": wall_clock}


@blueprint.get("/flows")
def index():
    return render("flows/index.html", "flows/_list.html", **_list_context(FlowForm()))


@blueprint.post("/flows")
@editors_only
def create():
    form = FlowForm(request.form)
    if form.validate():
        try:
            return go(_url(perform(operations.create_flow, form.name.data)))
        except DomainError as error:
            add_errors(form, error)
    return render("flows/index.html", "flows/_list.html", status=422, **_list_context(form))


@blueprint.get("/flows/<flow_id>")
def show(flow_id: str):
    flow = get_or_404(Flow, flow_id)
    context: dict[str, Any] = {}
    if "step" in request.args:
        context = _step_context(_step(flow, request.args["step"]))
    elif "new" in request.args and _may_edit():
        context = _new_context()
    return render("flows/show.html", "flows/_canvas.html", **_canvas_context(flow), **context)


@blueprint.post("/flows/<flow_id>/enablement")
@editors_only
def switch_flow(flow_id: str):
    flow = get_or_404(Flow, flow_id)
    enabled = "enabled" in request.form
    try:
        effect = perform(operations.set_flow_enabled, flow, enabled)
    except DomainError as error:
        return _canvas(flow, status=422, toast=error.message)
    return _canvas(flow, toast=f"{flow.name} is {'on' if enabled else 'off'}.{_effect_words(effect)}")


@blueprint.get("/flows/<flow_id>/steps/new")
@editors_only
def new_step(flow_id: str):
    flow = get_or_404(Flow, flow_id)
    if not is_partial():
        return go(_url(flow, new=request.args.get("day", 0)))
    return fragment("flows/_inspector.html", flow=flow, **_new_context())


@blueprint.post("/flows/<flow_id>/steps")
@editors_only
def add_step(flow_id: str):
    flow = get_or_404(Flow, flow_id)
    form = StepForm(request.form)
    if form.validate():
        try:
            step = perform(operations.add_step, flow, form.to_data())
            return _saved(flow, step, f"{step.name} was added. Leads already inside do not get it.")
        except DomainError as error:
            add_errors(form, error)
    return _refused(flow, _form_context(None, form))


@blueprint.get("/flows/<flow_id>/steps/<step_id>")
def show_step(flow_id: str, step_id: str):
    flow = get_or_404(Flow, flow_id)
    step = _step(flow, step_id)
    if not is_partial():
        return go(_url(flow, step=step.id))
    return fragment("flows/_inspector.html", flow=flow, **_step_context(step))


@blueprint.post("/flows/<flow_id>/steps/<step_id>")
@editors_only
def edit_step(flow_id: str, step_id: str):
    flow = get_or_404(Flow, flow_id)
    step = _step(flow, step_id)
    form = StepForm(request.form)
    if form.validate():
        try:
            rewording = perform(operations.edit_step, step, form.to_data(), form.revision.data or 0)
            return _saved(flow, step, f"{form.name.data} was saved.{_rewording_words(rewording)}")
        except Conflict as conflict:
            return _stale(flow, step_id, form, conflict)
        except DomainError as error:
            add_errors(form, error)
    return _refused(flow, _form_context(step, form))


@blueprint.post("/flows/<flow_id>/steps/<step_id>/enablement")
@editors_only
def switch_step(flow_id: str, step_id: str):
    flow = get_or_404(Flow, flow_id)
    step = _step(flow, step_id)
    enabled = "enabled" in request.form
    effect = perform(operations.set_step_enabled, step, enabled)
    if not is_partial():
        return go(_url(flow))
    counts = queries.step_counts([step.id])
    toast = f"{step.name} is {'on' if enabled else 'off'}.{_effect_words(effect)}"
    return fragment("flows/_step.html", toast=toast, flow=flow, step=step, step_counts=counts)


@blueprint.post("/flows/<flow_id>/steps/<step_id>/deletion")
@editors_only
def delete_step(flow_id: str, step_id: str):
    flow = get_or_404(Flow, flow_id)
    step = _step(flow, step_id)
    effect = perform(operations.delete_step, step)
    undo = url_for(".restore_step", flow_id=flow.id, step_id=step.id)
    return _canvas(flow, toast=f"{step.name} was deleted.{_effect_words(effect)}", undo=undo, closes_panel=True)


@blueprint.post("/flows/<flow_id>/steps/<step_id>/restoration")
@editors_only
def restore_step(flow_id: str, step_id: str):
    flow = get_or_404(Flow, flow_id)
    step = _step(flow, step_id, deleted=True)
    effect = perform(operations.restore_step, step)
    return _canvas(flow, toast=f"{step.name} is back.{_effect_words(effect)}")


@blueprint.post("/flows/<flow_id>/draft")
@editors_only
def redraw_form(flow_id: str):
    """The form for another type of step, with everything typed so far."""
    flow = get_or_404(Flow, flow_id)
    step = _step(flow, request.args["step"]) if request.args.get("step") else None
    return fragment("flows/_step_form.html", flow=flow, **_form_context(step, StepForm(request.form)))


@blueprint.post("/flows/<flow_id>/preview")
@editors_only
def preview(flow_id: str):
    get_or_404(Flow, flow_id)
    return fragment("flows/_preview.html", **_preview_context(StepForm(request.form)))


def _may_edit() -> bool:
    return current_user.role in EDITORS


def _url(flow: Flow, **query: Any) -> str:
    return url_for("flows.show", flow_id=flow.id, **query)


def _step(flow: Flow, step_id: str, *, deleted: bool = False) -> FlowStep:
    step = get_or_404(FlowStep, step_id)
    if step.flow_id != flow.id or (step.deleted_at is not None and not deleted):
        raise NotFound
    return step


def _list_context(form: FlowForm) -> dict[str, Any]:
    return {"flows": queries.flow_list(), "form": form}


def _canvas_context(flow: Flow) -> dict[str, Any]:
    steps = queries.steps_of(flow.id)
    return {
        "flow": flow,
        "steps": steps,
        "step_counts": queries.step_counts([step.id for step in steps]),
        "running": queries.running_count(flow.id),
    }


def _new_context() -> dict[str, Any]:
    day = request.args.get("new") or request.args.get("day", "")
    form = StepForm()
    form.day.data = int(day) if day.isascii() and day.isdigit() and int(day) <= LAST_DAY else 0
    form.time_type.data = "specific" if form.day.data else "immediately"
    return _form_context(None, form, is_blank=True)


def _step_context(step: FlowStep) -> dict[str, Any]:
    if not _may_edit():
        return {"step": step, "form": None}
    return _form_context(step, StepForm.of(step))


def _form_context(step: FlowStep | None, form: StepForm, **more: Any) -> dict[str, Any]:
    return {"step": step, "form": form, **_preview_context(form), **more}


def _preview_context(form: StepForm) -> dict[str, Any]:
    """The typed words as a lead would read them, or what is wrong with them."""
    leads = queries.sample_leads()
    chosen = request.values.get("lead", "")
    lead = next((lead for lead in leads if lead.id == chosen), leads[0] if leads else None)
    subject, content = form.subject.data or "", form.content.data or ""
    preview = {"lead": lead, "channel": CHANNEL_OF_TYPE.get(form.type.data), "problem": ""}
    try:
        unknown = merge.unknown_fields(f"{subject}\n{content}")
        if unknown:
            raise ValueError(f"We do not know {', '.join(f'{{{name}}}' for name in unknown)}.")
        values = queries.merge_values(lead.id) if lead else {}
        preview |= {"subject": merge.render(subject, values), "content": merge.render(content, values)}
    except ValueError as problem:
        preview["problem"] = str(problem)
    return {"preview": preview, "sample_choices": [(lead.id, lead.name) for lead in leads]}


def _canvas(flow: Flow, *, status: int = 200, toast: str, undo: str | None = None, closes_panel: bool = False):
    """What buttons on the canvas answer: the canvas anew, or the page for a browser without scripts."""
    if is_partial():
        context = _canvas_context(flow)
        return fragment(
            "flows/canvas.swap.html", status=status, toast=toast, undo=undo, closes_panel=closes_panel, **context
        )
    if status == 200:
        return go(_url(flow))
    return render("flows/show.html", "flows/_canvas.html", status=status, problem=toast, **_canvas_context(flow))


def _saved(flow: Flow, step: FlowStep, toast: str):
    if not is_partial():
        return go(_url(flow, step=step.id))
    context = _canvas_context(flow) | _form_context(step, StepForm.of(step))
    return fragment("flows/saved.swap.html", toast=toast, **context)


def _refused(flow: Flow, context: dict[str, Any], status: int = 422):
    if is_partial():
        return fragment("flows/_step_form.html", status=status, flow=flow, **context)
    return render("flows/show.html", "flows/_canvas.html", status=status, **_canvas_context(flow) | context)


def _stale(flow: Flow, step_id: str, form: StepForm, conflict: Conflict):
    """Both versions are shown; saving once more is then a decision."""
    theirs = get_or_404(FlowStep, step_id)
    form.form_errors.append(conflict.message)
    form.revision.data = theirs.revision
    return _refused(flow, _form_context(theirs, form, theirs=theirs), status=409)


def _effect_words(effect: operations.Effect) -> str:
    if effect.goes_on:
        end = "will not be sent" if effect.skipped else "will be sent again"
        return f" More than {_messages(effect.skipped or effect.resumed)} {end}; the bell will say how many."
    if effect.skipped:
        return f" {_messages(effect.skipped)} will not be sent."
    return f" {_messages(effect.resumed)} will be sent again." if effect.resumed else ""


def _rewording_words(rewording: operations.Rewording) -> str:
    if rewording.more:
        return f" More than {_messages(rewording.copies)} now say this."
    copies = rewording.copies
    return f" {_messages(copies)} now {'says' if copies == 1 else 'say'} this." if copies else ""


def _messages(count: int) -> str:
    return f"{count:,} waiting message{'' if count == 1 else 's'}"
