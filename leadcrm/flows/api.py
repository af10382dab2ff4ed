"""Flows as JSON, to read."""

from uuid import UUID

from leadcrm.core.api import ApiBlueprint, listed
from leadcrm.core.api_fields import PageQuery
from leadcrm.core.db import get_or_404
from leadcrm.flows import api_queries
from leadcrm.flows.models import Flow
from leadcrm.flows.schemas import FlowPage, FlowSchema

blueprint = ApiBlueprint("flows", __name__, "Timed sequences of messages.")


@blueprint.route("/flows")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, FlowPage)
def flows(query):
    """List flows by name, each with its steps in the order they go out"""
    return listed(api_queries.flow_page(query.get("cursor"), query["limit"]))


@blueprint.route("/flows/<uuid:flow_id>")
@blueprint.response(200, FlowSchema)
@blueprint.alt_response(404, response="NOT_FOUND")
def flow(flow_id: UUID):
    """Show one flow with its steps"""
    return get_or_404(Flow, str(flow_id))
