"""Pages for people who are leads."""

from uuid import UUID

from flask import Blueprint, render_template

from leadcrm.core.errors import NotFound
from leadcrm.core.web import public
from leadcrm.identity.queries import realtor_by_public_id

blueprint = Blueprint("thanks", __name__, url_prefix="/thanks")


@blueprint.get("")
@public
def plain():
    """Where a submission ends that names no realtor."""
    return render_template("leads/thanks.html", realtor=None)


@blueprint.get("/<uuid:realtor_id>")
@public
def of_realtor(realtor_id: UUID):
    """Where a submission to a realtor ends."""
    realtor = realtor_by_public_id(str(realtor_id))
    if realtor is None:
        raise NotFound
    return render_template("leads/thanks.html", realtor=realtor, organization=realtor.organization)
