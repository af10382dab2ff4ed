"""Password, second step and sessions of one's own."""

import io

import pyotp
import segno
from flask import abort, make_response, render_template, request, session
from flask_login import current_user
from werkzeug.wrappers import Response

from leadcrm.core import at_rest
from leadcrm.core.db import get_or_404, perform
from leadcrm.core.errors import DomainError
from leadcrm.core.limits import limiter
from leadcrm.core.web import add_errors, render
from leadcrm.identity import operations, passwords, queries
from leadcrm.identity.browsers import browser_words
from leadcrm.identity.forms import ChangePasswordForm, ConfirmForm, TwoFactorForm
from leadcrm.identity.guard import current_session
from leadcrm.identity.models import UserSession
from leadcrm.identity.permissions import me, open_to_providers
from leadcrm.identity.routes import blueprint
from leadcrm.identity.routes.settings import saved
from leadcrm.identity.routes.sign_in import begin_session, renew_page_token

PAGE = "identity/security.html"
PASSWORD_FORM = "identity/_password_form.html"  # noqa: S105  a template
TWO_FACTOR_FORM = "identity/_two_factor_form.html"
PENDING = "two-factor secret to be confirmed"
WRONG = "This is not your password."


def _asks_for_password(view):
    """At most 10 wrong answers in 15 minutes to a form that asks for the password."""
    return limiter.limit(
        "10 per 15 minutes",
        key_func=lambda: f"password of {current_user.id}",  # not the session: its secret would lie in Redis
        deduct_when=lambda response: response.status_code == 422,
        scope="asks for the password",
    )(view)


def _knows_password(form) -> bool:
    """Whether the form is right, its password included."""
    if not form.validate():
        return False
    if not passwords.matches(me().password_hash, form.password.data):
        form.password.errors = [WRONG]
        return False
    return True


def _context(**forms) -> dict:
    user = me()
    defaults = {"form": ChangePasswordForm(), "removal": ConfirmForm(), "browser_words": browser_words}
    return defaults | {"sessions": queries.sessions_of(user), "current": current_session()} | forms


@blueprint.get("/settings/security")
@open_to_providers
def security() -> str:
    return render_template(PAGE, **_context())


@blueprint.post("/settings/security/password")
@open_to_providers
@_asks_for_password
def change_password() -> Response:
    user = me()
    form = ChangePasswordForm(request.form, known=(user.name, user.email))
    if not _knows_password(form):
        return render(PAGE, PASSWORD_FORM, status=422, **_context(form=form))
    perform(operations.change_password, user, passwords.hash(form.new_password.data))
    begin_session(user)
    return saved("Password changed. All other sessions were signed out.", "identity.security")


@blueprint.post("/settings/security/sessions/<session_id>/end")
@open_to_providers
def end_session(session_id: str) -> Response:
    perform(operations.end_session, get_or_404(UserSession, session_id), me())
    return saved("That session was signed out.", "identity.security")


@blueprint.get("/settings/security/two-factor")
@open_to_providers
def two_factor() -> Response:
    if not _pending():
        session[PENDING] = at_rest.encrypt(pyotp.random_base32(), _place()).decode()
    return _no_store(render("identity/two_factor.html", TWO_FACTOR_FORM, form=TwoFactorForm(), secret=_pending()))


@blueprint.get("/settings/security/two-factor.svg")
@open_to_providers
def two_factor_picture() -> Response:
    """The QR code that authenticator apps read, as a file: the page's policy allows no inline styles."""
    label = pyotp.TOTP(_pending() or abort(404)).provisioning_uri(name=me().email, issuer_name="LeadCRM")
    picture = io.BytesIO()
    segno.make(label, micro=False).save(picture, kind="svg", scale=4, border=2, light="white")
    response = make_response(picture.getvalue())
    response.mimetype = "image/svg+xml"
    return _no_store(response)


@blueprint.post("/settings/security/two-factor")
@open_to_providers
@_asks_for_password
def enable_two_factor() -> Response:
    user, secret, form = me(), _pending() or abort(404), TwoFactorForm(request.form)
    codes = None
    if _knows_password(form):
        try:
            codes = perform(operations.enable_two_factor, user, secret, form.code.data)
        except DomainError as refusal:
            add_errors(form, refusal)
    if codes is None:
        return _no_store(render("identity/two_factor.html", TWO_FACTOR_FORM, status=422, form=form, secret=secret))
    begin_session(user)
    page = render("identity/recovery_codes.html", "identity/_recovery_codes.html", codes=codes)
    return _no_store(renew_page_token(page))


@blueprint.post("/settings/security/two-factor/removal")
@open_to_providers
@_asks_for_password
def disable_two_factor() -> Response:
    form = ConfirmForm(request.form)
    if not _knows_password(form):
        return render(PAGE, "identity/_two_factor_card.html", status=422, **_context(removal=form))
    perform(operations.disable_two_factor, me())
    begin_session(me())
    return saved("Two-factor sign-in is off.", "identity.security")


def _pending() -> str | None:
    """The secret shown to this browser and not confirmed yet, if there is one that is this person's."""
    try:
        return at_rest.decrypt(session[PENDING].encode(), _place())
    except (KeyError, at_rest.Unreadable):
        return None


def _place() -> at_rest.Place:
    return at_rest.Place(current_user.organization_id, PENDING, current_user.id)


def _no_store(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
