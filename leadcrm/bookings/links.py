"""Addresses we give out: a realtor's booking page, and the page on which one's own meeting is changed."""

from flask import current_app

from leadcrm.core import tenancy
from leadcrm.core.security import sign, unsign
from leadcrm.identity.models import Organization

PURPOSE = "meeting"


def booking_url(realtor_id: str) -> str:
    """The page of the realtor with this public id."""
    return f"{current_app.settings.base_url}/book/{realtor_id}"


def manage_url(booking_id: str) -> str:
    """The page of one meeting, for whoever has the link. To be called in its organization's scope."""
    return f"{current_app.settings.base_url}/meeting/{manage_token(booking_id)}"


def manage_token(booking_id: str) -> str:
    """What the link to a meeting carries."""
    return sign(f"{tenancy.current_id()}~{booking_id}", PURPOSE)


def read_manage_token(token: str) -> tuple[str, str]:
    """The ids of organization and meeting. Raises ValueError when the link is not ours."""
    organization_id, booking_id = unsign(token, PURPOSE).split("~")
    return organization_id, booking_id


def mailbox_of(organization: Organization) -> str:
    """Where the organization's mails come from."""
    return organization.mail_from or current_app.settings.mail_from


def host() -> str:
    """Ours, as it stands in the names of meetings."""
    return current_app.settings.base_url.rpartition("/")[2].partition(":")[0]
