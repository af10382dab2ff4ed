"""Signing in and out."""

import json
from contextlib import nullcontext

from flask import make_response, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user
from werkzeug.wrappers import Response

from leadcrm.core import clock, tenancy
from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError
from leadcrm.core.forms import tidy
from leadcrm.core.limits import limiter
from leadcrm.core.security import csrf_token, digest, renew_csrf, sign, unsign
from leadcrm.core.web import go, home_url, is_partial, local_path, public, toast_partial
from leadcrm.identity import lifetimes, operations, passwords, queries
from leadcrm.identity.forms import SecondStepForm, SignInForm
from leadcrm.identity.guard import current_session
from leadcrm.identity.kept import Kept
from leadcrm.identity.models import User
from leadcrm.identity.permissions import is_staff, me, open_to_providers
from leadcrm.identity.routes import blueprint

WRONG = "The email address or the password is not right."
WRONG_CODE = "This code is not right, or it was used before."
TOO_LATE = "That took too long. Start again."
SECOND_STEP = "second step of signing in"


@blueprint.get("/")
@open_to_providers
def index() -> Response:
    return redirect(home_url() if is_staff(current_user) else url_for("identity.profile"))


@blueprint.get("/login")
@public
def sign_in() -> Response | str:
    target = local_path(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(target)
    return render_template("identity/sign_in.html", form=SignInForm(next=target), kept=None)


def _account() -> str:
    return f"account {digest(tidy(request.form.get('email', '')).lower())}"


def _failed(response: Response) -> bool:
    return response.status_code == 422


@blueprint.post("/login")
@public
@limiter.limit("30 per minute; 300 per hour")
@limiter.limit("10 per 15 minutes", key_func=_account, deduct_when=_failed)
def send_password() -> Response:
    form = SignInForm(request.form)
    if not form.validate():
        return _form_again("sign_in", form)
    user = queries.user_by_email(form.email.data)
    is_right = passwords.matches(user.password_hash if user else None, form.password.data)
    if not is_right or not user.is_active:
        form.form_errors.append(WRONG)
        return _form_again("sign_in", form)
    if user.totp_secret:
        step = SecondStepForm(step=_signed_step(user), next=form.next.data, dialog=form.dialog.data)
        return _form_again("second_step", step, status=200)
    rehash = form.password.data if passwords.is_outdated(user.password_hash) else None
    return _let_in(user, form, user.password_hash, rehash)


def _person_of_step() -> str:
    """As the form reads it: a blank before it would be as good as another person's five guesses."""
    return f"second step {tidy(request.form.get('step', ''))[:36]}"


@blueprint.post("/login/code")
@public
@limiter.limit("30 per minute")
@limiter.limit("5 per 5 minutes", key_func=_person_of_step, deduct_when=_failed)
def send_code() -> Response:
    form = SecondStepForm(request.form)
    user = _user_of_step(form.step.data or "")
    if user is None:
        return _start_again(form)
    if not form.validate():
        return _form_again("second_step", form)
    proven_by = user.password_hash
    with tenancy.organization(user.organization_id):
        verb = operations.use_totp_code if form.code.data.isdigit() else operations.use_recovery_code
        try:
            refusal = None if perform(verb, user, form.code.data) else WRONG_CODE
        except DomainError as trouble:
            refusal = trouble.message
    if refusal:
        form.code.errors = [refusal]
        return _form_again("second_step", form)
    return _let_in(user, form, proven_by)


@blueprint.post("/logout")
@open_to_providers
def sign_out() -> Response:
    perform(operations.end_session, current_session(), me())
    session.clear()
    response = go(url_for("identity.sign_in"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'  # not cookies: they are shared by all ports of a host
    return response


def begin_session(user: User, rehash: str | None = None, proven_by: str | None = None) -> None:
    """Give this browser a new session of the person; one it had before ends. `rehash` is a password to hash afresh.

    Raises DomainError when the password whose hash was `proven_by` has been changed meanwhile.
    """
    stronger = passwords.hash(rehash) if rehash else None
    before = current_session()
    before_scope = tenancy.organization(before.organization_id) if before else nullcontext()
    with before_scope:
        if before:
            perform(operations.end_session, before, me())
    _, secret = perform(
        operations.open_session,
        user.id,
        user_agent=request.user_agent.string,
        address=request.remote_addr or "",
        password_hash=stronger,
        proven_by=proven_by,
    )
    session.clear()
    session.permanent = True
    renew_csrf()
    user.session_secret = secret
    login_user(user)


def renew_page_token(response: Response, happenings: dict | None = None) -> Response:
    """Tell the page that stays on the screen (app.js) the new session's request token, beside other happenings."""
    response.headers["HX-Trigger"] = json.dumps({"token-renewed": {"token": csrf_token()}} | (happenings or {}))
    return response


def _let_in(
    user: User, form: SignInForm | SecondStepForm, proven_by: str | None, rehash: str | None = None
) -> Response:
    try:
        begin_session(user, rehash, proven_by)
    except DomainError:
        return _start_again(form)
    if is_partial() and form.dialog.data:
        return _close_dialog()
    kept = Kept.of_sign_in(request.form.items(multi=True))
    if kept and local_path(kept.path, "") == kept.path:
        return make_response(render_template("identity/resend.html", kept=kept))
    return go(local_path(form.next.data))


def _close_dialog() -> Response:
    """The page stays as it was, with what is typed in it; its next request carries the new session's token."""
    response = make_response(toast_partial("You are signed in again. Please repeat your last step.", tone="success"))
    response.headers["HX-Reswap"] = "none"
    return renew_page_token(response, {"close-dialog": {}})


def _form_again(name: str, form: SignInForm | SecondStepForm, status: int = 422) -> Response:
    kept = Kept.of_sign_in(request.form.items(multi=True))
    template = f"identity/_{name}_form.html" if is_partial() else f"identity/{name}.html"
    return make_response(render_template(template, form=form, kept=kept), status)


def _start_again(form: SignInForm | SecondStepForm) -> Response:
    again = SignInForm(next=form.next.data, dialog=form.dialog.data)
    again.form_errors.append(TOO_LATE)
    return _form_again("sign_in", again)


def _signed_step(user: User) -> str:
    """Names who gave the right password; worthless after five minutes or another password."""
    until = int((clock.real_now() + lifetimes.SECOND_STEP).timestamp())
    return sign(f"{user.id}:{until}:{digest(user.password_hash)}", SECOND_STEP)


def _user_of_step(token: str) -> User | None:
    try:
        user_id, until, hashed = unsign(token, SECOND_STEP).split(":")
    except ValueError:
        return None
    user = queries.user_by_id(user_id)
    if user is None or not user.is_active or user.totp_secret is None:
        return None
    is_fresh = clock.real_now().timestamp() < int(until)
    return user if is_fresh and digest(user.password_hash or "") == hashed else None
