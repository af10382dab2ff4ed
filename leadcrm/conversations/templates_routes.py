"""Templates: words to reuse, with merge fields."""

from flask import request, url_for

from leadcrm.conversations import merge, operations, queries
from leadcrm.conversations.blueprint import blueprint
from leadcrm.conversations.forms import TemplateForm
from leadcrm.conversations.models import Template
from leadcrm.conversations.operations.composing import fill_what_is_known, restore_template, values_for
from leadcrm.core.db import get_or_404, perform
from leadcrm.core.errors import DomainError
from leadcrm.core.web import add_errors, fragment, go, is_partial, render, toast_partial
from leadcrm.identity.permissions import me
from leadcrm.leads.models import Lead

LONGEST_PREVIEW = 20_000


@blueprint.get("/templates")
def templates():
    """All templates, those in use first; `?archived=1` shows the others."""
    is_archive = request.args.get("archived") == "1"
    rows = queries.archived_templates() if is_archive else queries.templates()
    return render("templates/index.html", "templates/_list.html", templates=rows, is_archive=is_archive)


@blueprint.get("/templates/new")
def new_template():
    """An empty form."""
    return _page(None, TemplateForm(channel=request.args.get("channel", "email")))


@blueprint.post("/templates")
def create_template():
    """Write one."""
    return _save(None)


@blueprint.get("/templates/<template_id>")
def template(template_id: str):
    """Its form."""
    row = get_or_404(Template, template_id)
    return _page(row, TemplateForm(obj=row))


@blueprint.post("/templates/<template_id>")
def edit_template(template_id: str):
    """Change it; messages made from it keep their words."""
    return _save(get_or_404(Template, template_id))


@blueprint.post("/templates/<template_id>/archival")
def archive_template(template_id: str):
    """Out of every list, with undo."""
    row = get_or_404(Template, template_id)
    perform(operations.archive_template, row)
    undo = url_for("conversations.bring_back_template", template_id=row.id)
    return _list_again("Archived.", undo)


@blueprint.post("/templates/<template_id>/restoration")
def bring_back_template(template_id: str):
    """Back among those in use."""
    row = perform(restore_template, get_or_404(Template, template_id))
    return _list_again(f"{row.name} is back.", None)


@blueprint.post("/templates/preview")
def preview_template():
    """How the words typed so far read for a lead of the organization; unknown fields are named."""
    form = TemplateForm(request.form)
    lead = queries.preview_lead(me(), request.form.get("preview_lead"))
    return fragment("templates/_preview.html", **_preview(form, lead))


def _save(row: Template | None):
    form = TemplateForm(request.form)
    if form.validate():
        try:
            perform(
                operations.save_template,
                row,
                name=form.name.data,
                channel=form.channel.data,
                subject=form.subject.data or "",
                content=form.content.data,
            )
            return go(url_for("conversations.templates"))
        except DomainError as error:
            add_errors(form, error)
    return _page(row, form, status=422)


def _page(row: Template | None, form: TemplateForm, status: int = 200):
    people = queries.preview_leads(me())
    choices = [(lead.id, lead.name) for lead in people]
    context = {"template": row, "form": form, "people": people, "preview_choices": choices, "fields": merge.FIELDS}
    preview = _preview(form, people[0] if people else None)
    return render("templates/edit.html", "templates/_form.html", status=status, **context, **preview)


def _preview(form: TemplateForm, lead: Lead | None) -> dict:
    subject = (form.subject.data or "")[:LONGEST_PREVIEW] if form.channel.data == "email" else ""
    content = (form.content.data or "")[:LONGEST_PREVIEW]
    values = values_for(lead) if lead is not None else {}
    text = f"{subject}\n{content}"
    return {
        "lead": lead,
        "subject": fill_what_is_known(subject, values),
        "content": fill_what_is_known(content, values),
        "unknown": merge.misspelt_fields(text),
        "holes": _holes(text, values),
    }


def _holes(text: str, values: dict[str, str]) -> list[str]:
    try:
        merge.render(text, values)
    except merge.Hole as hole:
        return [name for name in hole.names if name in merge.FIELDS]
    return []


def _list_again(toast: str, undo: str | None):
    if not is_partial():
        return go(url_for("conversations.templates"))
    listed = fragment("templates/list.swap.html", templates=queries.templates(), is_archive=False)
    listed.data += toast_partial(toast, undo=undo).encode()
    return listed
