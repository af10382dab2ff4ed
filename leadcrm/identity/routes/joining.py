"""Accepting an invitation."""

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError
from leadcrm.core.limits import limiter
from leadcrm.core.web import go, public
from leadcrm.identity import operations, passwords, queries
from leadcrm.identity.forms import JoinForm
from leadcrm.identity.models import Invitation, Organization
from leadcrm.identity.routes import blueprint
from leadcrm.identity.routes.recovery import dead_link, unlinked
from leadcrm.identity.routes.sign_in import begin_session

DEAD = "This invitation does not work any more. Ask for a new one."


@blueprint.get("/invitations/<secret>")
@public
@limiter.limit("30 per minute")
def invitation(secret: str) -> Response:
    found = queries.invitation_by_secret(secret)
    return _page(JoinForm(), *found) if found else dead_link(DEAD)


@blueprint.post("/invitations/<secret>")
@public
@limiter.limit("30 per minute")
def join(secret: str) -> Response:
    found = queries.invitation_by_secret(secret)
    if found is None:
        return dead_link(DEAD)
    form = JoinForm(request.form, known=(request.form.get("name", ""), found[0].email))
    if not form.validate():
        return _page(form, *found, status=422)
    try:
        hashed = passwords.hash(form.new_password.data)
        user = perform(operations.accept_invitation, secret, name=form.name.data, password_hash=hashed)
    except DomainError as refusal:
        return dead_link(refusal.message)
    begin_session(user)
    return unlinked(go("/"))


def _page(form: JoinForm, invited: Invitation, organization: Organization, status: int = 200) -> Response:
    page = render_template("identity/join.html", form=form, invitation=invited, organization=organization)
    return unlinked(make_response(page, status))
