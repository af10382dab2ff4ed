"""Messages of campaigns among what was claimed: those that would be too fast wait in a line, in the same transaction.

The row of the pace is locked meanwhile, so that the limit holds however many workers claim.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, literal, select, update

from leadcrm.conversations import pacing
from leadcrm.conversations.models import Message, Pace
from leadcrm.conversations.operations.planning import STALE_AFTER
from leadcrm.core import clock
from leadcrm.core.db import db

if TYPE_CHECKING:
    from leadcrm.conversations.delivery.claims import Claim

HALTED_LOOK = timedelta(days=1)  # whoever lets a campaign go on does not wait for this

MESSAGES, PACES = Message.__table__, Pace.__table__
halted = select(PACES.c.halted).where(
    PACES.c.campaign_id == MESSAGES.c.campaign_id, PACES.c.channel == MESSAGES.c.channel, PACES.c.halted != ""
)
_put_off = (
    update(MESSAGES)
    .where(MESSAGES.c.id == bindparam("the_id"))
    .values(
        status="held",
        reason=bindparam("new_reason"),
        due_at=bindparam("new_due_at"),
        claim_token=None,
        lease_until=None,
    )
)
_at_its_turn = _put_off.values(  # it is meant to leave then: neither late nor, at its turn, useless
    scheduled_for=bindparam("new_due_at"),
    position_at=bindparam("new_due_at"),
    useful_until=case((MESSAGES.c.useful_until.is_not(None), bindparam("new_useful_until"))),
)


def as_if_meant_for(moment: datetime) -> dict[str, Any]:
    """Values of a message that has to wait until then: one of a campaign is meant to leave then, as at its turn."""
    is_of_a_campaign, message = MESSAGES.c.campaign_id.is_not(None), MESSAGES.c
    then = literal(moment, message.due_at.type)
    goes_stale = and_(is_of_a_campaign, message.useful_until.is_not(None))
    return {
        "scheduled_for": case((is_of_a_campaign, then), else_=message.scheduled_for),
        "position_at": case((is_of_a_campaign, then), else_=message.position_at),
        "useful_until": case(
            (goes_stale, literal(moment + STALE_AFTER, message.due_at.type)), else_=message.useful_until
        ),
    }


def in_pace(channel: str, claims: "Sequence[Claim]") -> "list[Claim]":
    """Those of the claims that may leave now; the others are held, with the reason."""
    campaigns = {claim.campaign_id for claim in claims if claim.campaign_id is not None}
    if not campaigns:
        return list(claims)
    theirs = select(Pace).where(Pace.campaign_id.in_(campaigns), Pace.channel == channel)
    leaving = [claim for claim in claims if claim.campaign_id is None]
    for pace in db.session.scalars(theirs.order_by(Pace.campaign_id).with_for_update()).all():
        mine = [claim for claim in claims if claim.campaign_id == pace.campaign_id]
        leaving += _let_go(pace, sorted(mine, key=lambda claim: (claim.scheduled_for, claim.id)))
    return sorted(leaving, key=lambda claim: claim.id)


def _let_go(pace: Pace, claims: "list[Claim]") -> "list[Claim]":
    if pace.halted:
        again = clock.now() + HALTED_LOOK
        _hold(_put_off, [_held(claim, pace.halted, again) for claim in claims])
        return []
    if pace.per_hour is None:
        return claims
    leaving, held, now = [], [], clock.now()
    for claim in claims:
        if claim.at_any_hour or pacing.earliest(pace.per_hour, pace.free_at) <= now:  # or a person lets it go now
            pace.free_at = pacing.after_one(pace.per_hour, pace.free_at, now)
            leaving.append(claim)
        else:
            turn = pacing.place_in_line(pace.per_hour, pace.free_at, pace.line_at)
            pace.line_at = turn + pacing.interval(pace.per_hour)
            reason = f"waits its turn: {pace.per_hour:,} an hour at most"
            held.append(_held(claim, reason, turn) | {"new_useful_until": turn + STALE_AFTER})
    _hold(_at_its_turn, held)
    db.session.flush()
    return leaving


def _held(claim: "Claim", reason: str, until: datetime) -> dict[str, Any]:
    return {"the_id": claim.id, "new_reason": reason, "new_due_at": until}


def _hold(statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.connection().execute(statement, rows)
