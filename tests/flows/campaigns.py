"""Short ways to campaigns: decided, begun, done by the worker, written on a page."""

from leadcrm.core.db import db, get_or_404, perform
from leadcrm.flows import operations
from leadcrm.flows.campaign_jobs import drain_campaigns
from leadcrm.flows.models import Campaign, Flow
from leadcrm.flows.operations import CampaignData, StepData
from leadcrm.leads.data import Filters

HELLO = StepData("email", "Hello", "Hi {first_name|there}", 0, None, subject="Hello")
NO_LIMIT = {"email": None, "sms": None, "whatsapp": None}


def data(flow: Flow | None = None, **changes) -> CampaignData:
    known = {
        "name": "Autumn",
        "segment": Filters(source="fair"),
        "segment_words": "Source is Fair",
        "per_hour": NO_LIMIT,
        "flow_id": flow.id if flow else None,
    }
    return CampaignData(**(known | changes))


def begun(flow: Flow, **changes) -> Campaign:
    return perform(operations.start_campaign, perform(operations.draft_campaign, data(flow, **changes)))


def work(batches: int | None = None) -> int:
    """Let the worker do so many batches, or all there is to do."""
    done = iter(range(batches)) if batches is not None else None
    return drain_campaigns(lambda: done is not None and next(done, None) is None)


def fresh(campaign: Campaign) -> Campaign:
    db.session.rollback()
    db.session.expire_all()
    return get_or_404(Campaign, campaign.id)


def form(drip, **changes) -> dict:
    known = {"name": "Autumn", "what": "flow", "flow_id": drip.id, "when": "now", "source": "fair"}
    return known | changes


def created(client, data: dict) -> Campaign:
    answer = client.post("/campaigns", data=data)
    assert answer.status_code == 303, answer.text
    db.session.rollback()
    return get_or_404(Campaign, answer.location.rpartition("/")[2])
