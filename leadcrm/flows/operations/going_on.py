"""Passages of a campaign going on after a pause, as far behind their plan as the pause has put them.

What was held first of a passage leaves now. What follows keeps its distance in days: a step of day three and one of
day seven, both held, do not reach the lead together. So does what a switch put aside, and another may take back.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Row, and_, or_, select, update

from leadcrm.conversations.models import Message
from leadcrm.conversations.operations import let_held_messages_go, retime, retime_dropped
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.events import record_all
from leadcrm.core.zones import zone
from leadcrm.flows.events import LeadDelayed
from leadcrm.flows.models import Enrolment
from leadcrm.flows.reasons import PARKED
from leadcrm.flows.timing import days_behind, days_on

_PASSAGE = (Enrolment.id, Enrolment.lead_id, Enrolment.flow_id, Enrolment.timezone, Enrolment.last_message_at)
_MESSAGE = (Message.id, Message.enrolment_id, Message.status, Message.reason, Message.scheduled_for, Message.rendered)


def let_passages_go_on(campaign_id: str, reason: str, limit: int) -> int:
    """Let at most `limit` passages of the campaign with messages held for this reason go on. Returns how many."""
    passages = _locked(campaign_id, reason, limit)
    waiting = _waiting([passage.id for passage in passages])
    leaving: list[str] = []
    moments: dict[str, datetime] = {}
    delays: list[LeadDelayed] = []
    for passage in passages:
        held = [row for row in waiting[passage.id] if (row.status, row.reason) == ("held", reason)]
        if not held:
            continue
        first = min(row.scheduled_for for row in held)
        theirs = [row for row in waiting[passage.id] if not row.rendered]
        local = zone(passage.timezone)
        planned = (row.scheduled_for for row in theirs if row.status != "skipped")
        days = days_behind(planned, first, clock.now(), local)
        later = [row for row in theirs if days and row.scheduled_for > first]
        moved = {row.id: days_on(row.scheduled_for, days, local) for row in later}
        leaving += [row.id for row in held if row.id not in moved]
        moments |= moved
        _note(passage, days, moved.values())
        delays += [_delay(passage, days)] if days else []
    if passages:
        let_held_messages_go(leaving)
        retime(moments)
        retime_dropped({row.id: moments[row.id] for row in _aside(waiting) if row.id in moments})
        record_all(delays)
    return len(passages)


def _locked(campaign_id: str, reason: str, limit: int) -> Sequence[Row]:
    held = (Message.campaign_id == campaign_id, Message.status == "held", Message.reason == reason)
    ids = db.session.scalars(select(Message.enrolment_id).where(*held).distinct().limit(limit)).all()
    passages = select(*_PASSAGE).where(Enrolment.id.in_(ids))
    return db.session.execute(passages.order_by(Enrolment.id).with_for_update()).all()


def _waiting(enrolment_ids: Sequence[str]) -> dict[str, list[Row]]:
    """Their messages that a worker has not claimed, and what a switch put aside, by passage."""
    found: dict[str, list[Row]] = defaultdict(list)
    is_aside = and_(Message.status == "skipped", Message.reason.in_(PARKED))
    waiting = select(*_MESSAGE).where(
        Message.enrolment_id.in_(enrolment_ids), or_(Message.status.in_(("scheduled", "held")), is_aside)
    )
    for row in db.session.execute(waiting.order_by(Message.id).with_for_update()):
        found[row.enrolment_id].append(row)
    return found


def _aside(waiting: Mapping[str, Sequence[Row]]) -> Iterator[Row]:
    return (row for rows in waiting.values() for row in rows if row.status == "skipped")


def _delay(passage: Row, days: int) -> LeadDelayed:
    return LeadDelayed(lead_id=passage.lead_id, flow_id=passage.flow_id, enrolment_id=passage.id, days=days)


def _note(passage: Row, days: int, moments: Collection[datetime]) -> None:
    """What is planned for it later on is so much later; a passage that says something later ends later."""
    if not days:
        return
    ends_at = max((*moments, passage.last_message_at))
    its_own = update(Enrolment).where(Enrolment.id == passage.id)
    db.session.execute(its_own.values(last_message_at=ends_at, days_behind=Enrolment.days_behind + days))
