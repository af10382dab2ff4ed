"""Leads leaving flows, by what they did, by a person's decision, or because all is said; and coming back."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import aliased

from leadcrm.conversations.models import CHANNELS, Message
from leadcrm.conversations.operations import resume_skipped, skip_waiting
from leadcrm.core import clock, events
from leadcrm.core.db import db
from leadcrm.core.events import record, record_all
from leadcrm.core.models import EventRow
from leadcrm.core.recent import UNDO_WITHIN
from leadcrm.flows import queries
from leadcrm.flows.events import LeadEnrolled, LeadLeftFlow
from leadcrm.flows.fates import BUCKETS
from leadcrm.flows.models import TRIGGERS, Campaign, Enrolment, Flow
from leadcrm.flows.operations.rewording import reword_passage
from leadcrm.flows.operations.settling import came_back
from leadcrm.flows.reasons import PARKED
from leadcrm.identity.models import User
from leadcrm.identity.permissions import visible_leads_filter
from leadcrm.leads.models import Lead

REPLY_COUNTS_FOR = timedelta(days=30)  # after the end of a passage a reply is still one to its last message


def exit_lead(lead_id: str, reason: str, triggers: Collection[str] = TRIGGERS) -> int:
    """End the lead's running passages through flows with these triggers: what still waits is skipped with the reason.

    Returns how many messages.
    """
    one_at_a_time([lead_id])
    flows = select(Flow.id).where(Flow.trigger.in_(triggers))
    return sum(
        _end(passage, reason)[1] for passage in _running(Enrolment.lead_id == lead_id, Enrolment.flow_id.in_(flows))
    )


def leave_flow(lead: Lead, flow: Flow, reason: str) -> int | None:
    """End the lead's running passage through this flow, and no other.

    Returns how many waiting messages are skipped with the reason; None when the lead was not inside.
    """
    one_at_a_time([lead.id])
    passages = _running(Enrolment.lead_id == lead.id, Enrolment.flow_id == flow.id)
    return sum(_end(passage, reason)[1] for passage in passages) if passages else None


def end_passages(enrolment_ids: Collection[str], reason: str) -> list[int]:
    """End these passages by a person's decision; those that no longer run stay as they are.

    Returns the facts' ids, for `undo_endings`.
    """
    theirs = select(Enrolment.lead_id).where(Enrolment.id.in_(enrolment_ids))
    one_at_a_time(db.session.scalars(theirs).all())
    return [_end(passage, reason)[0] for passage in _running(Enrolment.id.in_(enrolment_ids))]


def undo_endings(fact_ids: Collection[int], by: User) -> int:
    """Take back what this person ended in the last ten minutes: what is still ahead will be sent. Returns how many.

    A lead stays out who may no longer be seen, or whom something has happened to that ends the passage.
    """
    endings = _endings(fact_ids, by)
    reasons = {ending.enrolment_id: ending.reason for ending in endings}
    left = _left({ending.lead_id for ending in endings}, Enrolment.id.in_(reasons))
    returning = [passage for passage in left if passage.exit_reason == reasons[passage.id] and _may_return(passage)]
    for passage in returning:
        _reopen(passage, _resume(passage))
    return len(returning)


def note_reply(lead_id: str) -> None:
    """Remember which step the lead answered: the last that was sent in each passage that runs or has just ended."""
    one_at_a_time([lead_id])
    newest_first = (Message.sent_at.desc(), Message.id.desc())
    last_sent = (
        select(Message.step_id)
        .where(
            Message.enrolment_id == Enrolment.id,
            Message.status.in_(BUCKETS["sent"]),
            Message.channel.in_(CHANNELS),
        )
        .order_by(*newest_first)
        .limit(1)
        .scalar_subquery()
    )
    ended_lately = (Enrolment.state == "finished") & (Enrolment.ended_at > clock.now() - REPLY_COUNTS_FOR)
    answered = update(Enrolment).where(
        Enrolment.lead_id == lead_id,
        Enrolment.replied_step_id.is_(None),
        or_(Enrolment.state == "running", ended_lately),
    )
    db.session.execute(answered.values(replied_step_id=last_sent).execution_options(synchronize_session=False))


def readmit_lead(lead_id: str, reason: str) -> int:
    """Undo `exit_lead` for this reason: what was dropped and is still ahead will be sent. Returns how many messages.

    A passage with nothing ahead stays ended, and so does what its flow or step would not say any more. Who has done
    something since they came in that ends it stays out; what they did before kept nobody from letting them in.
    """
    resumed = 0
    for passage in _left({lead_id}, Enrolment.lead_id == lead_id, Enrolment.exit_reason == reason):
        if _may_return(passage) and (count := _resume(passage)):
            _reopen(passage, count)
            resumed += count
    return resumed


def resume_dropped(lead_id: str, reason: str) -> int:
    """Let what the lead's running passages dropped for this reason go out after all, as far as it is still ahead.

    Returns how many messages.
    """
    running = (Enrolment.lead_id == lead_id, Enrolment.state == "running", ~_of_a_stopped_campaign())
    _keep_as_they_are(running)
    one_at_a_time([lead_id])
    return sum(_resume(passage, [reason]) for passage in _running(*running))


def finish_passages(enrolment_ids: Sequence[str]) -> int:
    """Close those of the passages that run and have no message under way. Returns how many."""
    over = (
        update(Enrolment)
        .where(Enrolment.id.in_(enrolment_ids), *queries.is_over(clock.now()))
        .values(state="finished", ended_at=clock.now())
        .execution_options(synchronize_session=False)
        .returning(Enrolment.id, Enrolment.flow_id, Enrolment.lead_id)
    )
    done = db.session.execute(over).all()
    record_all(
        LeadLeftFlow(lead_id=row.lead_id, flow_id=row.flow_id, enrolment_id=row.id, reason="All steps are done")
        for row in done
    )
    return len(done)


def one_at_a_time(lead_ids: Collection[str]) -> None:
    """Entering and leaving wait for each other: an exit must see the passage that another worker is just writing."""
    theirs = select(Lead.id).where(Lead.id.in_(set(lead_ids))).order_by(Lead.id)
    db.session.execute(theirs.with_for_update())


def _running(*which: ColumnElement[bool]) -> Sequence[Enrolment]:
    running = select(Enrolment).where(*which, Enrolment.state == "running").order_by(Enrolment.id)
    return db.session.scalars(running.with_for_update().execution_options(populate_existing=True)).all()


def _left(lead_ids: Collection[str], *which: ColumnElement[bool]) -> Sequence[Enrolment]:
    """Passages of these leads that were left, while nobody else moves them or changes what their flows say.

    Only the last of a lead through a flow: who has come in anew hears it from the start, and not once more beside that.
    None of a campaign that was stopped: what it still wanted to say is not said any more.
    """
    left = (*which, Enrolment.state == "exited", ~_came_in_anew())
    _keep_as_they_are(left)
    one_at_a_time(lead_ids)
    passages = select(Enrolment).where(*left, ~_of_a_stopped_campaign()).order_by(Enrolment.id)
    return db.session.scalars(passages.execution_options(populate_existing=True)).all()


def _came_in_anew() -> ColumnElement[bool]:
    later = aliased(Enrolment)
    same = (later.flow_id == Enrolment.flow_id, later.lead_id == Enrolment.lead_id)
    return select(later.id).where(*same, later.number > Enrolment.number).exists()


def _endings(fact_ids: Collection[int], by: User) -> list[LeadLeftFlow]:
    """What this person ended a moment ago, of leads they may see."""
    recent = (
        select(EventRow)
        .join(Lead, Lead.id == EventRow.lead_id)
        .where(EventRow.id.in_(fact_ids), EventRow.name == LeadLeftFlow.name, EventRow.actor == f"user:{by.id}")
        .where(EventRow.at > clock.now() - UNDO_WITHIN, visible_leads_filter(by, Lead.owner_id))
    )
    return [events.restore(row) for row in db.session.scalars(recent.order_by(EventRow.id))]


def _end(passage: Enrolment, reason: str) -> tuple[int, int]:
    """The fact's id, and how many messages will not be sent."""
    skipped = skip_waiting(passage.id, reason)
    passage.state, passage.exit_reason, passage.ended_at = "exited", reason, clock.now()
    fact = LeadLeftFlow(lead_id=passage.lead_id, flow_id=passage.flow_id, enrolment_id=passage.id, reason=reason)
    return record(fact), skipped


def _may_return(passage: Enrolment) -> bool:
    """Whether nothing that ends the passage has happened since the lead came in; what they were then let them in."""
    if queries.is_archived(passage.lead_id):
        return False
    since = queries.entry_of(passage.lead_id, passage.flow_id)
    if queries.why_gone(passage.lead_id, since) is not None:
        return False
    return not queries.has_left_by_status(passage.lead_id, passage.flow.trigger, since)


def _resume(passage: Enrolment, reasons: Collection[str] = ()) -> int:
    """Let messages that were dropped for these reasons, or with the passage, go out after all, as far as still ahead.

    Of one that was left so will what a switch had put aside, and would have taken back meanwhile, had it run.
    """
    reasons = reasons or [passage.exit_reason, *PARKED]
    reword_passage(passage, Message.status == "skipped", Message.reason.in_(reasons))
    theirs = (Message.enrolment_id == passage.id, Message.step_id.in_(queries.steps_that_are_on(passage.flow_id)))
    return resume_skipped(*theirs, ~came_back(), reasons=reasons)


def _reopen(passage: Enrolment, messages: int) -> None:
    passage.state, passage.exit_reason, passage.ended_at = "running", "", None
    back = {"lead_id": passage.lead_id, "flow_id": passage.flow_id, "enrolment_id": passage.id}
    record(LeadEnrolled(**back, messages=messages))


def _of_a_stopped_campaign() -> ColumnElement[bool]:
    return select(Campaign.id).where(Campaign.id == Enrolment.campaign_id, Campaign.state == "stopped").exists()


def _keep_as_they_are(left: Sequence[ColumnElement[bool]]) -> None:
    """Until the transaction's end no campaign of these passages is stopped, and no step of theirs edited or switched:
    who returns must not bring back older words. In the order in which the worker locks for a campaign.
    """
    campaigns = select(Campaign.id).where(Campaign.id.in_(select(Enrolment.campaign_id).where(*left)))
    db.session.execute(campaigns.order_by(Campaign.id).with_for_update(read=True))
    flows = select(Flow.id).where(Flow.id.in_(select(Enrolment.flow_id).where(*left)))
    db.session.execute(flows.order_by(Flow.id).with_for_update(read=True))
