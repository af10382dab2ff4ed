"""What goes with a person from our mail to the organization's site: whose visit it is, for some minutes."""

from datetime import datetime, timedelta

from leadcrm.core.security import sign, unsign

PARAMETER = "leadcrm"  # of the address; static/js/visits.js takes it out again
PURPOSE = "visitor pass"
VALID = timedelta(minutes=15)  # an address that is shown to others must not make them the lead


def make_pass(organization_id: str, lead_id: str, now: datetime) -> str:
    """A pass for the lead to the organization's site."""
    until = int((now + VALID).timestamp())
    return sign(f"{organization_id}~{lead_id}~{until}", PURPOSE)


def read_pass(token: str, organization_id: str, now: datetime) -> str | None:
    """The lead's id; None when the pass is over, another organization's, or none of ours."""
    try:
        organization, lead_id, until = unsign(token, PURPOSE).split("~")
    except ValueError:
        return None
    return lead_id if organization == organization_id and now.timestamp() <= int(until) else None


def with_pass(address: str, token: str) -> str:
    """The address with the pass in its query, before a `#`."""
    page, mark, fragment = address.partition("#")
    return f"{page}{'&' if '?' in page else '?'}{PARAMETER}={token}{mark}{fragment}"
