"""The builder's canvas: what it shows of a draft, and how it is answered anew after a change."""

from collections.abc import Iterable
from typing import Any

from flask import request

from leadcrm.conversations import merge
from leadcrm.conversations.condition_fields import LEAD_FIELDS
from leadcrm.conversations.conditions import sentence
from leadcrm.conversations.queries import sending_rules
from leadcrm.core import clock
from leadcrm.core.errors import DomainError
from leadcrm.core.web import fragment, go, is_partial, render
from leadcrm.flows import queries
from leadcrm.flows.blueprint import blueprint, flow_url, posted_revision
from leadcrm.flows.changes import ADDED, MOVED, Change, differences
from leadcrm.flows.document import FlowDocument, StepDocument
from leadcrm.flows.draft_queries import Draft
from leadcrm.flows.edits import Edit
from leadcrm.flows.forms import StepForm
from leadcrm.flows.models import CHANNEL_OF_TYPE, Flow
from leadcrm.flows.only_if import PREFIX, TypedCondition
from leadcrm.flows.operations import StaleDraft
from leadcrm.flows.wording import change_words
from leadcrm.identity import queries as identity
from leadcrm.identity.permissions import me

NEW, MOVED_BADGE, CHANGED = ("New", "green"), ("Moved", "violet"), ("Changed", "amber")


def canvas_context(flow: Flow, draft: Draft) -> dict[str, Any]:
    """For canvas and header; the number of queries does not grow with the steps, nor their work with the leads."""
    changes = draft.changes
    return {
        "flow": flow,
        "draft": draft,
        "builds_on": draft.revision,
        "changes": changes,
        "steps": draft.document.steps,
        "badges": step_badges(changes),
        "condition_words": condition_words(draft.document.steps),
        "running": queries.running_count(flow.id),
        "drawn_at": "" if request.method == "GET" else clock.real_now().timestamp(),  # after a change numbers are older
    }


def step_badges(changes: list[Change]) -> dict[str, list[tuple[str, str]]]:
    """How the steps of a draft differ from what is live, by step id: words and tone of each badge."""
    found: dict[str, list[tuple[str, str]]] = {}
    for change in changes:
        if change.step_id is None or change.after is None:
            continue
        badge = {ADDED: NEW, MOVED: MOVED_BADGE}.get(change.kind, CHANGED)
        of_step = found.setdefault(change.step_id, [])
        if badge not in of_step:
            of_step.append(badge)
    return found


def step_context(
    step: StepDocument | None, form: StepForm | None, condition: TypedCondition | None = None, **more: Any
) -> dict[str, Any]:
    """For the side panel; without a form it is only read. `condition`: as typed, else the step's own."""
    if form is None:
        return {"step": step, "form": None, **more}
    window = sending_rules().windows.get(CHANNEL_OF_TYPE.get(form.type.data, ""))
    typed = condition_context(condition or TypedCondition.of(step and step.only_if))
    return {"step": step, "form": form, "window": window, **preview_context(form), **typed, **more}


def condition_context(condition: TypedCondition) -> dict[str, Any]:
    """For the editor of the step's condition."""
    return {
        "conditions": condition.group,
        "prefix": PREFIX,
        "fields": LEAD_FIELDS,
        "people": [(user.id, user.name) for user in identity.colleagues()],
        "errors": condition.errors,
        "cursor": condition.cursor,
    }


def condition_words(steps: Iterable[StepDocument]) -> dict[str, str]:
    """What steps depend on, as sentences by step id; of most there is nothing to say."""
    conditional = {step.id: step.only_if for step in steps if step.only_if}
    names = {user.id: user.name for user in identity.colleagues()} if conditional else {}
    return {step_id: sentence(only_if, names) for step_id, only_if in conditional.items()}


def preview_context(form: StepForm) -> dict[str, Any]:
    """The typed words as a lead would read them, or what is wrong with them."""
    chosen = request.values.get("lead", "").replace("\x00", "")
    lead = queries.preview_lead(me(), chosen)
    subject, content = form.subject.data or "", form.content.data or ""
    preview = {
        "lead": lead,
        "is_chosen": lead is not None and lead.id == chosen,
        "channel": CHANNEL_OF_TYPE.get(form.type.data),
        "problem": "",
    }
    try:
        unknown = merge.misspelt_fields(f"{subject}\n{content}")
        if unknown:
            raise ValueError(f"We do not know {', '.join(f'{{{name}}}' for name in unknown)}.")
        values = queries.merge_values(lead.id) if lead else {}
        preview |= {"subject": merge.render(subject, values), "content": merge.render(content, values)}
    except ValueError as problem:
        preview["problem"] = str(problem)
    return {"preview": preview}


def redrawn(
    flow: Flow,
    draft: Draft,
    *,
    status: int = 200,
    toast: str,
    undo: str | None = None,
    closes_panel: bool = False,
    move: dict[str, Any] | None = None,
    saves_draft: bool = True,
):
    """What buttons on the canvas answer: the canvas anew, or the page for a browser without scripts.

    `saves_draft`: a form that was open before goes on from this draft, for it holds one's own save and nobody else's.
    """
    context = canvas_context(flow, draft)
    if saves_draft:
        context["builds_on"] = posted_revision()
    if is_partial():
        context |= {"closes_panel": closes_panel, "move": move}
        response = fragment("flows/canvas.swap.html", status=status, toast=toast, undo=undo, **context)
        if move is None:
            response.headers["HX-Trigger"] = "close-dialog"
        return response
    if status == 200:
        return go(flow_url(flow))
    return render("flows/show.html", "flows/_canvas.html", status=status, problem=toast, **context)


def step_saved(flow: Flow, draft: Draft, step_id: str, toast: str):
    """The panel with what is saved now, and the canvas."""
    if not is_partial():
        return go(flow_url(flow, step=step_id))
    step = draft.document.step(step_id)
    context = canvas_context(flow, draft) | step_context(step, StepForm.of(step, draft.revision))
    response = fragment("flows/saved.swap.html", toast=toast, **context)
    response.headers["HX-Trigger"] = "close-dialog"
    return response


def step_refused(flow: Flow, draft: Draft, context: dict[str, Any]):
    """The form with what is wrong beside its fields."""
    if is_partial():
        return fragment("flows/_step_form.html", status=422, flow=flow, **context)
    return render("flows/show.html", "flows/_canvas.html", status=422, **canvas_context(flow, draft) | context)


def _on_top_of(theirs: Draft, edit: Edit | None) -> FlowDocument | None:
    """What the refused edit makes of what the others saved; None when it has lost its ground."""
    try:
        return edit and edit.of(theirs.document)
    except DomainError:
        return None


@blueprint.errorhandler(StaleDraft)
def show_both(stale: StaleDraft):
    """Both versions beside each other; making one's own change anyway is then a decision."""
    theirs, edit = stale.theirs, stale.edit
    mine = _on_top_of(theirs, edit)
    step_id = getattr(edit, "step_id", None)
    again = {name: value for name, value in request.form.items() if name not in ("revision", "csrf_token")}
    context = {
        "flow_id": theirs.flow_id,
        "theirs": theirs,
        "their_words": [change_words(change) for change in theirs.changes],
        "their_step": next((step for step in theirs.document.steps if step.id == step_id), None),
        "my_words": [change_words(change) for change in differences(theirs.document, mine)] if mine else [],
        "my_step": next((step for step in mine.steps if step.id == step_id), None) if mine else None,
        "again": again | {"revision": theirs.revision},
        "message": stale.message,
        "opens_panel": request.endpoint in ("flows.add_step", "flows.edit_step"),
    }
    return render("flows/stale.html", "flows/stale.swap.html", status=409, **context)
