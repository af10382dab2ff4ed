"""Pages for visitors: a realtor's free times, and one's own meeting. They work without a script and keep no session.

Nothing here tells who else has booked, or whether somebody is known: a page shows free times, and what was just typed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from leadcrm.bookings import months, operations, queries, slots
from leadcrm.bookings.forms import AskedForm, VisitorForm
from leadcrm.bookings.links import manage_token, read_manage_token
from leadcrm.bookings.models import Booking
from leadcrm.bookings.wording import Words, english
from leadcrm.core import clock, tenancy
from leadcrm.core.db import get_or_404, perform
from leadcrm.core.errors import DomainError, NotFound
from leadcrm.core.events import acting_as
from leadcrm.core.limits import limiter
from leadcrm.core.security import csrf_exempt
from leadcrm.core.values import initials
from leadcrm.core.web import add_errors, public
from leadcrm.core.zones import zone
from leadcrm.identity import places
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData

blueprint = Blueprint("booking_page", __name__)

SOURCE = "booking page"
DONE = {
    "booked": "Your meeting is booked.",
    "moved": "Your meeting has been moved.",
    "canceled": "Your meeting is canceled.",
    "told": "Your meeting is booked. We have written to you with its details and a link to change it.",
}
NOT_MOVED = "This meeting cannot be moved on this page. Please get in touch with {}."
JUST_MADE = timedelta(minutes=2)  # a form that is sent twice leads to the meeting, too
BOOKINGS_OF_ADDRESS, BOOKINGS_WITH_REALTOR = "20/minute", "120/minute"


@blueprint.get("/book/<uuid:realtor_id>")
@public
@limiter.limit("120 per minute")
def page(realtor_id: UUID) -> Response:
    """When the realtor can be met: a month, a day's times, and, once a time is chosen, who wants to come."""
    with _realtor(realtor_id) as realtor:
        asked = AskedForm(request.args)
        return _page(realtor, asked, VisitorForm(start=asked.start.data, tz=asked.tz.data))


@blueprint.post("/book/<uuid:realtor_id>")
@public
@csrf_exempt
@limiter.limit(BOOKINGS_OF_ADDRESS)
@limiter.limit(lambda: BOOKINGS_WITH_REALTOR, key_func=lambda: f"book {request.path.lower()}")
def book(realtor_id: UUID) -> Response:
    """Book the time that was chosen, and go to the meeting's own page. 409 with the nearest times when it is taken.

    Whoever comes too late for their time is kept as a lead all the same: they may not choose another one.
    Whoever moves a meeting that was there before is not led to it: they only said that they are somebody we know.
    """
    with _realtor(realtor_id) as realtor:
        form, asked = VisitorForm(request.form), AskedForm(request.form)
        if not form.validate() or asked.moment is None:
            return _page(realtor, asked, form, 422)
        try:
            submission = leads.read_submission(_said(form, asked), realtor=realtor)
            booking, is_new = perform(operations.book_visitor, submission, realtor, asked.moment, asked.zone_name)
        except operations.SlotTaken:
            perform(leads.take_in, submission)
            return _page(realtor, asked, form, 409)
        except DomainError as refusal:
            add_errors(form, refusal)
            return _page(realtor, asked, form, 422)
        if not is_new and booking.created_at < clock.now() - JUST_MADE:
            return redirect(url_for("booking_page.page", realtor_id=realtor.realtor_id, done="told"), 303)
        return redirect(url_for("booking_page.meeting", token=manage_token(booking.id), done="booked"), 303)


@blueprint.get("/meeting/<token>")
@public
@limiter.limit("120 per minute")
def meeting(token: str) -> Response:
    """One meeting, for whoever has its link; with `change`, other times for it. Looking changes nothing."""
    with _meeting(token) as booking:
        return _meeting_page(token, booking, AskedForm(request.args))


@blueprint.post("/meeting/<token>")
@public
@csrf_exempt
@limiter.limit(BOOKINGS_OF_ADDRESS)
def move(token: str) -> Response:
    """Move the meeting to the time that was chosen. 409 with the nearest times when it is taken.

    Whoever was put into the archive comes back by it, as by booking.
    """
    with _meeting(token) as booking:
        asked = AskedForm(request.form)
        if (start := asked.moment) is None or not booking.is_coming(clock.now()):
            return _meeting_page(token, booking, asked, 422)
        local = asked.zone_name or booking.timezone
        try:
            perform(operations.book_returning, booking.lead, booking.realtor, start, local)
        except operations.SlotTaken:
            return _meeting_page(token, booking, asked, 409)
        except DomainError:
            return _meeting_page(token, booking, asked, 422, is_refused=True)
        return redirect(url_for("booking_page.meeting", token=token, done="moved"), 303)


@blueprint.post("/meeting/<token>/cancellation")
@public
@csrf_exempt
@limiter.limit(BOOKINGS_OF_ADDRESS)
def cancel(token: str) -> Response:
    """Call the meeting off, as long as it has not begun."""
    with _meeting(token) as booking:
        if booking.state == "booked" and not booking.is_coming(clock.now()):
            return _meeting_page(token, booking, AskedForm(), 422)
        with acting_as(f"lead:{booking.lead_id}"):
            perform(operations.cancel, booking)
        return redirect(url_for("booking_page.meeting", token=token, done="canceled"), 303)


@contextmanager
def _realtor(realtor_id: UUID) -> Iterator[User]:
    """The realtor, with their organization's scope open. Raises NotFound."""
    realtor = queries.bookable(str(realtor_id))
    if realtor is None:
        raise NotFound("There is nobody to meet at this address.")
    with tenancy.organization(realtor.organization_id):
        yield realtor


@contextmanager
def _meeting(token: str) -> Iterator[Booking]:
    """The meeting the link was made for, with its organization's scope open. Raises NotFound."""
    try:
        organization_id, booking_id = read_manage_token(token)
    except ValueError:
        raise NotFound("This link is not valid.") from None
    with tenancy.organization(organization_id):
        yield get_or_404(Booking, booking_id)


def _said(form: VisitorForm, asked: AskedForm) -> LeadData:
    who = {name: form[name].data or "" for name in ("first_name", "last_name", "email", "phone")}
    return LeadData(**who, timezone=asked.zone_name, source=SOURCE, payload={**who, "start": form.start.data})


def _page(realtor: User, asked: AskedForm, form: VisitorForm, status: int = 200) -> Response:
    offered = _offered(realtor, asked, asked.zone_name)
    form.tz.data = offered["offer"].zone.key
    done = DONE.get(request.args.get("done", ""))
    shown = {**offered, "form": form, "done": done, "here": url_for("booking_page.page", realtor_id=realtor.realtor_id)}
    return _private("bookings/book.html", status, **shown)


def _meeting_page(
    token: str, booking: Booking, asked: AskedForm, status: int = 200, *, is_refused: bool = False
) -> Response:
    """The meeting, or other times for it. What refuses a change is said to the team in words that are not these."""
    shown = {"booking": booking, "token": token, "is_coming": booking.is_coming(clock.now())}
    shown |= {
        "zone": zone(booking.timezone),
        "done": DONE.get(request.args.get("done", "")),
        "problem": NOT_MOVED.format(booking.realtor.organization.name) if is_refused else "",
        "realtor": booking.realtor,
    }
    shown |= {"changes": shown["is_coming"] and not is_refused and ("change" in request.args or status != 200)}
    if shown["changes"]:
        shown |= _offered(booking.realtor, asked, asked.zone_name or booking.timezone, booking)
    here = url_for("booking_page.meeting", token=token)
    return _private("bookings/meeting.html", status, **shown, here=here)


def _offered(realtor: User, asked: AskedForm, zone_name: str | None, but_for: Booking | None = None) -> dict[str, Any]:
    """What the calendar and the times beside it show."""
    rules, now = queries.rules_of(realtor), clock.now()
    local = zone(zone_name) if zone_name else rules.zone
    free = queries.free_slots(realtor, now, slots.horizon(rules, now), rules=rules, but_for=but_for)
    shown = months.offer(free, local, now.astimezone(local).date(), asked.first_day, asked.on)
    chosen = shown.slot(asked.moment)
    is_gone = asked.moment is not None and chosen is None
    near = slots.nearest(free, asked.moment) if is_gone else ()
    zones = [(choice.value, choice.label) for choice in places.zones()]
    picked = {"chosen": chosen, "is_gone": is_gone, "near": near}
    return {"realtor": realtor, "rules": rules, "offer": shown, "zones": zones, **picked}


def _private(template: str, status: int, **shown: Any) -> Response:
    """A page that nobody keeps, and whose address is told to nobody."""
    organization = shown["realtor"].organization
    said = {"say": Words(english(organization.locale)), "initials": initials(shown["realtor"].name)}
    response = make_response(render_template(template, organization=organization, **said, **shown), status)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
