"""The people of the organization."""

from flask import current_app, flash, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from leadcrm.core.db import get_or_404, perform
from leadcrm.core.errors import DomainError
from leadcrm.core.web import add_errors, go, render
from leadcrm.identity import operations, queries
from leadcrm.identity.forms import InviteForm, RoleForm
from leadcrm.identity.models import ROLES, Invitation, User
from leadcrm.identity.permissions import MANAGERS, may_grant, me, requires
from leadcrm.identity.routes import blueprint
from leadcrm.identity.routes.settings import saved


def _page(form: InviteForm, status: int = 200) -> Response:
    form.role.choices = [choice for choice in form.role.choices if may_grant(me(), choice.value)]
    return render(
        "identity/team.html",
        "identity/_invite_form.html",
        status=status,
        form=form,
        people=queries.team(),
        invitations=queries.open_invitations(),
        roles=ROLES,
        may_change=lambda user: user.id != current_user.id and may_grant(me(), user.role),
        may_grant=lambda role: may_grant(me(), role),
    )


@blueprint.get("/settings/team")
@requires(*MANAGERS)
def team() -> Response:
    return _page(InviteForm())


@blueprint.post("/settings/team/invitations")
@requires(*MANAGERS)
def invite() -> Response:
    form = InviteForm(request.form)
    if not form.validate():
        return _page(form, 422)
    try:
        base_url = current_app.settings.base_url
        perform(operations.invite, form.email.data, form.role.data, by=me(), base_url=base_url)
    except DomainError as refusal:
        add_errors(form, refusal)
        return _page(form, 422)
    return saved(f"{form.email.data} is invited.", "identity.team", invited="1")


@blueprint.post("/settings/team/invitations/<invitation_id>/revocation")
@requires(*MANAGERS)
def revoke_invitation(invitation_id: str) -> Response:
    perform(operations.revoke_invitation, get_or_404(Invitation, invitation_id))
    return saved("The invitation does not work any more.", "identity.team")


@blueprint.post("/settings/team/<user_id>/role")
@requires(*MANAGERS)
def change_role(user_id: str) -> Response:
    user = get_or_404(User, user_id)
    form = RoleForm(request.form)
    if not form.validate():
        return _refused("There is no such role.")
    return _changed(lambda: perform(operations.change_role, user, form.role.data, by=me()), "Role changed.")


@blueprint.post("/settings/team/<user_id>/access")
@requires(*MANAGERS)
def change_access(user_id: str) -> Response:
    user = get_or_404(User, user_id)
    disabled = request.form.get("access") == "disabled"
    message = f"{user.name} was signed out and cannot sign in." if disabled else f"{user.name} can sign in again."
    return _changed(lambda: perform(operations.set_disabled, user, disabled, by=me()), message)


def _changed(change, message: str) -> Response:
    try:
        change()
    except DomainError as refusal:
        return _refused(refusal.message)
    return saved(message, "identity.team")


def _refused(message: str) -> Response:
    flash(message, "error")
    return go(url_for("identity.team"))
