"""What a person typed about a lead, looked at as a whole: the verbs that save it stop at the first thing wrong."""

from collections.abc import Callable, Iterator

from leadcrm.core.errors import DomainError
from leadcrm.identity.queries import address_as_kept
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead
from leadcrm.leads.operations.changing import checked_tags
from leadcrm.leads.operations.consenting import checked
from leadcrm.leads.operations.creating import checked_country, checked_follow_up, checked_zone, shown_name


def refusals(data: LeadData, lead: Lead | None = None, *, follow_up: bool = False) -> list[DomainError]:
    """All that `create_lead`, or `edit_lead` of `lead`, would refuse in `data`; each names its field."""
    return [refusal for check in _checks(data, lead, follow_up) if (refusal := _refusal_of(check)) is not None]


def _checks(data: LeadData, lead: Lead | None, follow_up: bool) -> Iterator[Callable[[], object]]:
    other = lead.address("whatsapp") if lead else ""
    yield lambda: shown_name(data, data.email or data.phone or other)
    yield lambda: address_as_kept("email", data.email)
    yield lambda: address_as_kept("phone", data.phone)
    yield lambda: checked_country(data.country)
    yield lambda: checked_tags(data.tags or ())
    if data.timezone and (lead is None or data.timezone != lead.timezone):
        yield lambda: checked_zone(data.timezone or "")
    if data.consent is not None:
        yield lambda: checked(data.consent)
    yield lambda: checked_follow_up(follow_up, data.email or "")


def _refusal_of(check: Callable[[], object]) -> DomainError | None:
    try:
        check()
    except DomainError as refusal:
        return refusal
    return None
