"""The leads behind each number of a campaign's results."""

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import aliased

from leadcrm.conversations.models import Message
from leadcrm.core.paging import Keyset, Order, Page
from leadcrm.flows import number_queries
from leadcrm.flows.fates import BUCKETS, CLICKED, INSIDE, REPLIED, Fate
from leadcrm.flows.models import Campaign, Enrolment, FlowStep
from leadcrm.identity.models import User

DELIVERED = "delivered"  # of what was sent
DELIVERED_STATUSES = ("delivered", "read")
NUMBERS = ("waiting", "sent", DELIVERED, "failed", "unknown", "skipped", REPLIED, CLICKED, INSIDE)

_LATEST = Order("inside", (Enrolment.id,))


def leads_behind(user: User, campaign_id: str, number: str, *, reason: str = "", cursor: str | None = None) -> Page:
    """A page of the leads (LeadBehind) that this person may see, of one of NUMBERS, perhaps for one reason alone.

    Messages by reason; those that wait the soonest first, others the newest first. Raises BadCursor.
    """
    if number == REPLIED:
        return number_queries.who_replied(user, has_answered(campaign_id), cursor)
    if number == CLICKED:
        return number_queries.who_clicked(user, _is_last_clicked(campaign_id), cursor)
    if number == INSIDE:
        return _inside(user, campaign_id, cursor)
    statuses = DELIVERED_STATUSES if number == DELIVERED else BUCKETS[number]
    of = Message.campaign_id == campaign_id
    is_soonest_first = number == "waiting"
    return number_queries.messages_behind(user, of, statuses, reason, cursor, is_soonest_first=is_soonest_first)


def has_answered(campaign_id: str) -> ColumnElement[bool]:
    """Criterion on a passage: it is of the campaign, and the lead replied.

    Asked by the flow's steps, deleted ones too, for whose answers there is an index.
    """
    flow_id = select(Campaign.flow_id).where(Campaign.id == campaign_id).scalar_subquery()
    steps = select(FlowStep.id).where(FlowStep.flow_id == flow_id)
    return and_(Enrolment.replied_step_id.in_(steps), Enrolment.campaign_id == campaign_id)


def _is_last_clicked(campaign_id: str) -> ColumnElement[bool]:
    """Each lead once, however many of the campaign's messages they clicked in."""
    other = aliased(Message)
    theirs = (other.campaign_id == campaign_id, other.lead_id == Message.lead_id, other.clicked_at.is_not(None))
    last = select(func.max(other.id)).where(*theirs).correlate(Message).scalar_subquery()
    return and_(Message.campaign_id == campaign_id, Message.id == last)


def _inside(user: User, campaign_id: str, cursor: str | None) -> Page:
    passages = select(Enrolment).where(
        Enrolment.campaign_id == campaign_id,
        Enrolment.state == "running",
        *number_queries.visible_to(user, Enrolment.lead_id),
    )
    page = Keyset(passages, _LATEST, number_queries.PAGE).page(cursor)
    found = [(row.id, row.lead_id, Fate(INSIDE, row.started_at), None) for row in page.items]
    return number_queries.with_people(page, found)
