"""Settings → Availability: when a realtor can be met, set by themself or by those who run the team."""

from collections.abc import Sequence

from flask import Blueprint, flash, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from leadcrm.bookings import operations, queries
from leadcrm.bookings.availability_forms import AvailabilityForm
from leadcrm.bookings.links import booking_url
from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError, Forbidden, NotFound
from leadcrm.core.web import add_errors, go, render
from leadcrm.identity.models import User
from leadcrm.identity.permissions import can_manage

blueprint = Blueprint("availability", __name__, url_prefix="/settings/availability")


@blueprint.get("")
def settings() -> Response:
    """One's own hours, else those of the first realtor."""
    mine = _theirs_to_set()
    return _page(next((it for it in mine if it.id == current_user.id), next(iter(mine), None)))


@blueprint.get("/<user_id>")
def of_realtor(user_id: str) -> Response:
    """One realtor's hours."""
    return _page(_realtor(user_id))


@blueprint.post("/<user_id>")
def change(user_id: str) -> Response:
    """Set them; meetings that are booked stay where they are."""
    realtor, form = _realtor(user_id), AvailabilityForm(request.form)
    if not form.validate():
        return _page(realtor, form, 422)
    try:
        perform(operations.set_availability, realtor, form.values(), form.shown_revision)
    except DomainError as refusal:
        add_errors(form, refusal)
        return _page(realtor, form, refusal.status)
    flash("Saved. It holds for whoever books from now on.", "success")
    return go(url_for("availability.of_realtor", user_id=realtor.id))


def _theirs_to_set() -> Sequence[User]:
    """The realtors whose hours the person may set. Raises Forbidden for somebody who never may."""
    if can_manage(current_user):
        return queries.realtors()
    mine = [it for it in queries.realtors() if it.id == current_user.id]
    if not mine:
        raise Forbidden("Only realtors have a booking page. Ask an owner of your team.")
    return mine


def _realtor(user_id: str) -> User:
    realtor = next((it for it in _theirs_to_set() if it.id == user_id), None)
    if realtor is None:
        raise NotFound("We could not find that realtor.")
    return realtor


def _page(realtor: User | None, form: AvailabilityForm | None = None, status: int = 200) -> Response:
    """The page, or the form that htmx asked for; what was typed stands in the place of what is saved."""
    shown = {"realtor": realtor, "realtors": _theirs_to_set()}
    if realtor is not None:
        rules, row = queries.rules_of(realtor), queries.availability_of(realtor)
        form = form or AvailabilityForm.of(rules, row.revision if row else 0)
        shown |= {"form": form, "zone": rules.zone.key, "page_url": booking_url(realtor.realtor_id or "")}
    return render("bookings/availability.html", "bookings/_availability.html", status=status, **shown)
