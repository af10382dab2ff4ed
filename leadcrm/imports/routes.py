"""Pages of imports: a file brought, its columns chosen, its rows looked through, taken in."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, Response, flash, request, stream_with_context, url_for

from leadcrm.core import tenancy
from leadcrm.core.csv_cells import BYTE_ORDER_MARK, csv_lines
from leadcrm.core.db import end_reading, get_or_404, perform
from leadcrm.core.errors import DomainError
from leadcrm.core.forms import has_control_characters
from leadcrm.core.security import takes_up_to
from leadcrm.core.web import add_errors, fragment, go, is_partial, render
from leadcrm.identity import queries as identity
from leadcrm.identity.permissions import me, requires
from leadcrm.imports import operations, queries, wording
from leadcrm.imports.columns import MEANINGS
from leadcrm.imports.csv_files import DELIMITERS, ENCODINGS, LARGEST_FILE, MOST_ROWS, Unreadable, Writing
from leadcrm.imports.data import Plan
from leadcrm.imports.first_look import FirstLook, first_look, samples_of
from leadcrm.imports.forms import PlanForm, StartForm, WritingForm
from leadcrm.imports.models import BEFORE_START, Import
from leadcrm.imports.preview import line_of
from leadcrm.imports.reading import RowReader

blueprint = Blueprint("imports", __name__)

importers_only = requires("owner", "manager", "marketing")
FIELD = "file"  # of the form that takes one


@blueprint.context_processor
def _for_templates() -> dict[str, Any]:
    return {
        "wording": wording,
        "most_rows": MOST_ROWS,
        "largest": LARGEST_FILE,
        "encodings": ENCODINGS,
        "delimiters": DELIMITERS,
        "meanings": MEANINGS,
    }


@blueprint.get("/imports")
@importers_only
def index():
    """A place to drop a file, and below it the imports there were."""
    return _index_page()


@blueprint.post("/imports")
@importers_only
@takes_up_to(2 * LARGEST_FILE)
def upload():
    """Keep a file and show what its columns mean; one that cannot be read says why, and is forgotten."""
    chosen = request.files.get(FIELD)
    if chosen is None or not chosen.filename:
        return _index_page(status=422, problem="Choose a file.")
    data, name = chosen.stream.read(LARGEST_FILE + 1), _shown_name(chosen.filename)
    country = identity.organization().country
    try:
        look = first_look(data, country)
    except Unreadable as problem:
        return _index_page(status=422, problem=f"{name}: {problem}")
    end_reading()
    found = perform(
        operations.begin_import, name, data, look.writing, look.headings, look.rows, look.plan(country), me()
    )
    return go(_url(found))


@blueprint.get("/imports/<import_id>")
@importers_only
def show(import_id: str):
    """The import where it stands; `?rows=` and `?cursor=` page through its rows."""
    return _show(get_or_404(Import, import_id))


@blueprint.post("/imports/<import_id>/writing")
@importers_only
def read_otherwise(import_id: str):
    """The file is written otherwise than we thought."""
    found, form = get_or_404(Import, import_id), WritingForm(request.form)
    if not form.validate():
        return _show(found, status=422, writing_form=form)
    try:
        look = _look_again(found, form.writing())
        perform(operations.read_otherwise, found, look.writing, look.headings, look.rows, look.plan(_country()))
    except Unreadable as problem:
        form.form_errors.append(str(problem))
        return _show(found, status=422, writing_form=form)
    return go(_url(found))


@blueprint.post("/imports/<import_id>/plan")
@importers_only
def choose_plan(import_id: str):
    """What the columns mean: every row is looked at by it."""
    found = get_or_404(Import, import_id)
    form = PlanForm.posted(request.form, len(found.headings))
    form.offer_owners(identity.staff())
    if not form.validate():
        return _show(found, status=422, form=form)
    try:
        perform(operations.choose_plan, found, form.plan())
    except DomainError as error:
        add_errors(form, error)
        return _show(get_or_404(Import, import_id), status=error.status, form=form)
    return go(_url(found))


@blueprint.post("/imports/<import_id>/mapping")
@importers_only
def map_again(import_id: str):
    return _changed(import_id, operations.map_again)


@blueprint.post("/imports/<import_id>/start")
@importers_only
def start(import_id: str):
    return _changed(import_id, operations.start_import, announces=StartForm(request.form).announces.data)


@blueprint.post("/imports/<import_id>/stop")
@importers_only
def stop(import_id: str):
    return _changed(import_id, operations.stop_import)


@blueprint.post("/imports/<import_id>/resume")
@importers_only
def resume(import_id: str):
    return _changed(import_id, operations.resume_import)


@blueprint.post("/imports/<import_id>/reversal")
@importers_only
def revert(import_id: str):
    return _changed(import_id, operations.revert_import)


@blueprint.post("/imports/<import_id>/removal")
@importers_only
def discard(import_id: str):
    found = get_or_404(Import, import_id)
    perform(operations.discard_import, found)
    flash(f"{found.file_name} was not imported, and is gone.", "success")
    return go(url_for("imports.index"))


@blueprint.get("/imports/<import_id>/refused.csv")
@importers_only
def refused(import_id: str):
    """The rows that were refused as a file, to be mended and brought again: as they came, with the reason behind."""
    found = get_or_404(Import, import_id)
    response = Response(stream_with_context(tenancy.carried(_refused_lines(found))), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="refused-rows.csv"'
    return response


def _refused_lines(found: Import) -> Iterator[str]:
    yield BYTE_ORDER_MARK + csv_lines([[*found.headings, "Why it was refused"]])
    for row in queries.refused_rows(found.id):
        yield csv_lines([[*row.cells, row.reason]])


def _index_page(*, status: int = 200, problem: str = ""):
    page = queries.import_page(request.args.get("cursor") or None)
    links = {
        name: url_for("imports.index", cursor=cursor) if cursor else None
        for name, cursor in (("next_url", page.next), ("previous_url", page.previous))
    }
    context = {"imports": page.items, "problem": problem, **links}
    return render("imports/index.html", "imports/_list.html", status=status, **context)


def _changed(import_id: str, verb: Callable[..., Import], **how: Any):
    found = get_or_404(Import, import_id)
    try:
        perform(verb, found, **how)
    except DomainError as error:
        return _show(get_or_404(Import, import_id), status=error.status, problem=error.message)
    return go(_url(found)) if not is_partial() else _show(get_or_404(Import, import_id))


def _show(found: Import, *, status: int = 200, problem: str = "", **forms: Any):
    context: dict[str, Any] = {"found": found, "problem": problem, "start_form": StartForm()}
    if found.state == "mapping" or (forms and found.state in BEFORE_START):
        context |= _mapping_context(found, **forms)
    elif found.state != "checking":
        context |= _rows_context(found)
    if is_partial():
        return fragment("imports/show.swap.html", status=status, **context)
    return render("imports/show.html", "imports/_show.html", status=status, **context)


def _mapping_context(
    found: Import, form: PlanForm | None = None, writing_form: WritingForm | None = None
) -> dict[str, Any]:
    writing = Writing(found.encoding, found.delimiter)
    form = form or PlanForm.of(Plan.from_json(found.plan))
    form.offer_owners(identity.staff())
    return {
        "form": form,
        "writing_form": writing_form or WritingForm(data=vars(writing)),
        "samples": samples_of(queries.content_of(found.id), writing),
    }


def _rows_context(found: Import) -> dict[str, Any]:
    asked = request.args.get("rows", "")
    shown = asked if asked in queries.SHOWN else ""
    page = queries.row_page(found.id, shown, request.args.get("cursor") or None)
    reader = RowReader(Plan.from_json(found.plan), found.headings, identity.colleagues())
    links = {
        name: url_for("imports.show", import_id=found.id, rows=shown or None, cursor=cursor) if cursor else None
        for name, cursor in (("next_url", page.next), ("previous_url", page.previous))
    }
    names = queries.names_of([row.lead_id for row in page.items])
    return {"lines": [line_of(row, reader, names.get(row.lead_id, "")) for row in page.items], "shown": shown, **links}


def _look_again(found: Import, writing: Writing) -> FirstLook:
    look = first_look(queries.content_of(found.id), _country(), writing)
    end_reading()
    return look


def _url(found: Import) -> str:
    return url_for("imports.show", import_id=found.id)


def _shown_name(name: str) -> str:
    """What a file was called, for eyes only."""
    return "".join(c for c in name.rpartition("/")[2] if not has_control_characters(c))[-120:] or "file.csv"


def _country() -> str:
    return identity.organization().country
