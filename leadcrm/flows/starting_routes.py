"""How a flow begins: empty, from an example, from a file, as a copy of another."""

from typing import Any

from flask import Response, flash, request, url_for
from werkzeug.utils import secure_filename

from leadcrm.core.db import get_or_404, perform
from leadcrm.core.errors import DomainError, NotFound
from leadcrm.core.web import add_errors, go, render
from leadcrm.flows import files, operations
from leadcrm.flows.blueprint import blueprint, editors_only, flow_url
from leadcrm.flows.document import FlowDocument
from leadcrm.flows.draft_queries import draft_of
from leadcrm.flows.forms import StartForm
from leadcrm.flows.models import Flow
from leadcrm.flows.seed import EXAMPLES, Example
from leadcrm.identity import queries as identity

IS_OFF = "{} is ready and switched off. Look through it, then switch it on."


@blueprint.get("/flows/new")
@editors_only
def new_flow():
    return _start_page(StartForm(request.args))


@blueprint.post("/flows")
@editors_only
def create():
    form = StartForm(request.form)
    if form.validate():
        try:
            return go(flow_url(_begun(form)))
        except DomainError as error:
            add_errors(form, error)
    return _start_page(form, status=422)


@blueprint.post("/flows/import")
@editors_only
def import_flow():
    """A new flow from a file, switched off; its address names the steps whose condition was left out."""
    try:
        read = files.read(_posted(), {user.id for user in identity.colleagues()})
    except DomainError as error:
        return _start_page(StartForm(), status=422, file_problem=error.message)
    return _ready(
        perform(operations.create_flow_from, read.document, read.trigger), left_out=".".join(read.left_out) or None
    )


@blueprint.post("/flows/<flow_id>/copy")
@editors_only
def copy_flow(flow_id: str):
    return _ready(perform(operations.copy_flow, get_or_404(Flow, flow_id)))


@blueprint.get("/flows/<flow_id>/export")
def export_flow(flow_id: str):
    """The flow as it is drafted, as a file."""
    flow = get_or_404(Flow, flow_id)
    document = draft_of(flow).document
    trigger = flow.trigger if flow.trigger in files.CHOOSABLE else "manual"
    response = Response(files.written(document, trigger), mimetype="application/json")
    name = secure_filename(document.name).lower() or "flow"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.flow.json"'
    return response


def _begun(form: StartForm) -> Flow:
    if form.example.data:
        example = _example(form.example.data)
        document = example.document()
        if form.name.data:
            document = FlowDocument(form.name.data, document.steps)
        return perform(operations.create_flow_from, document, example.trigger)
    return perform(operations.create_flow, form.name.data, form.trigger.data)


def _example(key: str) -> Example:
    for example in EXAMPLES:
        if example.key == key:
            return example
    raise NotFound


def _posted() -> bytes:
    upload = request.files.get(files.FIELD)
    if upload is None or not upload.filename:
        raise DomainError("Choose a file.", files.FIELD)
    return upload.stream.read(files.LARGEST + 1)


def _ready(flow: Flow, **query: Any):
    flash(IS_OFF.format(flow.name), "success")
    return go(flow_url(flow, **query))


def _start_page(form: StartForm, *, status: int = 200, file_problem: str = ""):
    context: dict[str, Any] = {
        "form": form,
        "examples": [(example, example.document().steps) for example in EXAMPLES],
        "file_problem": file_problem,
        "import_url": url_for("flows.import_flow"),
    }
    return render("flows/new.html", "flows/_new.html", status=status, **context)
