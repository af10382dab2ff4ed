"""The leads behind the numbers of a campaign."""

from functools import partial

from flask import request, url_for

from leadcrm.conversations.models import Message
from leadcrm.core.db import get_or_404
from leadcrm.core.web import render
from leadcrm.flows import campaign_number_queries, campaign_queries, number_queries
from leadcrm.flows.campaign_blueprint import blueprint
from leadcrm.flows.campaign_number_queries import NUMBERS
from leadcrm.flows.fates import BUCKETS
from leadcrm.flows.models import Campaign
from leadcrm.identity.permissions import me, sees_all_leads


@blueprint.get("/campaigns/<campaign_id>/leads")
def leads_behind(campaign_id: str):
    """The leads that one number of the results counts: `what`, and `why` for those skipped or failed for one reason."""
    campaign = get_or_404(Campaign, campaign_id)
    asked = request.args.get("what", "")
    what = asked if asked in NUMBERS else NUMBERS[0]
    why = request.args.get("why", "").replace("\x00", "")
    cursor = request.args.get("cursor")
    address = partial(url_for, ".leads_behind", campaign_id=campaign.id)
    context = {
        "campaign": campaign,
        "title": campaign.name,
        "place": "in this campaign",
        "names_steps": True,
        "what": what,
        "why": why,
        "became": campaign_queries.results_of(campaign.id).counts,
        "numbers": NUMBERS,
        "reasons": number_queries.reasons(what, Message.campaign_id == campaign.id) if what in BUCKETS else [],
        "listing": campaign_number_queries.leads_behind(me(), campaign.id, what, reason=why, cursor=cursor),
        "sees_all": sees_all_leads(me()),
        "address": address,
        "here": address(what=what, why=why or None),
    }
    return render("campaigns/leads_behind.html", "flows/_leads_behind.html", **context)
