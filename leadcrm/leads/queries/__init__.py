"""Leads as screens, deliveries and the API read them."""

from leadcrm.leads.queries.addresses import (
    KINDS_OF_CHANNEL,
    address_of,
    duplicates,
    find_by_address,
    merge_values,
    normal_or_raw,
)
from leadcrm.leads.queries.lists import (
    LISTED,
    OWNER_NAME,
    SORTS,
    FilterNames,
    count_leads,
    counted_up_to,
    counting,
    exported,
    lead_list,
    names_of,
)
from leadcrm.leads.queries.records import (
    inquiries_of,
    is_form_sent,
    notes_of,
    sources,
    tag_names,
    tags,
    visible_lead,
    visible_leads,
)

__all__ = [
    "KINDS_OF_CHANNEL",
    "LISTED",
    "OWNER_NAME",
    "SORTS",
    "FilterNames",
    "address_of",
    "count_leads",
    "counted_up_to",
    "counting",
    "duplicates",
    "exported",
    "find_by_address",
    "inquiries_of",
    "is_form_sent",
    "lead_list",
    "merge_values",
    "names_of",
    "normal_or_raw",
    "notes_of",
    "sources",
    "tag_names",
    "tags",
    "visible_lead",
    "visible_leads",
]
