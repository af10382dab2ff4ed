"""Settings of one's own and of the organization."""

from flask import flash, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError
from leadcrm.core.web import add_errors, go, render
from leadcrm.identity import operations
from leadcrm.identity.forms import OrganizationForm, ProfileForm
from leadcrm.identity.permissions import MANAGERS, me, open_to_providers, requires
from leadcrm.identity.routes import blueprint

PROFILE = ("identity/profile.html", "identity/_profile_form.html")
ORGANIZATION = ("identity/organization.html", "identity/_organization_form.html")


def saved(message: str, endpoint: str, **query: str) -> Response:
    """The page anew, with a toast; `query` tells it what was done."""
    flash(message, "success")
    return go(url_for(endpoint, **query))


@blueprint.get("/settings")
@open_to_providers
def profile() -> Response:
    return render(*PROFILE, form=ProfileForm(obj=current_user, organization=current_user.organization))


@blueprint.post("/settings")
@open_to_providers
def change_profile() -> Response:
    form = ProfileForm(request.form, obj=current_user, organization=current_user.organization)
    if not form.validate():
        return render(*PROFILE, status=422, form=form)
    perform(operations.change_profile, me(), **form.data)
    return saved("Profile saved.", "identity.profile")


@blueprint.get("/settings/organization")
@requires(*MANAGERS)
def organization() -> Response:
    return render(*ORGANIZATION, form=OrganizationForm(obj=current_user.organization))


@blueprint.post("/settings/organization")
@requires(*MANAGERS)
def change_organization() -> Response:
    form = OrganizationForm(request.form, obj=current_user.organization)
    if not form.validate():
        return render(*ORGANIZATION, status=422, form=form)
    values = form.data | {"mail_from": form.mail_from.data or None}
    try:
        perform(operations.change_organization, current_user.organization, values)
    except DomainError as refusal:
        add_errors(form, refusal)
        return render(*ORGANIZATION, status=422, form=form)
    return saved("Organization saved.", "identity.organization")
