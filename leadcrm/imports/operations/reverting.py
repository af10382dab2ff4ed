"""What an import did is taken back, batch by batch: leads it made go to the archive, what it filled is emptied again.

What somebody did something with since stays as it is, and says so.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import nullcontext

from sqlalchemy import func, select

from leadcrm.core import clock, events, jobs
from leadcrm.core.db import after_commit, db, get_or_404, lock
from leadcrm.core.errors import Conflict
from leadcrm.core.events import record
from leadcrm.core.models import EventRow
from leadcrm.core.values import plural
from leadcrm.imports.events import ImportChanged
from leadcrm.imports.models import LONGEST_REASON, Import, ImportRow
from leadcrm.imports.operations.running import in_state
from leadcrm.imports.wording import field_words
from leadcrm.leads.models import Lead
from leadcrm.leads.operations import put_away, take_out_of
from leadcrm.notifications.operations import notify

REVERTED = 200  # rows in one transaction
IN_PASSING = ("flow.enrolled", "flow.delayed", "message.scheduled", "automation.ran")  # come about by themselves
WAS_TOUCHED = "Something happened with this lead since"


def revert_import(found: Import) -> Import:
    """Begin to take an import back. Raises Conflict while it runs, and once its rows are forgotten."""
    found = in_state(found, "done", "stopped")
    if found.forgotten_at is not None:
        raise Conflict("What its rows said was forgotten in time: it cannot be reverted any more.")
    found.state, found.ended_at = "reverting", found.ended_at or clock.now()
    record(ImportChanged(import_id=found.id, change="reverting"))
    after_commit(jobs.ring_slow)
    return found


def revert_rows(import_id: str) -> bool:
    """Take some rows back. Returns whether there may be more."""
    found = lock(get_or_404(Import, import_id))
    if found.state != "reverting":
        return False
    done = select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.state == "done")
    rows = db.session.scalars(done.order_by(ImportRow.number).limit(REVERTED)).all()
    if not rows:
        _finish(found)
        return False
    with nullcontext() if found.announces else events.unheard():
        _revert(found, rows)
    found.undone = dict(Counter(found.undone) + Counter(map(_what_was_done, rows)))
    return True


def _revert(found: Import, rows: Sequence[ImportRow]) -> None:
    made = _locked([row.lead_id for row in rows if row.outcome == "new"])
    put_away(made - _touched(found, made))
    away = select(Lead.id).where(Lead.id.in_({row.lead_id for row in rows}), Lead.archived_at.is_not(None))
    are_away = set(db.session.scalars(away))
    for row in rows:
        if row.outcome == "known":
            why_not = _take_out(row)
        else:  # a repeat goes with the row that made the lead
            why_not = "" if row.lead_id in are_away else WAS_TOUCHED
        row.state, row.reason = ("left", why_not[:LONGEST_REASON]) if why_not else ("reverted", "")


def _take_out(row: ImportRow) -> str:
    """Empty what the row filled; returns why some of it stays."""
    kept = take_out_of(get_or_404(Lead, row.lead_id), row.detail)
    return f"By now the lead has another {', '.join(map(field_words, kept))}" if kept else ""


def _locked(lead_ids: Collection[str]) -> set[str]:
    """Nobody does anything with these leads while we look whether somebody did."""
    leads = select(Lead.id).where(Lead.id.in_(lead_ids)).order_by(Lead.id).with_for_update()
    return set(db.session.scalars(leads))


def _touched(found: Import, lead_ids: Collection[str]) -> set[str]:
    """Those of these leads with which something happened after the import's last row about them."""
    ours = select(ImportRow.lead_id, func.max(ImportRow.last_fact)).where(
        ImportRow.import_id == found.id, ImportRow.lead_id.in_(lead_ids)
    )
    last_of_ours = dict(db.session.execute(ours.group_by(ImportRow.lead_id)).all())
    newest = select(EventRow.lead_id, func.max(EventRow.id)).where(EventRow.lead_id.in_(lead_ids))
    if found.announces:
        newest = newest.where(EventRow.name.not_in(IN_PASSING))
    facts = db.session.execute(newest.group_by(EventRow.lead_id)).all()
    return {lead_id for lead_id, newest in facts if newest > (last_of_ours.get(lead_id) or 0)}


def _what_was_done(row: ImportRow) -> str:
    return "left" if row.state == "left" else {"new": "archived", "known": "emptied"}.get(row.outcome, row.outcome)


def _finish(found: Import) -> None:
    found.state = "reverted"
    record(ImportChanged(import_id=found.id, change="reverted"))
    left = found.undone.get("left", 0)
    title = f"{found.file_name} is reverted"
    if left:
        title += f": {plural(left, 'row')} {'stays' if left == 1 else 'stay'}, because something happened since"
    notify([found.author_id], f"import:{found.id}:reverted", title, f"/imports/{found.id}", "rotate-ccw")
