"""Meetings as the team sees them: the list, and those of one lead."""

from collections.abc import Sequence
from functools import partial

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from leadcrm.bookings import operations, queries
from leadcrm.bookings.forms import BookForm, moment_of
from leadcrm.bookings.models import Booking
from leadcrm.bookings.slots import Slot, day_in
from leadcrm.core import clock
from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError
from leadcrm.core.web import go, local_path, render, user_zone
from leadcrm.identity.models import User
from leadcrm.identity.permissions import can_see_lead, me
from leadcrm.leads import queries as leads
from leadcrm.leads.models import Lead

blueprint = Blueprint("bookings", __name__)

VIEW_WORDS = {"upcoming": "Upcoming", "past": "Past and canceled"}


@blueprint.get("/bookings")
def index() -> Response:
    """Meetings to come, or past ones."""
    view = request.args.get("view") if request.args.get("view") in queries.VIEWS else queries.VIEWS[0]
    listing = queries.booking_page(me(), view, request.args.get("cursor"))
    shown = {"view": view, "views": VIEW_WORDS, "listing": listing, "can_see": partial(can_see_lead, me())}
    return render("bookings/index.html", "bookings/_list.html", **shown, **_now())


@blueprint.get("/bookings/<booking_id>")
def show(booking_id: str) -> Response:
    """Lead on to where the reader finds the meeting: at its lead, or in the list when it is somebody else's lead."""
    booking = queries.visible_booking(me(), booking_id)
    if can_see_lead(me(), booking.lead):
        return redirect(f"/leads/{booking.lead_id}?tab=meetings")
    view = "upcoming" if booking.is_coming(clock.now()) else "past"
    return redirect(url_for("bookings.index", view=view, _anchor=f"booking-{booking.id}"))


@blueprint.get("/leads/<lead_id>/bookings")
def of_lead(lead_id: str) -> Response:
    """One lead's meetings."""
    lead = leads.visible_lead(me(), lead_id)
    meetings = queries.meetings_of_lead(lead.id)
    return render("bookings/of_lead.html", "bookings/_of_lead.html", lead=lead, meetings=meetings, **_now())


@blueprint.get("/leads/<lead_id>/bookings/new")
def new(lead_id: str) -> Response:
    """When a realtor is free on a day; booking with a realtor whom the lead meets already moves that meeting."""
    lead = leads.visible_lead(me(), lead_id)
    form = BookForm(request.args if "day" in request.args else None, data=_usual(lead))
    return _form_page(lead, form, 200)


@blueprint.post("/leads/<lead_id>/bookings")
def book(lead_id: str) -> Response:
    """Book the time that was chosen, or move the lead's meeting with that realtor there."""
    lead = leads.visible_lead(me(), lead_id)
    form = BookForm(request.form)
    form.offer(_choices())
    start = moment_of(form.start.data)
    if not form.validate() or start is None:
        form.start.errors = [*form.start.errors, *(["Choose a time."] if start is None else [])]
        return _form_page(lead, form, 422)
    try:
        _, is_new = perform(operations.book, lead, _chosen(form), start)
    except DomainError as refusal:
        form.start.errors = [refusal.message]
        return _form_page(lead, form, 409 if isinstance(refusal, operations.SlotTaken) else 422)
    flash(f"{'Booked' if is_new else 'Moved'}. {_told(lead)}", "success")
    return go(f"/leads/{lead.id}?tab=meetings")


@blueprint.post("/bookings/<booking_id>/cancellation")
def cancel(booking_id: str) -> Response:
    """Call a meeting off; the lead is told, if they can be."""
    booking = queries.visible_booking(me(), booking_id)
    is_news = perform(operations.cancel, booking)
    flash(f"Canceled. {_told(booking.lead)}" if is_news else "It was canceled before.", "success")
    return go(local_path(request.form.get("back"), url_for("bookings.index")))


def _now() -> dict:
    return {"now": clock.now()}


def _told(lead: Lead) -> str:
    return "The lead is told." if operations.is_heard(lead) else "They cannot be written to: tell them yourself."


def _usual(lead: Lead) -> dict:
    """The lead's realtor, and the first day on which they can be met."""
    realtor = queries.realtor_of(lead) or next(iter(queries.realtors()), None)
    first = next(iter(queries.next_free(realtor)), None) if realtor else None
    day = (first.start if first else clock.now()).astimezone(user_zone()).date()
    return {"realtor_id": realtor.id if realtor else "", "day": day}


def _choices() -> list[tuple[str, str]]:
    return [(realtor.id, realtor.name) for realtor in queries.realtors()]


def _chosen(form: BookForm) -> User:
    return next(realtor for realtor in queries.realtors() if realtor.id == form.realtor_id.data)


def _form_page(lead: Lead, form: BookForm, status: int) -> Response:
    form.offer(_choices())
    theirs = [it for it in queries.meetings_of_lead(lead.id) if it.is_coming(clock.now())]
    moves = next((it for it in theirs if it.realtor_id == form.realtor_id.data), None)
    context = {"lead": lead, "form": form, "slots": _slots(form, moves), "moves": moves}
    return render("bookings/new.html", "bookings/_form.html", status=status, **context)


def _slots(form: BookForm, moves: Booking | None) -> Sequence[Slot]:
    """The free times of the chosen day by the reader's clock."""
    realtor = next((it for it in queries.realtors() if it.id == form.realtor_id.data), None)
    if realtor is None or form.day.data is None or not 2000 <= form.day.data.year < 2100:
        return ()
    return queries.free_slots(realtor, *day_in(user_zone(), form.day.data), but_for=moves)
