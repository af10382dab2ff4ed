"""What the JSON API lists of flows."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.flows.models import Flow

_by_name = Order("name", (Flow.name, Flow.id), descending=False)


def flow_page(cursor: str | None, limit: int) -> Page[Flow]:
    """Flows by name with their steps, in two queries. Raises BadCursor."""
    return keyset_page(select(Flow).options(selectinload(Flow.steps)), _by_name, cursor, limit)
