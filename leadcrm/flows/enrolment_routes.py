"""Letting leads into a flow by hand, one or the ticked ones, and taking that back."""

from flask import Response, flash, request, url_for

from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError
from leadcrm.core.recent import UNDO_WITHIN
from leadcrm.core.values import plural
from leadcrm.core.web import add_errors, fragment, go, is_partial, local_path, render
from leadcrm.flows import operations, queries
from leadcrm.flows.blueprint import blueprint
from leadcrm.flows.forms import EnrolForm
from leadcrm.flows.models import Flow
from leadcrm.identity.permissions import me
from leadcrm.leads import queries as leads
from leadcrm.leads.models import Lead

CHANGED = "lead-changed, messages-changed, close-dialog"
MOST_AT_ONCE = 100
TAKEN_BACK = "A person took it back"


@blueprint.get("/leads/<lead_id>/enrolment")
def choose_flow(lead_id: str):
    lead = leads.visible_lead(me(), lead_id)
    form = _form()
    form.back.data = f"/leads/{lead.id}"
    return _dialog(form, [lead])


@blueprint.post("/leads/<lead_id>/enrolment")
def enrol(lead_id: str):
    lead, form = leads.visible_lead(me(), lead_id), _form()
    if not form.validate():
        return _dialog(form, [lead], status=422)
    flow = _chosen(form)
    try:
        passage = perform(operations.enrol_by_hand, lead, flow, again=form.again.data)
    except DomainError as error:
        add_errors(form, error)
        return _dialog(form, [lead], status=422, may_again=error.field == "again")
    return _done(f"{lead.name} has entered {flow.name}.", [passage.id], f"/leads/{lead.id}")


@blueprint.get("/leads/bulk/enrolment")
def choose_flow_for_many():
    return _dialog(_form(), _ticked())


@blueprint.post("/leads/bulk/enrolment")
def enrol_many():
    ticked, form = _ticked(), _form()
    if not form.validate():
        return _dialog(form, ticked, status=422)
    flow = _chosen(form)
    try:
        enrolled = perform(operations.enrol_ticked, flow, [lead.id for lead in ticked])
    except DomainError as error:
        add_errors(form, error)
        return _dialog(form, ticked, status=422)
    words = f"{plural(len(enrolled.enrolment_ids), 'lead')} entered {flow.name}."
    left_out = "".join(f" {plural(count, 'lead')} {why} and stayed out." for why, count in enrolled.left_out.items())
    return _done(words + left_out, enrolled.enrolment_ids, "/leads")


@blueprint.post("/enrolments/undo")
def take_back():
    """Take back what the last toast said: who entered leaves, and what has not left yet does not."""
    asked = [text for text in request.args.get("ids", "").split(",") if "\x00" not in text][:MOST_AT_ONCE]
    ids = queries.just_enrolled(me(), asked, UNDO_WITHIN)
    count = perform(operations.leave_many, ids, TAKEN_BACK)
    return _done(f"Taken back for {plural(count, 'lead')}." if count else "Nothing to take back: they have left since.")


def _form() -> EnrolForm:
    form = EnrolForm(request.form)
    form.offer([flow for flow in queries.flows_to_choose() if flow.enabled])
    return form


def _chosen(form: EnrolForm) -> Flow:
    return next(flow for flow in queries.flows_to_choose() if flow.id == form.flow_id.data)


def _ticked() -> list[Lead]:
    """The ticked leads this person may see."""
    asked = [lead_id for lead_id in request.values.getlist("ids") if "\x00" not in lead_id][:MOST_AT_ONCE]
    return list(leads.visible_leads(me(), asked))


def _dialog(form: EnrolForm, chosen: list[Lead], *, status: int = 200, may_again: bool = False):
    one = chosen[0] if len(chosen) == 1 and "ids" not in request.values else None
    whom = one.name if one else plural(len(chosen), "lead")
    context = {
        "form": form,
        "title": f"Flow for {whom}",
        "action": request.path,
        "lead_ids": [] if one else [lead.id for lead in chosen],
        "may_again": may_again or bool(form.again.data),
        "back": f"/leads/{one.id}" if one else "/leads",
    }
    return render("flows/enrol.html", "flows/_enrol_dialog.html", status=status, **context)


def _done(toast: str, enrolment_ids=(), back: str = "/leads") -> Response:
    if not is_partial():
        flash(toast, "success")
        return go(local_path(request.form.get("back"), back))
    undo = url_for("flows.take_back", ids=",".join(enrolment_ids)) if enrolment_ids else None
    response = fragment("leads/_nothing.html", toast=toast, undo=undo)
    response.headers["HX-Trigger"] = CHANGED
    return response
