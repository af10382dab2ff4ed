"""What leads did with our mails: noted at once, weighed some seconds later."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.events import acting_as, record
from leadcrm.core.mail_links import MailMark
from leadcrm.core.upserts import upsert
from leadcrm.core.values import new_id
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from leadcrm.tracking import genuineness
from leadcrm.tracking.events import MessageClicked, MessageOpened
from leadcrm.tracking.models import Engagement, hash_of
from leadcrm.tracking.queries import mails_scored, sent_at

POINTS, MOST_POINTS = 5, 15  # of the score, for a mail that was read and for all of them
WEIGHED_AFTER = timedelta(seconds=10)  # longer than a burst
UNTOLD = {"synchronize_session": False}


def note_engagement(mark: MailMark, kind: str, url: str = "") -> None:
    """The mail was opened, or a link of it followed, perhaps by a person. Noted once; what was doubted waits anew."""
    anew = {"state": "pending", "doubt": "", "at": clock.now(), "settles_at": clock.real_now() + WEIGHED_AFTER}
    row = {
        "id": new_id(),
        "lead_id": mark.lead_id,
        "message_id": mark.message_id,
        "kind": kind,
        "url": url,
        "url_hash": hash_of(url),
        **anew,
    }
    statement = upsert(Engagement).values(row)
    known = [Engagement.message_id, Engagement.kind, Engagement.url_hash]
    db.session.execute(
        statement.on_conflict_do_update(index_elements=known, set_=anew, where=Engagement.state == "doubted")
    )


def settle_engagements(message_id: str) -> int:
    """Weigh what was noted of a mail and is due. The first open and the first click that count become facts.

    Returns how many were settled.
    """
    noted = select(Engagement).where(Engagement.message_id == message_id).order_by(Engagement.at, Engagement.id)
    rows = db.session.scalars(noted.with_for_update()).all()
    pending = [row for row in rows if row.state == "pending"]
    due = [row for row in pending if row.settles_at <= clock.real_now()]
    if not due:
        return 0
    counted = {row.kind for row in rows if row.state == "counted"}
    doubts = _doubts(pending, sent_at(due[0].lead_id, message_id))
    settled = [row for row in pending if row in due or row.id in doubts]
    for row in settled:
        doubt = doubts.get(row.id, "")
        row.state, row.doubt, row.settles_at = "doubted" if doubt else "counted", doubt, None
        if not doubt and row.kind not in counted:
            counted.add(row.kind)
            _tell(row)
    db.session.flush()
    return len(settled)


def _doubts(pending: Sequence[Engagement], sent: datetime | None) -> dict[str, str]:
    """Why these were a machine's doing, by id."""
    clicks = [row for row in pending if row.kind == "click"]
    together = genuineness.bursts([row.at for row in clicks])
    doubts = {clicks[index].id: genuineness.BURST for index in together}
    return doubts | {row.id: genuineness.SOON for row in pending if genuineness.is_too_soon(sent, row.at)}


def _tell(row: Engagement) -> None:
    about = {"lead_id": row.lead_id, "message_id": row.message_id}
    with acting_as(f"lead:{row.lead_id}"):
        record(MessageOpened(**about) if row.kind == "open" else MessageClicked(**about, url=row.url))
    if row.kind == "click":
        leads.note_activity(row.lead_id, row.at)


def score_reading(lead_id: str, message_id: str, reason: str) -> None:
    """A person read one of our mails: POINTS more, once per mail, MOST_POINTS from all of them.

    What was given is counted in the facts, which stay when engagements are forgotten; the lead's row is locked, so
    that two mails read at once count one after the other.
    """
    lead = db.session.scalars(select(Lead).where(Lead.id == lead_id).with_for_update()).one_or_none()
    if lead is None:
        return
    scored = mails_scored(lead_id)
    if message_id not in scored and (len(scored) + 1) * POINTS <= MOST_POINTS:
        leads.add_to_score(lead, POINTS, reason, message_id)


def forget_engagements(before: datetime, limit: int) -> int:
    """Remove what is older, at most `limit` rows. Returns how many."""
    old = select(Engagement.id).where(Engagement.at < before).limit(limit)
    return db.session.execute(delete(Engagement).where(Engagement.id.in_(old)).execution_options(**UNTOLD)).rowcount
