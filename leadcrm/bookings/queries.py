"""What is free, and what is booked."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import Select, not_, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from leadcrm.bookings import slots
from leadcrm.bookings.models import Availability, BookedCell, Booking
from leadcrm.bookings.slots import Rules, Slot
from leadcrm.core import clock
from leadcrm.core.db import asked_id, db
from leadcrm.core.errors import NotFound
from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.core.zones import zone
from leadcrm.identity import queries as identity
from leadcrm.identity.models import User
from leadcrm.identity.permissions import is_staff, visible_leads_filter
from leadcrm.leads.models import Lead

VIEWS = ("upcoming", "past")
MOST_OF_LEAD = 50
_soonest = Order("upcoming meetings", (Booking.starts_at, Booking.id), descending=False)
_latest = Order("past meetings", (Booking.starts_at, Booking.id))


def bookable(realtor_id: str) -> User | None:
    """The active realtor with this public id, in whichever organization."""
    realtor = identity.realtor_by_public_id(realtor_id)
    return realtor if realtor is not None and is_staff(realtor) else None


def realtor_of(lead: Lead) -> User | None:
    """The realtor whom the lead came to, while they can be booked."""
    theirs = select(User).where(User.id == lead.realtor_id, User.realtor_id.is_not(None), User.disabled_at.is_(None))
    return db.session.scalars(theirs).one_or_none()


def visible_booking(user: User, booking_id: str) -> Booking:
    """A meeting of a lead the person may see, or their own. Raises NotFound for any other."""
    booking = db.session.scalar(_seen_by(user).where(Booking.id == asked_id(booking_id)))
    if booking is None:
        raise NotFound("We could not find that meeting.")
    return booking


def booking_page(user: User, view: str, cursor: str | None = None, limit: int = 50) -> Page[Booking]:
    """Meetings of leads the person may see, and their own: `upcoming`, soonest first, or `past`, latest first, with
    those that were canceled. Raises BadCursor.
    """
    coming = (Booking.state == "booked") & (Booking.starts_at > clock.now())
    if view == "past":
        return keyset_page(_seen_by(user).where(not_(coming)), _latest, cursor, limit)
    return keyset_page(_seen_by(user).where(coming), _soonest, cursor, limit)


def meetings_of_lead(lead_id: str) -> Sequence[Booking]:
    """The lead's meetings, those to come and the latest first."""
    theirs = select(Booking).where(Booking.lead_id == lead_id).options(joinedload(Booking.realtor))
    return db.session.scalars(theirs.order_by(Booking.starts_at.desc(), Booking.id.desc()).limit(MOST_OF_LEAD)).all()


def realtors() -> Sequence[User]:
    """Who can be met, by name."""
    active = select(User).where(User.realtor_id.is_not(None), User.disabled_at.is_(None))
    return db.session.scalars(active.order_by(User.name, User.id)).all()


def leads_with_meetings() -> Select[tuple[str]]:
    """Ids of the leads with a meeting that was not canceled."""
    return select(Booking.lead_id).where(Booking.state != "canceled")


def availability_of(realtor: User) -> Availability | None:
    """What the realtor, or the team for them, has set up; None: the usual hours."""
    return db.session.scalar(select(Availability).where(Availability.realtor_id == realtor.id))


def rules_of(realtor: User) -> Rules:
    """When the realtor meets people, by their own clock, else the organization's."""
    local = zone(realtor.timezone or realtor.organization.timezone)
    row = availability_of(realtor)
    if row is None:
        return slots.usual(local)
    return Rules(
        zone=local,
        week=[[(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in day] for day in row.week],
        meeting=timedelta(minutes=row.meeting_minutes),
        buffer=timedelta(minutes=row.buffer_minutes),
        notice=timedelta(hours=row.notice_hours),
        days_ahead=row.days_ahead,
        place=row.place,
        words=row.words,
    )


def free_slots(
    realtor: User, since: datetime, until: datetime, *, rules: Rules | None = None, but_for: Booking | None = None
) -> Sequence[Slot]:
    """The slots that begin from `since` to before `until` and can be booked now, in order; what `but_for`, a meeting
    that is being moved, takes counts as free.
    """
    rules = rules or rules_of(realtor)
    now = clock.now()
    until = min(until, slots.horizon(rules, now))
    longest = rules.meeting + rules.buffer
    taken = _taken(realtor, since, until + longest, but_for)
    return list(slots.free_slots(rules, taken, now, since, until))


def next_free(realtor: User) -> Sequence[Slot]:
    """All slots that can be booked now, in order."""
    rules, now = rules_of(realtor), clock.now()
    return free_slots(realtor, now, slots.horizon(rules, now), rules=rules)


def alternatives(realtor: User, wanted: datetime, but_for: Booking | None = None) -> Sequence[Slot]:
    """The three free slots that are closest to the one somebody could not have."""
    rules, now = rules_of(realtor), clock.now()
    return slots.nearest(free_slots(realtor, now, slots.horizon(rules, now), rules=rules, but_for=but_for), wanted)


def _taken(realtor: User, since: datetime, until: datetime, but_for: Booking | None) -> set[int]:
    asked = slots.cells(since, until)
    taken = select(BookedCell.cell).where(
        BookedCell.realtor_id == realtor.id, BookedCell.cell >= asked.start, BookedCell.cell < asked.stop
    )
    if but_for is not None:
        taken = taken.where(BookedCell.booking_id != but_for.id)
    return set(db.session.scalars(taken))


def _seen_by(user: User) -> Select[tuple[Booking]]:
    """With lead and realtor, which every line shows."""
    return (
        select(Booking)
        .join(Booking.lead)
        .where(or_(visible_leads_filter(user, Lead.owner_id), Booking.realtor_id == user.id))
        .options(contains_eager(Booking.lead), joinedload(Booking.realtor))
    )
