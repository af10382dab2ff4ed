"""Reads of flows, shaped for their pages and listeners."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, Select, func, literal, select, union_all

from leadcrm.conversations.events import LeadOptedOut, MessageReceived
from leadcrm.conversations.models import INSIDE, Message, RewordedStep
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.models import EventRow
from leadcrm.flows.events import LeadEnrolled
from leadcrm.flows.fates import BUCKETS
from leadcrm.flows.models import Enrolment, Flow, FlowSettling, FlowStep, FlowVersion
from leadcrm.flows.reasons import BOOKED, OPTED_OUT, REPLIED, status_ends
from leadcrm.identity.models import Organization, User
from leadcrm.identity.permissions import visible_leads_filter
from leadcrm.leads import queries as leads
from leadcrm.leads.events import LeadStatusChanged
from leadcrm.leads.models import Lead

GONE_STATUSES = ("converted", "unqualified")
UNSUBSCRIBE = "(the unsubscribe link)"  # made when a message is sent, so no preview has it
IN_THE_HOUSE = "in the house"
BOOKING_MADE = "booking.made"  # a fact of bookings, on the same floor
ENDING_FACTS = {MessageReceived.name: REPLIED, LeadOptedOut.name: OPTED_OUT, BOOKING_MADE: BOOKED}


def flow_entered_by(trigger: str) -> Flow | None:
    """The flow that leads enter by one of AUTOMATIC, if it is on. It stays as it is until the transaction's end."""
    on = select(Flow).where(Flow.trigger == trigger, Flow.enabled)
    return db.session.scalars(on.with_for_update(read=True)).one_or_none()


def lead_to_enrol(lead_id: str, gone: Collection[str] = GONE_STATUSES) -> Lead | None:
    """The lead, unless they are archived or, by their status, `gone` by now."""
    entering = select(Lead).where(Lead.id == lead_id, Lead.archived_at.is_(None), Lead.status.not_in(gone))
    return db.session.scalars(entering).one_or_none()


def status_of(lead_id: str) -> str | None:
    """The lead's status now."""
    return db.session.scalar(select(Lead.status).where(Lead.id == lead_id))


def is_archived(lead_id: str) -> bool:
    """Whether the lead is put away now."""
    return db.session.scalar(select(Lead.archived_at).where(Lead.id == lead_id)) is not None


def entry_of(lead_id: str, flow_id: str) -> int:
    """The fact that the lead entered the flow last, by its id; 0 when they never did."""
    entries = select(EventRow.id, EventRow.data).where(EventRow.lead_id == lead_id, EventRow.name == LeadEnrolled.name)
    rows = db.session.execute(entries.order_by(EventRow.id.desc()))
    return next((fact_id for fact_id, data in rows if data["flow_id"] == flow_id), 0)


def why_gone(lead_id: str, since: int = 0) -> str | None:
    """What the lead has done, after the fact `since`, that ends every flow, in words; None when they may hear more."""
    news = select(EventRow.name, EventRow.data).where(
        EventRow.lead_id == lead_id, EventRow.id > since, EventRow.name.in_(ENDING_FACTS)
    )
    for name, data in db.session.execute(news.order_by(EventRow.id)):
        if not data.get("automatic"):
            return ENDING_FACTS[name]
    return None


def has_left_by_status(lead_id: str, trigger: str, since: int) -> bool:
    """Whether the lead is where they are by a change of status after the fact `since` that ends flows so entered."""
    changes = select(EventRow.data["old"].as_string()).where(
        EventRow.lead_id == lead_id, EventRow.id > since, EventRow.name == LeadStatusChanged.name
    )
    now = status_of(lead_id) or ""
    return any(status_ends(old, now, trigger) for old in db.session.scalars(changes))


def reachable(lead_ids: Collection[str], channels: Collection[str]) -> dict[str, dict[str, str]]:
    """Where these leads are reached, by channel and lead; what is done in the house needs no address."""
    return {
        channel: dict.fromkeys(lead_ids, IN_THE_HOUSE) if channel in INSIDE else leads.address_of(lead_ids, channel)
        for channel in sorted(channels)
    }


def deeds_due() -> list[Row]:
    """(organization_id, channel) where flows have something to do in the house. One look-up each."""
    due = [
        select(Organization.id, literal(channel).label("channel")).where(
            select(Message.id)
            .where(
                Message.organization_id == Organization.id, Message.channel == channel, Message.due_at <= clock.now()
            )
            .exists()
        )
        for channel in INSIDE
    ]
    return list(db.session.execute(union_all(*due)).all())


def is_over(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Criteria on a passage: it runs, but nothing is under way in it, nor about to come by a publication.

    Its own last moment is asked for although messages say it, too: who waits for a row that another worker holds sees
    that row anew on PostgreSQL, but not the messages which came with it.
    """
    under_way = select(Message.id).where(Message.enrolment_id == Enrolment.id, Message.status.in_(BUCKETS["waiting"]))
    to_come = select(FlowVersion.number).where(
        FlowVersion.flow_id == Enrolment.flow_id, FlowVersion.settled_at.is_(None)
    )
    return Enrolment.state == "running", Enrolment.last_message_at <= now, ~under_way.exists(), ~to_come.exists()


def passages_over(now: datetime, limit: int) -> list[Row]:
    """(organization_id, id) of passages to close, of every organization when the scope is everyone."""
    statement = select(Enrolment.organization_id, Enrolment.id).where(*is_over(now))
    return list(db.session.execute(statement.order_by(Enrolment.last_message_at).limit(limit)).all())


def flows_to_settle() -> list[Row]:
    """(organization_id, flow_id) of flows whose waiting messages are behind a switch."""
    left = select(FlowSettling.organization_id, FlowSettling.flow_id)
    return list(db.session.execute(left.order_by(FlowSettling.since, FlowSettling.flow_id)).all())


def flows_to_bring_in_line() -> list[Row]:
    """(organization_id, flow_id) of flows whose leads inside are behind a publication."""
    left = select(FlowVersion.organization_id, FlowVersion.flow_id).where(FlowVersion.settled_at.is_(None))
    return list(db.session.execute(left.order_by(FlowVersion.at, FlowVersion.flow_id)).all())


def steps_to_reword() -> list[Row]:
    """(organization_id, step_id) of edited steps with waiting messages that do not say their words yet."""
    left = select(RewordedStep.organization_id, RewordedStep.step_id)
    return list(db.session.execute(left.order_by(RewordedStep.step_id)).all())


def flow_list() -> list[Row]:
    """All flows but those of campaigns, those that are on first: rows (Flow, steps, running)."""
    steps = (
        select(func.count(FlowStep.id))
        .where(FlowStep.flow_id == Flow.id, FlowStep.enabled, FlowStep.deleted_at.is_(None))
        .scalar_subquery()
    )
    statement = select(Flow, steps.label("steps"), _running().label("running")).where(Flow.trigger != "campaign")
    return list(db.session.execute(statement.order_by(Flow.enabled.desc(), Flow.created_at, Flow.id)).all())


def flows_to_choose() -> list[Flow]:
    """Flows a person may let leads into, those that are on first."""
    choosable = select(Flow).where(Flow.trigger != "campaign")
    return list(db.session.scalars(choosable.order_by(Flow.enabled.desc(), Flow.name)))


def just_enrolled(reader: User, enrolment_ids: Collection[str], within: timedelta) -> list[str]:
    """Those of these passages that began so recently, of leads the person may see."""
    recent = select(Enrolment.id).join(Lead, Lead.id == Enrolment.lead_id)
    recent = recent.where(Enrolment.id.in_(enrolment_ids), Enrolment.started_at > clock.now() - within)
    return list(db.session.scalars(recent.where(visible_leads_filter(reader, Lead.owner_id))))


def running_count(flow_id: str) -> int:
    """How many leads are inside the flow."""
    return db.session.scalar(select(_running()).select_from(Flow).where(Flow.id == flow_id)) or 0


def _running():
    inside = select(func.count(Enrolment.id)).where(Enrolment.flow_id == Flow.id, Enrolment.state == "running")
    return inside.correlate(Flow).scalar_subquery()


def steps_of(flow_id: str) -> list[FlowStep]:
    """The flow's steps in the order they go out."""
    statement = select(FlowStep).where(FlowStep.flow_id == flow_id, FlowStep.deleted_at.is_(None))
    order = (FlowStep.day, FlowStep.time.is_not(None), FlowStep.time, FlowStep.created_at, FlowStep.id)
    return list(db.session.scalars(statement.order_by(*order)))


def steps_that_are_on(flow_id: str) -> Select[tuple[str]]:
    """Ids of the steps that may be sent; none of a flow that is off."""
    return (
        select(FlowStep.id)
        .join(Flow, Flow.id == FlowStep.flow_id)
        .where(Flow.id == flow_id, Flow.enabled, FlowStep.enabled, FlowStep.deleted_at.is_(None))
    )


def preview_lead(reader: User, lead_id: str) -> Lead | None:
    """Whom a step is previewed for: this lead, else the newest, of those the person may see."""
    seen = select(Lead).where(Lead.archived_at.is_(None), visible_leads_filter(reader, Lead.owner_id))
    chosen = db.session.scalars(seen.where(Lead.id == lead_id)).one_or_none() if lead_id else None
    newest = seen.order_by(Lead.created_at.desc(), Lead.id.desc()).limit(1)
    return chosen or db.session.scalars(newest).one_or_none()


def merge_values(lead_id: str) -> dict[str, str]:
    """What this lead's merge fields are filled with, but for the unsubscribe link."""
    return {**leads.merge_values([lead_id])[lead_id], "unsubscribe_url": UNSUBSCRIBE}


def names_of(ids: Collection[str]) -> dict[str, str]:
    """Names of flows by id, as they are now."""
    return dict(db.session.execute(select(Flow.id, Flow.name).where(Flow.id.in_(ids))).all())
