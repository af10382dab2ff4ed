"""What the worker does for campaigns."""

from collections.abc import Callable

from leadcrm.core.apart import in_turns
from leadcrm.core.db import end_reading, get_or_404, perform
from leadcrm.flows import campaign_queries, queries, segments
from leadcrm.flows.models import Campaign
from leadcrm.flows.operations import campaign_running as running


def drain_campaigns(should_stop: Callable[[], bool]) -> int:
    """Let leads in and out of campaigns, batch by batch, each campaign in turn. Returns how many batches that were."""
    return in_turns(campaign_queries.under_way, _do_a_batch, "campaign", should_stop)


def _do_a_batch(campaign_id: str) -> bool:
    """Whether something was done, so that there may be more. What can be read is read before the write begins."""
    campaign = get_or_404(Campaign, campaign_id)
    if campaign.state == "scheduled":
        size = segments.size_of(segments.segment_of(campaign))
        return perform(running.begin_campaign, campaign_id, size)
    if campaign.state == "stopped":
        return perform(running.let_leads_leave, campaign_id)
    if campaign.lets_held_go:
        perform(running.let_leads_go_on, campaign_id)
        return True
    if campaign.state == "enrolling":
        return _enrol(campaign)
    if campaign.state == "running" and campaign_queries.inside(campaign_id) == 0:
        perform(running.finish_campaign, campaign_id)
    return False


def _enrol(campaign: Campaign) -> bool:
    cursor = campaign.cursor
    of_a_lead = 2 + len(queries.steps_of(campaign.flow_id))  # rows: enrolment, fact, messages
    most = min(running.ROWS // of_a_lead, running.CONTACTS if campaign.audience == "contacts" else running.ROWS)
    stretch = segments.stretch_of(segments.segment_of(campaign), cursor, most)
    end_reading()
    perform(running.enrol_batch, campaign.id, cursor, stretch.ids, stretch.following)
    return True
