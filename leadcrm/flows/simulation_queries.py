"""Who a simulation is about: a lead as they are, or one who is made up."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from leadcrm.conversations import queries as conversations
from leadcrm.conversations.condition_fields import WEEKDAYS
from leadcrm.conversations.models import CHANNELS, INSIDE, Message
from leadcrm.conversations.sending_policy import Policy
from leadcrm.core import clock
from leadcrm.core.countries import country_named
from leadcrm.core.db import db
from leadcrm.core.zones import zone
from leadcrm.flows import queries
from leadcrm.flows.document import StepDocument
from leadcrm.flows.models import Enrolment
from leadcrm.flows.planning import greeting_key
from leadcrm.flows.reach_queries import reach_of
from leadcrm.flows.simulation import Person
from leadcrm.identity import queries as identity
from leadcrm.identity.models import User
from leadcrm.leads import queries as leads
from leadcrm.leads.models import Lead

MADE_UP = {
    "first_name": "Sam",
    "last_name": "Sample",
    "name": "Sam Sample",
    "company": "Sample Ltd",
    "email": "sam@example.com",
    "phone": "+1 212 555 0100",
    "interest": "your offer",
    "city": "New York",
    "country": "United States",
}
FACTS = {"status": "new", "score": 0, "priority": "low", "source": "", "tag": [], "email": True, "phone": True}


def person_of(lead: Lead, steps: Iterable[StepDocument], policy: Policy) -> Person:
    """The lead as the planner and the worker would find them now."""
    reach = reach_of([lead.id], steps)[lead.id]
    greeted = select(Message.id).where(Message.intent_key == greeting_key(lead.id))
    return Person(
        reach.addresses,
        queries.merge_values(lead.id),
        [zone(name) for name in leads.zone_candidates([lead.id])[lead.id]],
        reach.barred,
        last_sent_at=conversations.last_automatic([lead.id], clock.now() - policy.gap).get(lead.id),
        greeted=db.session.scalar(greeted) is not None,
        facts_at=lambda moment: conversations.facts_of([lead.id], moment)[lead.id],
        colleagues=_colleagues(),
    )


def made_up(local: ZoneInfo, started_at: datetime, owner: User) -> Person:
    """A lead of this person's who can be reached on every channel, and about whom all is known."""
    values = {
        "owner_name": owner.name,
        "owner_first_name": owner.name.partition(" ")[0],
        "owner_email": owner.email,
        "organization_name": identity.organization().name,
        "unsubscribe_url": queries.UNSUBSCRIBE,
    }
    known = {name: MADE_UP[name] for name in ("interest", "company", "city")}
    facts = {**FACTS, **known, "country": country_named(MADE_UP["country"]), "owner": owner.id}
    return Person(
        dict.fromkeys((*CHANNELS, *INSIDE), "made up"),
        {**MADE_UP, **values},
        [local],
        facts_at=lambda moment: facts | _clock_facts(moment, local, started_at),
        colleagues=_colleagues(),
    )


def next_number(lead_id: str, flow_id: str) -> int:
    """The so-manieth passage of the lead through the flow it would be."""
    theirs = (Enrolment.lead_id == lead_id, Enrolment.flow_id == flow_id)
    return (db.session.scalar(select(func.max(Enrolment.number)).where(*theirs)) or 0) + 1


def _clock_facts(moment: datetime, local: ZoneInfo, started_at: datetime) -> dict[str, Any]:
    wall, days = moment.astimezone(local), (moment - started_at).days
    return {"time": f"{wall:%H:%M}", "weekday": WEEKDAYS[wall.weekday()], "age": days, "quiet": days}


def _colleagues() -> dict[str, str]:
    return {user.id: user.name for user in identity.colleagues()}
