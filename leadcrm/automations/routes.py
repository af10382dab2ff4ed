"""Rules in sentence form, and the log of what they did."""

from datetime import timedelta
from functools import partial
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_login import current_user

from leadcrm.accounts import queries as accounts
from leadcrm.automations import log_queries, operations, queries, webhooks
from leadcrm.automations.examples import EXAMPLES, started_from
from leadcrm.automations.forms import AutomationForm, action_rows, choices, shown_rows, unsavable_actions
from leadcrm.automations.models import RUN_STATES, Automation
from leadcrm.automations.trying import MOST_EVENTS, Trial, try_out
from leadcrm.automations.wording import sentence
from leadcrm.conversations import condition_rows, conditions
from leadcrm.conversations.condition_fields import FIELDS
from leadcrm.core import clock
from leadcrm.core.at_rest import Unreadable
from leadcrm.core.db import get_or_404, perform
from leadcrm.core.errors import Conflict, DomainError, NotFound
from leadcrm.core.web import add_errors, fragment, go, is_partial, render
from leadcrm.identity.permissions import requires, visible_leads_filter
from leadcrm.leads import queries as leads

blueprint = Blueprint("automations", __name__)

EDITORS = ("owner", "manager", "marketing")
editors_only = requires(*EDITORS)
COUNTED = timedelta(days=7)


@blueprint.context_processor
def _for_templates() -> dict[str, Any]:
    return {"may_edit": current_user.role in EDITORS}


@blueprint.get("/automations")
def index():
    return render("automations/index.html", "automations/_list.html", **_list_context())


@blueprint.get("/automations/new")
@editors_only
def new():
    data = started_from(EXAMPLES[key]) if (key := request.args.get("example")) in EXAMPLES else None
    if data is None:
        return _form_page(None, AutomationForm(), conditions.grouped(None), [{"kind": "send_template"}], cursor="name")
    form, group = AutomationForm.of(data), conditions.grouped(data.conditions)
    return _form_page(None, form, group, shown_rows(data.actions), cursor="name")


@blueprint.get("/automations/examples")
@editors_only
def examples():
    return render("automations/examples.html", "automations/_examples.html", examples=EXAMPLES)


@blueprint.post("/automations")
@editors_only
def create():
    return _save(None)


@blueprint.get("/automations/<automation_id>")
def show(automation_id: str):
    automation = _automation(automation_id)
    if current_user.role not in EDITORS:
        return render("automations/show.html", "automations/_sentence.html", **_sentence_context(automation))
    form = AutomationForm.of(automation)
    return _form_page(automation, form, automation.conditions, shown_rows(automation.actions))


@blueprint.post("/automations/<automation_id>")
@editors_only
def edit(automation_id: str):
    return _save(_automation(automation_id))


@blueprint.post("/automations/draft")
@editors_only
def redraw_form():
    """The form with a row more (`add`) or less (`remove`), or other choices in one, and everything typed so far."""
    automation = _automation(request.args["id"]) if request.args.get("id") else None
    add, remove = request.args.get("add", ""), request.args.get("remove", "")
    group, rows = _typed()
    group = condition_rows.edited(group, "conditions", add, remove)
    if add == "actions":
        rows.append({})
    kind, _, index = remove.partition("-")
    if kind == "actions" and index.isdecimal() and int(index) < len(rows):
        del rows[int(index)]
    cursor = condition_rows.added_row(group, "conditions", add) or add
    return _form_page(automation, AutomationForm(request.form), group, rows, cursor=cursor)


@blueprint.post("/automations/test")
@editors_only
def test():
    """What the typed rule would have done on the last matching events. Nothing is saved, nothing is done."""
    automation = _automation(request.args["id"]) if request.args.get("id") else None
    form = AutomationForm(request.form)
    group, rows = _typed()
    errors = condition_rows.unsavable(group, "conditions") | unsavable_actions(rows)
    form.validate()
    if form.errors.keys() <= {"name"} and not errors:  # a rule is tried before it has a name
        form.name.errors = []
        try:
            columns = operations.checked(form.to_data(group, rows))
            trials = try_out(columns, queries.names(), partial(visible_leads_filter, current_user))
            if is_partial():
                return fragment("automations/_trials.html", trials=trials, most=MOST_EVENTS)
            return _form_page(automation, form, group, rows, trials=trials)
        except DomainError as error:
            errors = _errors(form, error, automation)
    return _form_page(automation, form, group, rows, errors=errors, status=422)


@blueprint.post("/automations/<automation_id>/enablement")
@editors_only
def switch(automation_id: str):
    enabled = "enabled" in request.form
    automation = perform(operations.set_automation_enabled, _automation(automation_id), enabled)
    toast = f"{automation.name} is {'on' if enabled else 'off'}."
    if not is_partial():
        return go(url_for(".index"))
    return fragment("automations/_row.html", toast=toast, **_list_context([automation]))


@blueprint.post("/automations/<automation_id>/deletion")
@editors_only
def delete(automation_id: str):
    automation = _automation(automation_id)
    perform(operations.delete_automation, automation)
    return _list(f"{automation.name} was deleted.", undo=url_for(".restore", automation_id=automation.id))


@blueprint.post("/automations/<automation_id>/restoration")
@editors_only
def restore(automation_id: str):
    automation = _automation(automation_id, deleted=True)
    perform(operations.restore_automation, automation)
    return _list(f"{automation.name} is back.")


@blueprint.get("/automations/runs")
def runs():
    filters = {
        "automation_id": request.args.get("automation", ""),
        "lead_id": request.args.get("lead", ""),
        "account_id": request.args.get("account", ""),
        "state": request.args.get("state", "") if request.args.get("state") in RUN_STATES else "",
    }
    sees = partial(visible_leads_filter, current_user)
    page = log_queries.run_log(sees, **filters, cursor=request.args.get("cursor"))
    lead = leads.visible_lead(current_user, filters["lead_id"]) if filters["lead_id"] else None
    account = accounts.visible_account(current_user, filters["account_id"]) if filters["account_id"] else None
    offered = {
        "automations": [("", "All automations"), *((one.id, one.name) for one in queries.automation_list())],
        "states": [("", "All results"), *((state, state.capitalize()) for state in RUN_STATES)],
    }
    return render(
        "automations/runs.html",
        "automations/_runs.html",
        log=page,
        filters=filters,
        subject=lead or account,
        choices=offered,
    )


def _typed() -> tuple[conditions.Group, list[dict[str, Any]]]:
    """Conditions and actions as the form holds them."""
    return condition_rows.group_of(request.form, "conditions"), action_rows(request.form)


def _automation(automation_id: str, *, deleted: bool = False) -> Automation:
    automation = get_or_404(Automation, automation_id)
    if automation.deleted_at is not None and not deleted:
        raise NotFound
    return automation


def _list_context(automations: list[Automation] | None = None) -> dict[str, Any]:
    automations = queries.automation_list() if automations is None else automations
    names = queries.names()
    return {
        "automations": [(automation, sentence(automation, names)) for automation in automations],
        "run_counts": log_queries.run_counts(clock.now() - COUNTED),
    }


def _list(toast: str, undo: str | None = None):
    if not is_partial():
        flash({"words": toast, "undo": undo} if undo else toast, "success")
        return go(url_for(".index"))
    return fragment("automations/list.swap.html", toast=toast, undo=undo, **_list_context())


def _sentence_context(automation: Automation) -> dict[str, Any]:
    return {"automation": automation, "sentence": sentence(automation, queries.names())}


def _save(automation: Automation | None):
    form = AutomationForm(request.form)
    group, rows = _typed()
    errors = condition_rows.unsavable(group, "conditions") | unsavable_actions(rows)
    status = 422
    if form.validate() and not errors:
        data = form.to_data(group, rows)
        try:
            if automation is None:
                saved = perform(operations.create_automation, data)
            else:
                saved = perform(operations.edit_automation, automation, data, form.revision.data or 0)
            return go(url_for(".index", saved=saved.id))
        except DomainError as error:
            status = error.status
            errors = _errors(form, error, automation)
    return _form_page(automation, form, group, rows, errors=errors, status=status)


def _errors(form: AutomationForm, error: DomainError, automation: Automation | None) -> dict[str, str]:
    """The refusal beside its row, or in the form; with what a colleague saved, which saving again replaces."""
    if error.field and error.field.startswith(("conditions-", "actions-")):
        return {error.field: error.message}
    add_errors(form, error)
    if isinstance(error, Conflict) and automation is not None:
        theirs = get_or_404(Automation, automation.id)
        form.revision.data = theirs.revision
        form.form_errors.append(f"It says now: “{theirs.name}”. {sentence(theirs, queries.names())}")
    return {}


def _form_page(
    automation: Automation | None,
    form: AutomationForm,
    group: conditions.Group,
    rows: list[dict[str, Any]],
    *,
    errors: dict[str, str] | None = None,
    cursor: str | None = None,
    trials: list[Trial] | None = None,
    status: int = 200,
):
    names = queries.names()
    return render(
        "automations/edit.html",
        "automations/_form.html",
        status=status,
        automation=automation,
        form=form,
        conditions=group,
        action_rows=rows,
        errors=errors or {},
        cursor=cursor,
        trials=trials,
        most=MOST_EVENTS,
        secret=_secret(automation),
        choices=choices(names),
        prefix="conditions",
        fields=FIELDS,
        people=list(names.users.items()),
        redraw={
            "url": url_for(".redraw_form", id=automation.id if automation else None),
            "target": "#automation-form",
        },
    )


def _secret(automation: Automation | None) -> str | None:
    """What the receivers of the rule's calls check them with; one that cannot be read is not shown."""
    try:
        return webhooks.secret_of(automation) if automation is not None else None
    except Unreadable:
        return None
