"""Pages of leads."""

from leadcrm.leads import account_routes, change_routes, field_routes, list_routes, palette_routes, record_routes
from leadcrm.leads.blueprint import blueprint

__all__ = [
    "account_routes",
    "blueprint",
    "change_routes",
    "field_routes",
    "list_routes",
    "palette_routes",
    "record_routes",
]
