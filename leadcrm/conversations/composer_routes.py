"""The composer: drafts, files, templates, send, schedule."""

from typing import Any

from flask import request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from leadcrm.conversations import operations, queries, storage, thread_queries
from leadcrm.conversations.attachments import keep_uploads
from leadcrm.conversations.blueprint import CHANGED, blueprint, changed, unchanged
from leadcrm.conversations.composer import composer_context, drafted_form, first_open, has_words, holes_in, previews
from leadcrm.conversations.forms import DraftForm, MessageForm
from leadcrm.conversations.models import CHANNELS, Template
from leadcrm.conversations.operations.composing import UNDO, fill_template, say
from leadcrm.conversations.operations.drafting import CARRIER, LARGEST_TOGETHER, TooLarge
from leadcrm.conversations.wording import CHANNEL_WORDS, file_size
from leadcrm.core import clock
from leadcrm.core.db import get_or_404, perform
from leadcrm.core.errors import DomainError
from leadcrm.core.security import takes_up_to
from leadcrm.core.web import add_errors, fragment, is_partial, moment_text, render
from leadcrm.identity.permissions import me
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead

SHOWN = 8  # templates in the picker at once
READABLE = 10  # seconds a toast stays
LARGEST_POST = LARGEST_TOGETHER + 2 * 1024 * 1024  # bytes: the files, the words and what lies between them


@blueprint.get("/leads/<lead_id>/composer")
def composer(lead_id: str):
    """The composer on a `channel`, with this person's draft; used by the lead's page, its panel and the inbox."""
    lead = thread_queries.lead(me(), lead_id)
    return _composer(lead, _channel(request.args.get("channel")), beside=_beside(request.args))


@blueprint.post("/leads/<lead_id>/composer")
def switch_channel(lead_id: str):
    """Keep what was typed on one channel and show the composer of another."""
    lead = thread_queries.lead(me(), lead_id)
    _save_draft(lead)
    return _composer(lead, _channel(request.form.get("channel")), beside=_beside(request.form))


@blueprint.post("/leads/<lead_id>/draft")
def draft(lead_id: str):
    """Keep what is typed: 204, or 422 when it cannot be kept."""
    lead = thread_queries.lead(me(), lead_id)
    form = _save_draft(lead)
    response = unchanged()
    if form.errors:
        response.status_code = 422
    return response


@blueprint.post("/leads/<lead_id>/attachments")
@takes_up_to(LARGEST_POST)
def attach(lead_id: str):
    """Add `files` to the mail being written: the list of its files, with what is wrong beside it."""
    lead = thread_queries.lead(me(), lead_id)
    form = MessageForm(None if is_partial() else request.form)
    if not is_partial():
        _save_draft(lead)
    try:
        if not _attach_uploads(lead):
            raise DomainError("Choose a file first.", "files")
    except DomainError as error:
        add_errors(form, error)
        return _files(lead, form, status=error.status)
    return _files(lead, form)


@blueprint.post("/leads/<lead_id>/attachments/<attachment_id>/removal")
def detach(lead_id: str, attachment_id: str):
    """Take a file out of the mail being written."""
    lead = thread_queries.lead(me(), lead_id)
    file = thread_queries.drafted_file(me(), attachment_id, lead.id)
    if not is_partial():
        _save_draft(lead)
    perform(operations.remove_file, file)
    return _files(lead, MessageForm(None if is_partial() else request.form))


@blueprint.get("/leads/<lead_id>/composer/templates")
def template_picker(lead_id: str):
    """Templates of the `channel` whose name holds `q`, as the picker's list."""
    lead = thread_queries.lead(me(), lead_id)
    channel = _channel(request.args.get("channel")) or "email"
    found = queries.templates(channel, request.args.get("q", "").replace("\x00", "")[:80].lstrip("/"))
    return fragment("inbox/_template_options.html", found=previews(found[:SHOWN], lead), channel=channel)


@blueprint.post("/leads/<lead_id>/composer/template")
def insert_template(lead_id: str):
    """Put a template behind what is typed, its fields filled; what is not known stays a tag, named above the text."""
    lead = thread_queries.lead(me(), lead_id)
    template = get_or_404(Template, request.form.get("template_id", ""))
    subject, content = fill_template(template, lead)
    form = MessageForm(request.form)
    typed = (form.content.data or "").rstrip().removesuffix("/").rstrip()
    form.content.data = f"{typed}\n\n{content}" if typed else content
    if subject:
        form.subject.data = subject
    perform(operations.save_draft, me(), lead.id, template.channel, form.subject.data or "", form.content.data)
    return _form(lead, form, holes=holes_in(f"{subject} {content}"), focused=True)


@blueprint.post("/leads/<lead_id>/messages")
def send(lead_id: str):
    """Send, schedule, or note; a double click is one message."""
    lead = thread_queries.lead(me(), lead_id)
    form = MessageForm(request.form)
    try:
        if form.channel.data == CARRIER:
            _attach_uploads(lead)  # without scripts the files come with the words
        if not form.validate():
            return _form(lead, form, status=422)
        return _note(lead, form) if form.channel.data == "note" else _send(lead, form)
    except DomainError as error:
        if error.status == 404:
            raise
        add_errors(form, error)
        return _form(lead, form, status=413 if isinstance(error, TooLarge) else 422)


def _send(lead: Lead, form: MessageForm):
    message = perform(
        say,
        me(),
        lead,
        channel=form.channel.data,
        subject=form.subject.data or "",
        content=form.content.data,
        key=form.key.data,
        at=form.moment(lead.timezone),
    )
    is_soon = message.scheduled_for <= clock.now() + UNDO
    when = f"leaves in {UNDO.seconds} seconds" if is_soon else f"planned for {moment_text(message.scheduled_for)}"
    words = f"{CHANNEL_WORDS[message.channel]} {when}."
    undo = url_for("conversations.cancel_message", message_id=message.id)
    return _done(lead, form, words, undo=undo, seconds=UNDO.seconds if is_soon else READABLE)


def _attach_uploads(lead: Lead) -> bool:
    """Keep what came as `files`, all of it or nothing. False when nothing came. Raises DomainError."""
    uploads = [upload for upload in _uploads() if upload.filename]
    kept = keep_uploads(uploads)
    try:
        if kept:
            perform(operations.attach_files, me(), lead.id, kept)
    except DomainError:
        storage.remove(file.stored_as for file in kept)
        raise
    return bool(kept)


def _uploads() -> list[FileStorage]:
    try:
        return request.files.getlist("files")
    except RequestEntityTooLarge as error:
        raise TooLarge(f"Together the files are larger than {file_size(LARGEST_TOGETHER)}.") from error


def _note(lead: Lead, form: MessageForm):
    def add_note() -> None:
        channel = _beside(request.form) or None
        leads.add_note(lead, form.content.data, me(), channel=channel, form_key=form.key.data)
        operations.discard_draft(me(), lead.id, "note")

    try:
        perform(add_note)
    except DomainError as error:
        raise DomainError(error.message, "content") from error
    return _done(lead, form, "Note saved. Only your team sees it.")


def _done(lead: Lead, form: MessageForm, words: str, *, undo: str | None = None, seconds: int = READABLE):
    """An empty composer on the same channel, and for `seconds` a toast; the thread and the timeline look again."""
    if not is_partial():
        return changed(words, back=f"/leads/{lead.id}")
    context = _composer_context(lead, form.channel.data, beside=_beside(request.form))
    response = fragment("inbox/sent.swap.html", words=words, undo_url=undo, seconds=seconds, **context)
    response.headers["HX-Trigger"] = CHANGED
    return response


def _composer(lead: Lead, channel: str | None, *, beside: str):
    context = _composer_context(lead, channel, beside=beside)
    return render("inbox/composer.html", "inbox/_composer.html", **context)


def _composer_context(lead: Lead, channel: str | None, *, beside: str) -> dict[str, Any]:
    doors = thread_queries.doors(lead)
    channel = channel or first_open(doors)
    typed = thread_queries.draft(me(), lead.id, channel)
    subject = thread_queries.last_subject(lead.id) if channel == "email" and not has_words(typed) else ""
    form = drafted_form(lead, channel, typed, subject)
    return composer_context(lead, doors, channel, form, draft=typed, beside=beside)


def _form(lead: Lead, form: MessageForm, status: int = 200, **more: Any):
    """The composer as it was typed, with what is wrong beside it; without htmx on a page of its own."""
    doors = thread_queries.doors(lead)
    channel = _channel(form.channel.data) or first_open(doors)
    more["draft"] = thread_queries.draft(me(), lead.id, channel)
    context = composer_context(lead, doors, channel, form, beside=_beside(request.form), **more)
    template = "inbox/_composer.html" if is_partial() else "inbox/composer.html"
    return fragment(template, status=status, **context)


def _files(lead: Lead, form: MessageForm, status: int = 200):
    """The files of the mail being written; without htmx with all that surrounds them."""
    if not is_partial():
        return _form(lead, form, status=status)
    typed = thread_queries.draft(me(), lead.id, CARRIER)
    files = typed.attachments if typed is not None else []
    return fragment("inbox/_files.html", status=status, lead=lead, composer_form=form, files=files)


def _save_draft(lead: Lead) -> DraftForm:
    form = DraftForm(request.form)
    if form.validate():
        words = (form.subject.data or "", form.content.data or "")
        perform(operations.save_draft, me(), lead.id, form.drafted_channel.data, *words, key=form.key.data or None)
    return form


def _channel(name: str | None) -> str | None:
    return name if name in (*CHANNELS, "note") else None


def _beside(values) -> str:
    return values.get("beside") if values.get("beside") in CHANNELS else ""
