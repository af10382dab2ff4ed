"""Who is asking, for which organization.

Every endpoint needs a signed-in person unless its view is `public` (core.web) or it is part of the API, which asks for
tokens (core.api). A request that is turned away keeps what its form held, so that nothing typed is lost.
"""

from contextlib import ExitStack

from flask import Flask, abort, current_app, g, make_response, redirect, render_template, request, url_for
from flask_login import AnonymousUserMixin, LoginManager, current_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from leadcrm.core import clock, engines, events, tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.security import SAFE_METHODS
from leadcrm.core.web import is_partial
from leadcrm.identity import lifetimes, operations, queries
from leadcrm.identity.forms import SignInForm
from leadcrm.identity.kept import Kept
from leadcrm.identity.models import User, UserSession
from leadcrm.identity.permissions import is_staff


class Nobody(AnonymousUserMixin):
    """Who has not signed in: no role, so that whoever asks what this person may do is told nothing."""

    role = ""


def init_app(app: Flask) -> None:
    """Guard every endpoint, before the request token is looked at: its refusal would lose what was typed."""
    manager = LoginManager(app)
    manager.anonymous_user = Nobody
    manager.session_protection = None  # by address and browser name; our session rows are stronger and never annoy
    manager.user_loader(_load)
    app.config.update(PERMANENT_SESSION_LIFETIME=lifetimes.LONGEST_SESSION, SESSION_REFRESH_EACH_REQUEST=False)
    if app.settings.is_production:
        app.config["TRUSTED_HOSTS"] = [app.settings.hostname]
    app.before_request_funcs.setdefault(None, []).insert(0, _admit)
    app.teardown_request(_leave)


def current_session() -> UserSession | None:
    """The session row this request came with, when its person is signed in."""
    return g.get("user_session") if current_user.is_authenticated else None


def is_admitted() -> bool:
    """Whether this request runs for a signed-in person, in the scope of their organization. Never on public pages."""
    return "scope" in g


def _load(secret: str) -> User | None:
    """The person behind the cookie's secret, with organization and session, in one SELECT."""
    try:
        found = engines.asked_first(db.session(), lambda: queries.session_by_secret(secret))
    except SQLAlchemyError:
        current_app.login_manager._update_request_context_with_user()  # the error page must not ask again
        raise
    if found is None:
        return None
    user, session = found
    now = clock.real_now()
    if not user.is_active or not lifetimes.is_alive(session, user.role, now):
        return None
    user.session_secret = secret
    g.user_session = session
    if now - session.seen_at > lifetimes.SEEN_EVERY:
        with tenancy.organization(user.organization_id):
            perform(operations.touch_session, session)
    return user


def _admit() -> Response | None:
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "is_public", False) or request.path.startswith("/api/"):
        return None
    if not current_user.is_authenticated:
        return _turn_away(is_background=getattr(view, "is_background", False)) if view else None
    g.scope = ExitStack()
    g.scope.enter_context(tenancy.organization(current_user.organization_id))
    g.scope.enter_context(events.acting_as(f"user:{current_user.id}"))
    if view is None:  # no such page, which the shell will say
        return None
    if not is_staff(current_user) and not getattr(view, "is_open_to_providers", False):
        abort(403, "This page is for the organization's own staff.")
    return None


def _leave(error: BaseException | None) -> None:
    if scope := g.pop("scope", None):
        scope.close()
    for remembered in ("_login_user", "user_session", "zone"):  # an application context may outlive its request
        g.pop(remembered, None)


def _turn_away(is_background: bool) -> Response:
    """Ask to sign in: over the page for htmx, by a redirect for a page, keeping the fields of a plain form."""
    if is_partial():
        return make_response("" if is_background else _sign_in_dialog(), 401)
    if request.method in SAFE_METHODS:
        return redirect(url_for("identity.sign_in", next=request.full_path.rstrip("?")))
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        abort(403, "This request came from another site.")
    if (request.content_length or 0) > current_app.config["MAX_FORM_MEMORY_SIZE"]:
        abort(413)
    kept = Kept.of_refused(request.path, request.form.items(multi=True))
    return make_response(render_template("identity/sign_in.html", form=SignInForm(), kept=kept), 401)


def _sign_in_dialog() -> str:
    return render_template("identity/_sign_in_dialog.swap.html", form=SignInForm(dialog="1"), kept=None)
