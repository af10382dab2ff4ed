"""Pages of accounts, their people and their deals."""

from leadcrm.accounts import contact_routes, deal_routes, list_routes, pipeline_routes, record_routes
from leadcrm.accounts.blueprint import blueprint

__all__ = ["blueprint", "contact_routes", "deal_routes", "list_routes", "pipeline_routes", "record_routes"]
