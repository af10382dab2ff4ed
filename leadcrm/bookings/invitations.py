"""Meetings as calendars read them: an iCalendar object that invites, moves or takes back (RFC 5545, 5546). Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime

from icalendar import Calendar, Event, vCalAddress, vText

PRODUCT = "-//LeadCRM//Meetings//EN"


@dataclass(frozen=True)
class Party:
    """Somebody who takes part."""

    name: str
    mailbox: str

    def address(self, **parameters: str) -> vCalAddress:
        address = vCalAddress(f"mailto:{self.mailbox}")
        for name, value in {"CN": self.name, **parameters}.items():
            address.params[name] = vText(value)
        return address


@dataclass(frozen=True)
class Meeting:
    """What an invitation says. `uid` stays through all changes, `sequence` grows with each."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    title: str
    place: str
    url: str  # where it is changed
    organizer: Party
    guest: Party


def request(meeting: Meeting, now: datetime) -> str:
    """Invites, or says that an earlier invitation is another now."""
    return _written(meeting, "REQUEST", "CONFIRMED", now)


def cancel(meeting: Meeting, now: datetime) -> str:
    """Takes an invitation back."""
    return _written(meeting, "CANCEL", "CANCELLED", now)


def _written(meeting: Meeting, method: str, status: str, now: datetime) -> str:
    """In UTC: readers err about zones of a file's own around clock changes."""
    calendar, event = Calendar(), Event()
    for name, value in (("prodid", PRODUCT), ("version", "2.0"), ("method", method)):
        calendar.add(name, value)
    told = {
        "uid": meeting.uid,
        "sequence": meeting.sequence,
        "status": status,
        "dtstamp": now.astimezone(UTC).replace(microsecond=0),
        "dtstart": meeting.starts_at.astimezone(UTC),
        "dtend": meeting.ends_at.astimezone(UTC),
        "summary": meeting.title,
        "url": meeting.url,
    }
    if meeting.place:
        told["location"] = meeting.place
    for name, value in told.items():
        event.add(name, value)
    event["organizer"] = meeting.organizer.address()
    event["attendee"] = meeting.guest.address(ROLE="REQ-PARTICIPANT", PARTSTAT="ACCEPTED", RSVP="FALSE")
    calendar.add_component(event)
    return calendar.to_ical().decode()
