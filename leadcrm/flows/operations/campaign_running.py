"""What the worker does for campaigns, a batch per transaction: killed between two, it goes on behind the last.

A batch and how far it came are one transaction, and a batch is done only from where the campaign stands then: two
workers do not do one twice.
"""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select

from leadcrm.accounts.models import Contact
from leadcrm.conversations.operations import halt_messages
from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404, lock
from leadcrm.core.events import record
from leadcrm.flows.events import CampaignChanged
from leadcrm.flows.models import Campaign, Enrolment, Flow
from leadcrm.flows.operations.bulk_enrolling import enrol_many, leave_many
from leadcrm.flows.operations.campaigning import PAUSED, STOPPED
from leadcrm.flows.operations.going_on import let_passages_go_on
from leadcrm.flows.reasons import NOT_REACHABLE
from leadcrm.leads import operations as leads
from leadcrm.notifications.operations import notify

ROWS = 2_500  # of enrolments, messages and facts in one transaction: about 100 ms of the write lock
CONTACTS = 100  # of accounts in one transaction: each may have to become known as a lead first
LEAVING = 200  # passages that end in one transaction
LET_GO = 500  # passages that go on after a pause in one transaction
FLOW_IS_OFF = "its flow was switched off"


def begin_campaign(campaign_id: str, matching: int) -> bool:
    """Its time has come; `matching` leads are in its segment. Returns whether there is work at once."""
    campaign = _locked(campaign_id)
    if campaign.state != "scheduled" or campaign.starts_at is None or campaign.starts_at > clock.now():
        return False
    campaign.state, campaign.began_at, campaign.matching = "enrolling", clock.now(), matching
    record(CampaignChanged(campaign_id=campaign.id, change="began"))
    return True


def enrol_batch(campaign_id: str, cursor: str | None, ids: Sequence[str], following: str | None) -> bool:
    """Let these leads, or the leads behind these contacts, in; they were read behind `cursor`, and `following` stands
    behind them. Returns whether to go on.
    """
    campaign = _locked(campaign_id)
    if campaign.state != "enrolling" or campaign.cursor != cursor:
        return campaign.state == "enrolling"
    flow = db.session.scalars(select(Flow).where(Flow.id == campaign.flow_id).with_for_update(read=True)).one()
    if not flow.enabled:
        _pause(campaign, FLOW_IS_OFF)
        return False
    lead_ids, unreachable = _leads_of_contacts(ids) if campaign.audience == "contacts" else (ids, 0)
    enrolled = enrol_many(flow, lead_ids, campaign_id=campaign.id)
    campaign.entered += len(enrolled.enrolment_ids)
    left_out = Counter(enrolled.left_out) + Counter({NOT_REACHABLE: unreachable})
    campaign.left_out = dict(Counter(campaign.left_out) + left_out)
    campaign.cursor = following
    if following is not None:
        return True
    campaign.state, campaign.enrolled_at = "running", clock.now()
    record(CampaignChanged(campaign_id=campaign.id, change="enrolled"))
    is_one = campaign.entered == 1
    _tell(campaign, "its 1 lead has entered" if is_one else f"all of its {campaign.entered:,} leads have entered")
    return False


def let_leads_go_on(campaign_id: str) -> bool:
    """Let what was held during a pause leave, and what follows keep its distance. Returns whether there may be more."""
    campaign = _locked(campaign_id)
    if not campaign.lets_held_go or campaign.state not in ("enrolling", "running"):
        return False
    campaign.lets_held_go = let_passages_go_on(campaign.id, PAUSED, LET_GO) == LET_GO
    return campaign.lets_held_go


def let_leads_leave(campaign_id: str) -> bool:
    """End passages of a campaign that was stopped. Returns whether there may be more."""
    campaign = _locked(campaign_id)
    if campaign.state != "stopped" or campaign.settled_at is not None:
        return False
    ids = db.session.scalars(_inside(campaign_id).order_by(Enrolment.id).limit(LEAVING)).all()
    leave_many(ids, STOPPED)
    if len(ids) == LEAVING:
        return True
    campaign.settled_at = clock.now()
    return False


def finish_campaign(campaign_id: str) -> None:
    """It is done once nobody is inside because of it any more."""
    campaign = _locked(campaign_id)
    if campaign.state == "running" and db.session.scalar(_inside(campaign_id).limit(1)) is None:
        campaign.state, campaign.settled_at = "done", clock.now()
        record(CampaignChanged(campaign_id=campaign.id, change="done"))
        _tell(campaign, "it is done")


def _leads_of_contacts(contact_ids: Sequence[str]) -> tuple[list[str], int]:
    """The leads behind them, each once, and of how many contacts no address is known."""
    contacts = db.session.scalars(select(Contact).where(Contact.id.in_(contact_ids)).order_by(Contact.id)).all()
    found = [lead for contact in contacts if (lead := leads.lead_of_contact(contact)) is not None]
    return list(dict.fromkeys(lead.id for lead in found)), len(contacts) - len(found)


def _inside(campaign_id: str):
    return select(Enrolment.id).where(Enrolment.campaign_id == campaign_id, Enrolment.state == "running")


def _locked(campaign_id: str) -> Campaign:
    return lock(get_or_404(Campaign, campaign_id))


def _pause(campaign: Campaign, note: str) -> None:
    campaign.state, campaign.note = "paused", note
    halt_messages(campaign.id, PAUSED)
    record(CampaignChanged(campaign_id=campaign.id, change="paused"))
    _tell(campaign, f"it is paused, because {note}")


def _tell(campaign: Campaign, words: str) -> None:
    """Nobody watches for hours: how it goes is behind the bell."""
    kind, _, user_id = campaign.author.partition(":")
    if kind == "user":
        title = f"{campaign.name}: {words}"
        notify([user_id], f"campaign:{campaign.id}:{campaign.revision}", title, f"/campaigns/{campaign.id}", "send")
