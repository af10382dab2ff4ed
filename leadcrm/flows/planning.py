"""From steps to messages: what a lead who enters a flow will be sent, and when. Pure, so that any clock will do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from leadcrm.conversations.wording import ADDRESS_WORDS
from leadcrm.flows.models import CHANNEL_OF_TYPE, FlowStep
from leadcrm.flows.timing import scheduled_for

NOTHING: Mapping[str, str] = MappingProxyType({})


class Passage(Protocol):
    """What planning needs of an enrolment."""

    id: str
    lead_id: str
    number: int
    started_at: datetime


@dataclass(frozen=True)
class PlannedMessage:
    """One step for one lead: when it leaves, or why it does not (`skip_reason`)."""

    step: FlowStep
    channel: str
    at: datetime
    intent_key: str
    skip_reason: str = ""

    def row(self) -> dict[str, Any]:
        """What its message says, when, and by which step; not to whom."""
        return {
            "channel": self.channel,
            "subject": self.step.subject,
            "content": self.step.content,
            "when_late": self.step.when_late,
            "origin": "flow",
            "scheduled_for": self.at,
            "step_id": self.step.id,
        }


def plan(
    steps: Iterable[FlowStep],
    passage: Passage,
    addresses: Mapping[str, str],
    local: ZoneInfo,
    now: datetime,
    barred: Mapping[str, str] = NOTHING,
) -> list[PlannedMessage]:
    """One planned message per step, in the order given; none leaves before `now`.

    `addresses` maps channel → the lead's address, `barred` channel → why the lead must not be written to there.
    """
    return [_planned(step, passage, addresses, local, now, barred) for step in steps]


def why_unreachable(channel: str, addresses: Mapping[str, str], barred: Mapping[str, str]) -> str:
    """Why nothing can be said to the lead on the channel; empty where it can."""
    return barred.get(channel, "") if addresses.get(channel) else f"The lead has no {ADDRESS_WORDS[channel]}"


def intent_key(step: FlowStep, passage: Passage) -> str:
    """What is said once, for ever: a first hello is shared with automations, everything else is the step's own."""
    if step.greets and passage.number == 1:
        return greeting_key(passage.lead_id)
    return own_key(step.id, passage.id)


def greeting_key(lead_id: str) -> str:
    """The key of a lead's first hello, whoever says it, a flow or an automation: so that one of them leaves."""
    return f"greeting:{lead_id}"


def own_key(step_id: str, enrolment_id: str) -> str:
    """The key of a step's message in one passage."""
    return f"flow:{enrolment_id}:{step_id}"


def _planned(step, passage, addresses, local, now, barred) -> PlannedMessage:
    channel = CHANNEL_OF_TYPE[step.type]
    at = scheduled_for(step.day, step.time, passage.started_at, local, now)
    reason = why_unreachable(channel, addresses, barred)
    if reason:
        return PlannedMessage(step, channel, at, own_key(step.id, passage.id), reason)
    return PlannedMessage(step, channel, at, intent_key(step, passage))
