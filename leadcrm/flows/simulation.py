"""What a flow would do to one lead: when each step leaves, waits or does not, why, and what it would say. Pure.

The planner, the sending rules and the merge fields are those of the worker; only the clock is another. It goes from one
moment at which something is due to the next, as the worker does when it is never late.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from leadcrm.conversations import conditions, merge
from leadcrm.conversations.models.words import CHANNELS, INSIDE
from leadcrm.conversations.sending_policy import SEND, Policy, Verdict, decide
from leadcrm.flows.document import StepDocument
from leadcrm.flows.planning import PlannedMessage, greeting_key, plan
from leadcrm.flows.reasons import ALREADY_GREETED, EXITS

SENT, SKIPPED, FAILED, OFF = "sent", "skipped", "failed", "off"
SWITCHED_OFF = "The step is switched off"


@dataclass(frozen=True)
class Person:
    """The lead: where they are reached, by channel, what is known of them, and the zones they may be in.

    `barred`: why an address must not be written to, by channel. `last_sent_at`: of what a machine said to them.
    """

    addresses: Mapping[str, str]
    values: Mapping[str, str]  # of merge fields
    zones: Sequence[ZoneInfo]  # the likeliest first
    barred: Mapping[str, str] = field(default_factory=dict)
    last_sent_at: datetime | None = None
    greeted: bool = False
    facts_at: Callable[[datetime], Mapping[str, Any]] = lambda moment: {}  # what conditions look at
    colleagues: Mapping[str, str] = field(default_factory=dict)  # names by id, for the words of conditions


@dataclass(frozen=True)
class Entry:
    """How the lead enters: when, and for the so-manieth time. Stands where an enrolment would."""

    started_at: datetime
    number: int = 1
    timezone: ZoneInfo | None = None  # of whose clock the steps are planned by; None: the lead's likeliest
    id: str = "simulated"
    lead_id: str = "simulated"


@dataclass(frozen=True)
class Happening:
    """Something the lead or a colleague does: one of EXITS."""

    what: str
    at: datetime

    @property
    def reason(self) -> str:
        """Why nothing more is sent after it, as the messages say."""
        return EXITS[self.what]


@dataclass(frozen=True)
class Outcome:
    """What becomes of a step: `sent`, `skipped`, `failed` or `off`, when that is settled, and why."""

    step: StepDocument
    status: str
    planned_for: datetime | None
    at: datetime | None  # None: the step is off
    reason: str = ""  # of one that is sent: why it had to wait
    subject: str = ""
    content: str = ""

    @property
    def is_moved(self) -> bool:
        """Whether it leaves later than planned."""
        return self.status == SENT and self.at != self.planned_for


def simulate(
    steps: Iterable[StepDocument], entry: Entry, person: Person, policy: Policy, happenings: Iterable[Happening] = ()
) -> list[Outcome]:
    """Every step's outcome, by the time it is settled at; those that are off stand last.

    Who does something in the moment in which a message is due gets no message: an exit is looked at first.
    """
    steps = list(steps)
    run = _Run(entry, person, policy, sorted(happenings, key=lambda happening: happening.at))
    outcomes = run.through(_planned([step for step in steps if step.enabled], entry, person))
    off = [Outcome(step, OFF, None, None, SWITCHED_OFF) for step in steps if not step.enabled]
    return sorted(outcomes, key=lambda outcome: outcome.at) + off


def _planned(steps: Sequence[StepDocument], entry: Entry, person: Person) -> list[PlannedMessage]:
    """The planner's list; of two that would say hello for the first time, as the database has it, the first does."""
    local = entry.timezone or person.zones[0]
    said = {greeting_key(entry.lead_id)} if person.greeted else set()
    found = []
    for message in plan(steps, entry, person.addresses, local, entry.started_at, person.barred):
        if not message.skip_reason and message.intent_key in said:
            message = replace(message, skip_reason=ALREADY_GREETED)
        if not message.skip_reason:
            said.add(message.intent_key)
        found.append(message)
    return found


@dataclass
class _Waiting:
    """A planned message and when it is looked at next, and why not earlier."""

    message: PlannedMessage
    due_at: datetime
    reason: str = ""


class _Run:
    """One passage, from due moment to due moment."""

    def __init__(self, entry: Entry, person: Person, policy: Policy, happenings: Sequence[Happening]):
        self.entry, self.person, self.policy = entry, person, policy
        self.exit = happenings[0] if happenings else None
        self.last_sent_at = person.last_sent_at

    def through(self, planned: Sequence[PlannedMessage]) -> list[Outcome]:
        done = [_outcome(it, SKIPPED, self.entry.started_at, it.skip_reason) for it in planned if it.skip_reason]
        waiting = [_Waiting(message, message.at) for message in planned if not message.skip_reason]
        while waiting:
            following = min(waiting, key=self._turn)
            if self.exit is not None and self.exit.at <= following.due_at:
                return done + [_outcome(it.message, SKIPPED, self.exit.at, self.exit.reason) for it in waiting]
            outcome = self._look_at(following)
            if outcome is not None:
                waiting.remove(following)
                done.append(outcome)
        return done

    @staticmethod
    def _turn(waiting: _Waiting) -> tuple[datetime, int]:
        """Who is looked at first: what is due first, and at one moment channel by channel, as planned."""
        return waiting.due_at, (*CHANNELS, *INSIDE).index(waiting.message.channel)

    def _look_at(self, waiting: _Waiting) -> Outcome | None:
        """What becomes of a due message; None when it goes on waiting."""
        message, now = waiting.message, waiting.due_at
        verdict = SEND if message.channel in INSIDE else self._verdict(message, now)
        if verdict.action == "wait":
            waiting.due_at, waiting.reason = verdict.at, verdict.reason
            return None
        reason = verdict.reason if verdict.action == "skip" else self._unmet(message.step, now)
        if reason:
            return _outcome(message, SKIPPED, now, reason)
        return self._leave(waiting)

    def _verdict(self, message: PlannedMessage, now: datetime) -> Verdict:
        return decide(
            self.policy,
            channel=message.channel,
            scheduled_for=message.at,
            now=now,
            zones=self.person.zones,
            automatic=True,
            last_sent_at=self.last_sent_at,
            when_late=message.step.when_late,
            waived=False,
        )

    def _unmet(self, step: StepDocument, now: datetime) -> str:
        if step.only_if is None:
            return ""
        return conditions.why_not(step.only_if, self.person.facts_at(now), self.person.colleagues)

    def _leave(self, waiting: _Waiting) -> Outcome:
        message, now = waiting.message, waiting.due_at
        try:
            subject, content = (
                merge.render(it, self.person.values) for it in (message.step.subject, message.step.content)
            )
        except merge.Hole as hole:
            return _outcome(
                message, FAILED, now, f"nothing known for {', '.join(f'{{{name}}}' for name in hole.names)}"
            )
        except merge.TooLong as error:
            return _outcome(message, FAILED, now, str(error))
        if message.channel not in INSIDE:  # what is done in the house keeps nobody waiting
            self.last_sent_at = now
        said = {"subject": " ".join(subject.split()), "content": content}
        return replace(_outcome(message, SENT, now, waiting.reason), **said)


def _outcome(message: PlannedMessage, status: str, at: datetime, reason: str) -> Outcome:
    return Outcome(message.step, status, message.at, at, reason)
