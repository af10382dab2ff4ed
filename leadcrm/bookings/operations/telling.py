"""What a visitor hears of their meeting: at once what became of it, and before it two reminders.

All of it is planned in the transaction that changes the meeting, and what was planned of it before is dropped there: a
message that is being taken finds its meeting as it is, or finds itself dropped.
"""

from datetime import datetime, timedelta

from leadcrm.bookings import invitations, letters, links
from leadcrm.bookings.invitations import Meeting, Party
from leadcrm.bookings.letters import CANCELED, DAY, HOUR, KINDS, Said
from leadcrm.bookings.models import Booking
from leadcrm.bookings.wording import day_and_time, english
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.operations.planning import address_to_write_to
from leadcrm.core import clock
from leadcrm.core.errors import DomainError
from leadcrm.core.zones import zone
from leadcrm.identity.models import User
from leadcrm.leads.models import Lead

REMINDERS = {DAY: timedelta(days=1), HOUR: timedelta(hours=1)}
OVERTAKEN = "The meeting was changed"
ORIGIN = "booking"


def tell(booking: Booking, kind: str, lead: Lead, realtor: User) -> None:
    """Tell the visitor that it was `made`, `moved` or `canceled`; unless it is off, remind them before it.

    By mail, else by text; whoever cannot be written to has seen it on the page.
    """
    _drop(booking)
    way = _way_to(lead)
    if way is None:
        return
    _plan(booking, kind, lead, realtor, way, clock.now())
    if kind == CANCELED:
        return
    for reminder, before in REMINDERS.items():
        if booking.starts_at - before > clock.now():
            _plan(booking, reminder, lead, realtor, way, booking.starts_at - before)


def is_heard(lead: Lead) -> bool:
    """Whether the lead is told of what becomes of their meetings."""
    return _way_to(lead) is not None


def _drop(booking: Booking) -> None:
    """What the meeting's last revision still had to say."""
    conversations.skip_waiting_of_intents([_intent(booking, kind, booking.revision - 1) for kind in KINDS], OVERTAKEN)


def _intent(booking: Booking, kind: str, revision: int) -> str:
    return f"booking:{booking.id}:{kind}:{revision}"


def _way_to(lead: Lead) -> tuple[str, str] | None:
    """Channel and address."""
    for channel in ("email", "sms"):
        try:
            return channel, address_to_write_to(lead, channel)
        except DomainError:
            continue
    return None


def _plan(booking: Booking, kind: str, lead: Lead, realtor: User, way: tuple[str, str], at: datetime) -> None:
    channel, address = way
    said = _said(booking, kind, realtor)
    is_mail, is_reminder = channel == "email", kind in REMINDERS
    conversations.plan_message(
        lead_id=lead.id,
        channel=channel,
        subject=letters.subject(kind, said) if is_mail else "",
        content=letters.mail(kind, said) if is_mail else letters.text(kind, said),
        origin=ORIGIN,
        intent_key=_intent(booking, kind, booking.revision),
        scheduled_for=at,
        useful_until=booking.starts_at,
        invitation=_invitation(booking, kind, said, address, lead, realtor) if is_mail and not is_reminder else None,
    )


def _said(booking: Booking, kind: str, realtor: User) -> Said:
    office = realtor.organization
    when = day_and_time(booking.starts_at, zone(booking.timezone), english(office.locale))
    url = links.booking_url(realtor.realtor_id or "") if kind == CANCELED else links.manage_url(booking.id)
    return Said(realtor.name, office.name, f"{when} ({booking.timezone.replace('_', ' ')})", booking.place, url)


def _invitation(booking: Booking, kind: str, said: Said, address: str, lead: Lead, realtor: User) -> str:
    meeting = Meeting(
        uid=f"booking-{booking.id}@{links.host()}",
        sequence=booking.revision - 1,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        title=f"Meeting with {said.realtor}, {said.organization}",
        place=said.place,
        url=said.url,
        organizer=Party(realtor.name, links.mailbox_of(realtor.organization)),
        guest=Party(lead.name, address),
    )
    return (invitations.cancel if kind == CANCELED else invitations.request)(meeting, clock.now())
