"""A lead's timeline, for the lead's page and panel."""

from flask import request

from leadcrm.conversations import thread_queries, timeline
from leadcrm.conversations.blueprint import blueprint
from leadcrm.core.web import render
from leadcrm.identity.permissions import me


@blueprint.get("/leads/<lead_id>/timeline")
def lead_timeline(lead_id: str):
    """Everything that happened to the lead, newest first; `?cursor=` goes on."""
    lead = thread_queries.lead(me(), lead_id)
    page = timeline.of_lead(lead, request.args.get("cursor"))
    is_further = bool(request.args.get("cursor"))
    return render(
        "timeline/index.html",
        "timeline/_further.html" if is_further else "timeline/_timeline.html",
        lead=lead,
        listing=page,
    )
