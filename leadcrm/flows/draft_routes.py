"""The draft as a whole: taken back, done again, discarded, renamed; and steps that are put elsewhere in it."""

from typing import Any

from flask import request

from leadcrm.core.db import get_or_404, perform
from leadcrm.core.errors import DomainError, NotFound
from leadcrm.core.web import add_errors, render
from leadcrm.flows import moving, operations
from leadcrm.flows.blueprint import blueprint, editors_only, posted_revision
from leadcrm.flows.canvas import redrawn
from leadcrm.flows.document import StepDocument
from leadcrm.flows.draft_queries import Draft, draft_of
from leadcrm.flows.edits import MoveStep, RenameFlow
from leadcrm.flows.forms import NameForm, PlaceForm
from leadcrm.flows.models import LAST_DAY, Flow
from leadcrm.flows.operations import StaleDraft
from leadcrm.flows.wording import save_words, when_words


@blueprint.post("/flows/<flow_id>/undo")
@editors_only
def undo(flow_id: str):
    flow = get_or_404(Flow, flow_id)
    before = draft_of(flow)
    toast = f"Undone: {save_words(before.undo_words, before.undo_changes)}"
    return redrawn(flow, perform(operations.undo, flow, posted_revision()), toast=toast, closes_panel=True)


@blueprint.post("/flows/<flow_id>/redo")
@editors_only
def redo(flow_id: str):
    flow = get_or_404(Flow, flow_id)
    before = draft_of(flow)
    toast = f"Again: {save_words(before.redo_words, before.redo_changes)}"
    return redrawn(flow, perform(operations.redo, flow, posted_revision()), toast=toast, closes_panel=True)


@blueprint.post("/flows/<flow_id>/discarding")
@editors_only
def discard(flow_id: str):
    flow = get_or_404(Flow, flow_id)
    draft = perform(operations.discard_draft, flow, posted_revision())
    return redrawn(flow, draft, toast="The draft is what is live again.", closes_panel=True)


@blueprint.get("/flows/<flow_id>/name")
@editors_only
def name_flow(flow_id: str):
    draft = draft_of(get_or_404(Flow, flow_id))
    return _name_form(draft, NameForm(data={"name": draft.document.name}))


@blueprint.post("/flows/<flow_id>/name")
@editors_only
def rename_flow(flow_id: str):
    flow = get_or_404(Flow, flow_id)
    form = NameForm(request.form)
    if form.validate():
        try:
            draft = perform(operations.change_draft, flow, posted_revision(), RenameFlow(form.name.data))
            return redrawn(flow, draft, toast=f"The flow will be called {draft.document.name}.")
        except StaleDraft:
            raise
        except DomainError as error:
            add_errors(form, error)
    return _name_form(draft_of(flow), form, status=422)


@blueprint.post("/flows/<flow_id>/placement")
@editors_only
def place_step(flow_id: str):
    """A step was dropped on a day, as the so-manieth of it. Another day is saved; another time is proposed."""
    flow = get_or_404(Flow, flow_id)
    draft = draft_of(flow)
    step = draft.document.step(request.form.get("step_id", ""))
    day, position = (request.form.get(name, -1, type=int) for name in ("day", "position"))
    if not 0 <= day <= LAST_DAY:
        raise DomainError(f"A day from 0 to {LAST_DAY}.", "day")
    if draft.revision != posted_revision() or day != step.day:
        return _moved(flow, MoveStep(step.id, day, step.time))
    _, wall = moving.proposed_move(draft.document, step.id, day, position)
    if wall == step.time:
        return redrawn(flow, draft, toast=f"{step.name} stays: steps of a day stand in the order of their times.")
    move = _move_context(draft, step, PlaceForm.at(day, wall))
    return redrawn(flow, draft, toast=f"Choose when {step.name} goes out.", move=move)


@blueprint.get("/flows/<flow_id>/steps/<step_id>/place")
@editors_only
def choose_place(flow_id: str, step_id: str):
    flow = get_or_404(Flow, flow_id)
    draft = draft_of(flow)
    step = draft.document.step(step_id)
    return _place_form(flow, draft, step, PlaceForm.at(step.day, step.time))


@blueprint.post("/flows/<flow_id>/steps/<step_id>/place")
@editors_only
def move_step(flow_id: str, step_id: str):
    flow = get_or_404(Flow, flow_id)
    form = PlaceForm(request.form)
    if form.validate():
        try:
            return _moved(flow, MoveStep(step_id, form.day.data, form.wall_time))
        except (StaleDraft, NotFound):
            raise
        except DomainError as error:
            add_errors(form, error)
    draft = draft_of(flow)
    return _place_form(flow, draft, draft.document.step(step_id), form, status=422)


def _moved(flow: Flow, edit: MoveStep):
    draft = perform(operations.change_draft, flow, posted_revision(), edit)
    step = draft.document.step(edit.step_id)
    return redrawn(flow, draft, toast=f"{step.name} now goes out on {when_words(step)}.")


def _move_context(draft: Draft, step: StepDocument, form: PlaceForm) -> dict[str, Any]:
    return {"flow_id": draft.flow_id, "step": step, "form": form, "revision": draft.revision}


def _place_form(flow: Flow, draft: Draft, step: StepDocument, form: PlaceForm, status: int = 200):
    context = {"move": _move_context(draft, step, form)}
    return render("flows/place.html", "flows/_place_dialog.html", status=status, flow=flow, **context)


def _name_form(draft: Draft, form: NameForm, status: int = 200):
    context = {"flow_id": draft.flow_id, "revision": draft.revision, "form": form}
    return render("flows/name.html", "flows/_name_dialog.html", status=status, **context)
