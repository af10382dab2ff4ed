"""What a new organization finds in place: the welcome flow, the welcome automation, templates."""

from leadcrm.automations import operations as automations
from leadcrm.conversations import operations as conversations
from leadcrm.core import tenancy
from leadcrm.flows import operations as flows
from leadcrm.identity import operations as identity
from leadcrm.identity.models import Organization


def found_organization(**values: str | None) -> Organization:
    """Create an organization (identity.create_organization's arguments) and furnish it, or neither."""
    with tenancy.everyone():
        organization = identity.create_organization(**values)
    with tenancy.organization(organization.id):
        furnish()
    return organization


def furnish() -> None:
    """Ship what is missing of the defaults to the current organization. Running it again changes nothing."""
    conversations.ensure_default_templates()
    flows.ensure_default_flow()
    automations.ensure_default_automation()
