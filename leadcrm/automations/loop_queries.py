"""Whether rules run in circles: how often they acted lately because of what rules did."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import select

from leadcrm.automations.deciding import may_be_echo
from leadcrm.automations.models import Automation, AutomationRun
from leadcrm.automations.subjects import Subject, ids_of
from leadcrm.core.db import db
from leadcrm.core.models import EventRow


def echoes(rules: Iterable[Automation], subject: Subject, event_id: int, since: datetime) -> Mapping[str, int]:
    """Of the rules that this fact may be an echo of: how many such facts of the subject each acted on since then."""
    actor = _first_actors([event_id])[event_id]
    suspects = {rule.id: rule for rule in rules if may_be_echo(rule, actor)}
    if not suspects:
        return {}
    acted = _acted(suspects, ids_of(subject), since).where(AutomationRun.event_id.is_not(None))
    runs = db.session.execute(acted.with_only_columns(AutomationRun.automation_id, AutomationRun.event_id)).all()
    actors = _first_actors({run.event_id for run in runs})
    return Counter(run.automation_id for run in runs if may_be_echo(suspects[run.automation_id], actors[run.event_id]))


def times_written(run: AutomationRun, since: datetime) -> int:
    """How many other runs of the rule that began since then made a message to the same lead."""
    others = _acted([run.automation_id], {"lead_id": run.lead_id}, since).where(AutomationRun.id != run.id)
    written = ("send_template", "done")
    details = db.session.scalars(others.with_only_columns(AutomationRun.details))
    return sum(any((line["kind"], line["state"]) == written for line in lines) for lines in details)


def _acted(rule_ids: Collection[str], ids: Mapping[str, str | None], since: datetime):
    theirs = select(AutomationRun).filter_by(**ids).where(AutomationRun.automation_id.in_(rule_ids))
    return theirs.where(AutomationRun.created_at >= since, AutomationRun.state != "skipped")


def _first_actors(event_ids: Iterable[int]) -> dict[int, str]:
    """Who did what each of these facts goes back to, by fact."""
    ahead, actors = {event_id: event_id for event_id in event_ids}, {}
    while ahead:
        rows = select(EventRow.id, EventRow.cause_id, EventRow.actor).where(EventRow.id.in_(set(ahead.values())))
        known = {row.id: row for row in db.session.execute(rows)}
        for event_id, row in [(event_id, known[at]) for event_id, at in ahead.items()]:
            actors[event_id] = row.actor
            ahead[event_id] = row.cause_id
        ahead = {event_id: cause_id for event_id, cause_id in ahead.items() if cause_id is not None}
    return actors
