"""What people do with campaigns: draft, start, pause, resume and stop them. The worker does the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from leadcrm.conversations.operations import halt_messages, set_paces
from leadcrm.core import clock, events, jobs
from leadcrm.core.db import after_commit, db, get_or_404, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record
from leadcrm.flows import queries, segments
from leadcrm.flows.document import StepData, check_words
from leadcrm.flows.events import CampaignChanged
from leadcrm.flows.models import Campaign, Enrolment, Flow, FlowStep
from leadcrm.flows.operations.editing import add_step, create_flow, edit_step
from leadcrm.flows.segments import Segment

PAUSED, STOPPED = "The campaign is paused", "The campaign was stopped"
OWN_FLOW = "Campaign: {}"  # the name of the flow that says a campaign's one message
MAY_PAUSE = ("scheduled", "enrolling", "running")
MAY_STOP = (*MAY_PAUSE, "paused")


@dataclass(frozen=True, kw_only=True)
class CampaignData:
    """What a person decides: who (`segment`, in words too), what (a flow, or one `message` to all), when, how fast.

    `per_hour` maps channel → at most so many messages in any hour; `starts_at` None: when somebody starts it.
    """

    name: str
    segment: Segment
    segment_words: str
    per_hour: Mapping[str, int | None]
    flow_id: str | None = None
    message: StepData | None = None
    starts_at: datetime | None = None


def draft_campaign(data: CampaignData) -> Campaign:
    """A campaign that does nothing until it is started. Raises DomainError for a taken name and what cannot be sent."""
    campaign = Campaign(state="draft", author=events.actor(), matching=0, entered=0, left_out={})
    _fill_in(campaign, data)
    db.session.add(campaign)
    db.session.flush()
    set_paces(campaign.id, data.per_hour)
    record(CampaignChanged(campaign_id=campaign.id, change="drafted"))
    return campaign


def edit_campaign(campaign: Campaign, data: CampaignData) -> Campaign:
    """Decide otherwise, before it starts. Raises Conflict once it has, and DomainError."""
    campaign = _in_state(campaign, "draft")
    _fill_in(campaign, data)
    set_paces(campaign.id, data.per_hour)
    record(CampaignChanged(campaign_id=campaign.id, change="edited"))
    return campaign


def delete_campaign(campaign: Campaign) -> None:
    """Throw a draft away. Raises Conflict once it was started, or once somebody was in its flow."""
    campaign = _in_state(campaign, "draft")
    flow = campaign.flow
    record(CampaignChanged(campaign_id=campaign.id, change="deleted"))
    db.session.delete(campaign)
    db.session.flush()
    if flow.trigger == "campaign":
        _delete_own_flow(flow)


def start_campaign(campaign: Campaign, edition: str | None = None) -> Campaign:
    """Let it begin at its time, or now. Raises Conflict, and DomainError when nobody or nothing would be sent.

    With the `edition` that was shown to who starts it, nobody is sent what they have not looked through.
    """
    campaign = _in_state(campaign, "draft")
    if edition not in (None, campaign.edition):
        raise Conflict("It was changed since this page was shown. Look through it again, then start it.")
    if not campaign.flow.enabled:
        raise DomainError(f"The flow “{campaign.flow.name}” is off. Switch it on first.")
    if not any(step.enabled for step in queries.steps_of(campaign.flow_id)):
        raise DomainError(f"No step of “{campaign.flow.name}” is on: nothing would be sent.")
    if not segments.stretch_of(segments.segment_of(campaign), None, 1).ids:
        raise DomainError("Nobody is in this segment. Choose another one.")
    campaign.author = events.actor()
    campaign.starts_at = max(campaign.starts_at or clock.now(), clock.now())
    return _changed(campaign, "scheduled", "started")


def pause_campaign(campaign: Campaign) -> Campaign:
    """Nobody more enters, and nothing leaves until it is resumed. Raises Conflict."""
    campaign = _in_state(campaign, *MAY_PAUSE)
    campaign.note = ""
    halt_messages(campaign.id, PAUSED)
    return _changed(campaign, "paused", "paused")


def resume_campaign(campaign: Campaign) -> Campaign:
    """It goes on where it was. Raises Conflict.

    The first message that waited for a lead leaves, at its pace, and what follows moves by as many days.
    """
    campaign = _in_state(campaign, "paused")
    campaign.note = ""
    halt_messages(campaign.id, "")
    campaign.lets_held_go = campaign.began_at is not None
    return _changed(campaign, _where_it_was(campaign), "resumed")


def stop_campaign(campaign: Campaign) -> Campaign:
    """Nobody more enters, nothing more leaves, and who is inside because of it leaves the flow. Raises Conflict."""
    campaign = _in_state(campaign, *MAY_STOP)
    halt_messages(campaign.id, STOPPED)
    if campaign.began_at is None:
        campaign.settled_at = clock.now()
    return _changed(campaign, "stopped", "stopped")


def _where_it_was(campaign: Campaign) -> str:
    if campaign.began_at is None:
        return "scheduled"
    return "enrolling" if campaign.enrolled_at is None else "running"


def _in_state(campaign: Campaign, *states: str) -> Campaign:
    campaign = lock(campaign)
    if campaign.state not in states:
        raise Conflict(f"The campaign is {campaign.state} by now.")
    return campaign


def _changed(campaign: Campaign, state: str, change: str) -> Campaign:
    campaign.state = state
    record(CampaignChanged(campaign_id=campaign.id, change=change))
    after_commit(jobs.ring_slow)
    return campaign


def _fill_in(campaign: Campaign, data: CampaignData) -> None:
    twin = select(Campaign.id).where(Campaign.name == data.name, Campaign.id != (campaign.id or ""))
    if db.session.scalar(twin) is not None:
        raise DomainError("Another campaign has this name.", "name")
    old = campaign.flow
    campaign.name = data.name
    campaign.audience = segments.audience_of(data.segment)
    campaign.segment, campaign.segment_words = data.segment.to_json(), data.segment_words
    campaign.starts_at = data.starts_at
    campaign.flow = _flow_of(data) if data.message is None else _own_flow(data, data.message, old)
    db.session.flush()
    if old is not None and old.trigger == "campaign" and old is not campaign.flow:
        _delete_own_flow(old)


def _delete_own_flow(flow: Flow) -> None:
    """With a flow go the passages through it and all that was said in them: nobody may have been inside."""
    if db.session.scalar(select(Enrolment.id).where(Enrolment.flow_id == flow.id).limit(1)) is not None:
        raise Conflict("Somebody was sent what this campaign says. It stays, so that their messages stay.")
    db.session.delete(flow)


def _flow_of(data: CampaignData) -> Flow:
    flow = get_or_404(Flow, data.flow_id) if data.flow_id else None
    if flow is None or flow.trigger == "campaign":
        raise DomainError("Choose a flow, or write a message.", "flow_id")
    return flow


def _own_flow(data: CampaignData, message: StepData, old: Flow | None) -> Flow:
    """A flow of one step, on from the start: nobody enters it but by the campaign."""
    check_words(message)
    name = OWN_FLOW.format(data.name)
    if old is None or old.trigger != "campaign":
        flow = create_flow(name, "campaign")
        flow.enabled = True
        add_step(flow, message)
        return flow
    if db.session.scalar(select(Flow.id).where(Flow.name == name, Flow.id != old.id)) is not None:
        raise DomainError("A flow is called like this campaign. Choose another name.", "name")
    old.name = name
    step = db.session.scalars(select(FlowStep).where(FlowStep.flow_id == old.id, FlowStep.deleted_at.is_(None))).one()
    edit_step(step, message, step.revision)
    return old
