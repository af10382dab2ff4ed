"""Choosing a new password by a link in a mail."""

import time

from flask import current_app, make_response, render_template, request
from werkzeug.wrappers import Response

from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError
from leadcrm.core.limits import limiter
from leadcrm.core.security import digest
from leadcrm.core.web import public
from leadcrm.identity import operations, passwords, queries
from leadcrm.identity.forms import AskResetForm, NewPasswordForm
from leadcrm.identity.routes import blueprint

ANSWER_SECONDS = 0.25  # known and unknown addresses are answered after the same time


def unlinked(response: Response) -> Response:
    """For pages whose address is a secret: no cache and no other site learns it."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def dead_link(message: str) -> Response:
    """The page behind a link that is unknown, used or too old."""
    return unlinked(make_response(render_template("identity/dead_link.html", message=message), 404))


@blueprint.get("/password/reset")
@public
def ask_reset() -> str:
    return render_template("identity/ask_reset.html", form=AskResetForm(), is_sent=False)


def _account() -> str:
    """The address as the form reads it: a host can be spelled in many ways, and it is one mailbox."""
    form = AskResetForm(request.form)
    form.validate()
    return f"reset of {digest(form.email.data or '')}"


@blueprint.post("/password/reset")
@public
@limiter.limit("10 per minute; 60 per hour")
@limiter.limit("5 per hour", key_func=_account)
def send_reset() -> Response:
    started = time.monotonic()
    form = AskResetForm(request.form)
    if not form.validate():
        return make_response(render_template("identity/ask_reset.html", form=form, is_sent=False), 422)
    perform(operations.request_reset, form.email.data, base_url=current_app.settings.base_url)
    time.sleep(max(0.0, started + ANSWER_SECONDS - time.monotonic()))
    return make_response(render_template("identity/ask_reset.html", form=form, is_sent=True))


@blueprint.get("/password/reset/<secret>")
@public
@limiter.limit("30 per minute")
def new_password(secret: str) -> Response:
    if queries.reset_by_secret(secret) is None:
        return dead_link("This link does not work any more. Ask for a new one.")
    return _page(NewPasswordForm())


@blueprint.post("/password/reset/<secret>")
@public
@limiter.limit("30 per minute")
def choose_password(secret: str) -> Response:
    found = queries.reset_by_secret(secret)
    known = (found[1].name, found[1].email) if found else ()
    form = NewPasswordForm(request.form, known=known)
    if not form.validate():
        return _page(form, 422)
    try:
        perform(operations.reset_password, secret, passwords.hash(form.new_password.data))
    except DomainError as refusal:
        return dead_link(refusal.message)
    return unlinked(make_response(render_template("identity/password_chosen.html")))


def _page(form: NewPasswordForm, status: int = 200) -> Response:
    return unlinked(make_response(render_template("identity/new_password.html", form=form), status))
