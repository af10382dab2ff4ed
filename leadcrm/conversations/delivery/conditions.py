"""What messages of flows depend on, looked at when they are about to leave: a batch at a time."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from sqlalchemy import select

from leadcrm.conversations import conditions
from leadcrm.conversations.conditions import Group
from leadcrm.conversations.lead_facts import facts_of
from leadcrm.conversations.models import ConditionalStep
from leadcrm.core.db import db
from leadcrm.identity.models import User


class Asked(Protocol):
    """What is asked of a message: a claim, or the row of what is done in the house."""

    step_id: str | None
    lead_id: str


class Conditions:
    """The conditions of a batch's messages and the facts they look at. One query where no message has any."""

    def __init__(self, claims: Collection[Asked], now: datetime):
        self._only_if = _conditions({claim.step_id for claim in claims if claim.step_id})
        asked = [claim for claim in claims if claim.step_id in self._only_if]
        fields = set().union(*(conditions.fields_of(group) for group in self._only_if.values()))
        self._facts = facts_of({claim.lead_id for claim in asked}, now, fields) if asked else {}
        self._names = _names() if "owner" in fields else {}

    def why_not(self, claim: Asked) -> str:
        """What does not hold, in words; empty when the message may leave."""
        group = self._only_if.get(claim.step_id)
        return conditions.why_not(group, self._facts[claim.lead_id], self._names) if group else ""


def _conditions(step_ids: Collection[str]) -> dict[str, Group]:
    if not step_ids:
        return {}
    columns = (ConditionalStep.step_id, ConditionalStep.only_if)
    return dict(db.session.execute(select(*columns).where(ConditionalStep.step_id.in_(step_ids))).all())


def _names() -> dict[str, str]:
    return dict(db.session.execute(select(User.id, User.name)).all())
