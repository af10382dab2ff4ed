"""Sending what is due: one batch after the other, one call at a time."""

import logging
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy.exc import DBAPIError

from leadcrm.adapters.ports import OutcomeUnknown, Refused, Sent, TryLater
from leadcrm.conversations.delivery import books, pauses
from leadcrm.conversations.delivery.backoff import next_try
from leadcrm.conversations.delivery.books import Made, Outcome
from leadcrm.conversations.delivery.budgets import budget_of
from leadcrm.conversations.delivery.claims import BATCH, Claim, claim, hold_due, queues_due, release
from leadcrm.conversations.delivery.leases import clock_skew
from leadcrm.conversations.delivery.paces import as_if_meant_for
from leadcrm.conversations.delivery.rendering import Aside, Batch, Ready
from leadcrm.conversations.delivery.setting_aside import put_aside
from leadcrm.conversations.delivery.statements import MESSAGES
from leadcrm.conversations.operations.releasing import RESTORED
from leadcrm.conversations.search import index_messages
from leadcrm.conversations.sending_policy import SPENT
from leadcrm.core import clock, engines, tenancy
from leadcrm.core.db import db, end_reading, perform

log = logging.getLogger(__name__)

NEXT_LOOK = timedelta(minutes=10)  # at a message that could not even be made ready
FIRST_TRY = 1
MOST_TRIES = 120  # nearly five days at the longest back-off, which is how long mail servers try (RFC 5321 4.5.4.1)
WRITE_TRIES = 5
WRITE_PAUSE_SECONDS = 0.5


class Session(Protocol):
    def send(self, outgoing: Any) -> Sent: ...


class Transport(Protocol):
    """A channel's adapter, and whether it keeps everything in the house."""

    is_sandbox: bool

    def open(self) -> AbstractContextManager[Session]: ...


class Sessions(ExitStack):
    """One open session per channel for as long as a drain runs: connecting costs more than sending."""

    def __init__(self, transport_of: Callable[[str], Transport]):
        super().__init__()
        self.transport_of = transport_of
        self.opened: dict[str, tuple[Session, bool]] = {}

    def of(self, channel: str) -> tuple[Session, bool]:
        """The channel's session, and whether it is a sandbox's."""
        if channel not in self.opened:
            transport = self.transport_of(channel)
            self.opened[channel] = (self.enter_context(transport.open()), transport.is_sandbox)
        return self.opened[channel]


def drain(should_stop: Callable[[], bool], transport_of: Callable[[str], Transport]) -> int:
    """Send what is due, organization by organization in turns, until nothing is. Returns how many messages moved."""
    moved = 0
    with tenancy.everyone(), engines.trusting_fresh_connections(), Sessions(transport_of) as sessions:
        while not should_stop() and (in_these_turns := _take_turns(should_stop, sessions)):
            moved += in_these_turns
    return moved


def _take_turns(should_stop: Callable[[], bool], sessions: Sessions) -> int:
    """A batch of each queue in turn, as long as its batches are full."""
    moved, queues = 0, list(queues_due())
    while queues and not should_stop():
        organization_id, channel = queues.pop(0)
        batch = _send_batch(organization_id, channel, sessions, should_stop)
        moved += batch
        if batch >= BATCH:
            queues.append((organization_id, channel))
    return moved


def _send_batch(organization_id: str, channel: str, sessions: Sessions, should_stop: Callable[[], bool]) -> int:
    """One organization's trouble is its own: the others still send. Returns how many messages moved, 0 in trouble."""
    try:
        with tenancy.organization(organization_id):
            return _Delivery(channel, *sessions.of(channel), should_stop).run()
    except Exception:
        log.exception("a batch of %s of organization %s broke off", channel, organization_id)
        db.session.rollback()
        return 0


class _Delivery:
    """One batch of one organization on one channel."""

    def __init__(self, channel: str, session: Session, is_sandbox: bool, should_stop: Callable[[], bool]):
        self.channel = channel
        self.session = session
        self.is_sandbox = is_sandbox
        self.should_stop = should_stop
        self.open_call: Made | None = None  # its outcome is not yet written
        self.health = pauses.health_of(channel)
        self.budget = budget_of(channel)
        self.skew = clock_skew()
        self.left: list[Claim] = []  # claimed and not yet begun

    def run(self) -> int:
        """Returns how many messages moved."""
        waits_for_release = pauses.waits_for_release(self.channel)
        is_spent = self.budget is not None and self.budget.is_spent()
        end_reading()
        if waits_for_release:
            return perform(hold_due, self.channel, clock.now() + NEXT_LOOK, RESTORED)
        if self.health.rests:
            return perform(hold_due, self.channel, self.health.wakes_at, self._pause_reason())
        if is_spent and (held := perform(self._wait_for_tomorrow)):
            return held
        taken = perform(claim, self.channel, 1 if self.health.is_doubtful else BATCH, self.skew)
        self.left = taken.claims
        moved = len(taken.claims) + taken.held
        if not self.left:
            return moved
        broke_off = True
        try:
            self._send_all(self._prepare())
            broke_off = False
        finally:
            self._give_back(broke_off)
        return moved

    def _prepare(self) -> list[Ready]:
        """In one transaction put aside what does not leave, and make the words of what does findable."""
        batch = Batch(self.channel, self.left)
        prepared = [_prepared(batch, claimed) for claimed in self.left]
        leaving = [one for one in prepared if isinstance(one, Ready)]
        asides = [one for one in prepared if isinstance(one, Aside)]
        perform(_settle, asides, leaving)
        done = {aside.claim.id for aside in asides}
        self.left = [claimed for claimed in self.left if claimed.id not in done]
        return leaving

    def _send_all(self, messages: list[Ready]) -> None:
        try:
            for ready in messages:
                if self.should_stop():
                    break
                n = self._write(ready)
                if self.health.rests:
                    break
                self.left.remove(ready.claim)
                if n is not None:
                    self.open_call = Made(ready, n, self._call(ready, n))
        finally:
            self._write_until_it_holds()

    def _write(self, ready: Ready) -> int | None:
        """Close the call before and begin this one, in one transaction."""
        n = perform(self._turn_the_page, ready)
        self.open_call = None
        return n

    def _turn_the_page(self, ready: Ready | None) -> int | None:
        books.hold_leads(ready, self.open_call)
        is_spent = ready is not None and self._is_spent_for(ready)
        made = self.open_call
        if made is not None and (ready is None or is_spent or self.health.failures or not made.is_plain):
            books.finish(made)
            self._note_health(made.outcome)
            made = None
        if ready is None or self.health.rests:
            return None
        if is_spent:
            self.budget.tell()
            tomorrow = self.budget.tomorrow
            put_aside(Aside(ready.claim, "held", SPENT, tomorrow), **as_if_meant_for(tomorrow))
            return None
        n = books.begin(ready, self.skew, after=made)
        if n == FIRST_TRY and self.budget is not None:
            self.budget.take()
        return n

    def _is_spent_for(self, ready: Ready) -> bool:
        """What was tried before is paid for."""
        return self.budget is not None and ready.claim.tries == 0 and self.budget.is_spent(lock=True)

    def _wait_for_tomorrow(self) -> int:
        """What is due and not paid for waits; returns how many. A campaign may take as many days as it needs."""
        tomorrow = self.budget.tomorrow
        held = hold_due(self.channel, tomorrow, SPENT, MESSAGES.c.tries == 0, **as_if_meant_for(tomorrow))
        if held:
            self.budget.tell()
        return held

    def _write_until_it_holds(self) -> None:
        """The outcome of a call that was made must not be lost to a busy database."""
        for attempt in range(1, WRITE_TRIES + 1):
            if self.open_call is None:
                return
            try:
                perform(self._turn_the_page, None)
                self.open_call = None
            except DBAPIError:
                if attempt == WRITE_TRIES:
                    raise  # the lease will end and the message become unknown
                log.exception("could not write the outcome of message %s; trying again", self.open_call.ready.claim.id)
                time.sleep(WRITE_PAUSE_SECONDS)

    def _call(self, ready: Ready, n: int) -> Outcome:
        """Make the call. Whatever is not clearly one of the four endings leaves the outcome unknown."""
        try:
            sent = self.session.send(ready.outgoing)
        except Refused as error:
            return Outcome("failed", "refused", error.reason)
        except TryLater as error:
            return self._try_later(ready, n, error)
        except OutcomeUnknown as error:
            return Outcome("unknown", "unknown", error.reason)
        except Exception as error:
            log.exception("the adapter of %s broke", self.channel)
            return Outcome("unknown", "unknown", f"{type(error).__name__}: {error}")
        return Outcome("sent", "sent", provider_message_id=sent.external_id[:255], sandbox=self.is_sandbox)

    def _try_later(self, ready: Ready, n: int, error: TryLater) -> Outcome:
        due_at = next_try(n, clock.now(), random.uniform(0.5, 1.5), error.retry_after)
        if ready.useful_until is not None and due_at >= ready.useful_until:
            return Outcome("expired", "try_later", f"not accepted in time: {error.reason}")
        if n >= MOST_TRIES:
            return Outcome("expired", "try_later", f"given up after {n} tries: {error.reason}")
        return Outcome("scheduled", "try_later", error.reason, due_at=due_at)

    def _note_health(self, outcome: Outcome) -> None:
        if outcome.verdict == "try_later":
            self.health = pauses.note_failure(self.channel, outcome.reason)
        elif outcome.verdict in ("sent", "refused") and self.health.failures:
            self.health = pauses.note_success(self.channel)

    def _give_back(self, broke_off: bool) -> None:
        """Claims we did not get to go back, or wait with the others while the connection rests."""
        left, self.left = self.left, []
        if not left:
            return
        db.session.rollback()
        perform(release, left, broke_off=broke_off)

    def _pause_reason(self) -> str:
        return f"the connection rests: {self.health.reason}"


def _prepared(batch: Batch, claimed: Claim) -> Ready | Aside:
    """One message's trouble is its own: it waits with the reason, and the rest of the batch goes out."""
    try:
        return batch.prepare(claimed)
    except Exception as error:
        log.exception("message %s could not be made ready", claimed.id)
        return Aside(claimed, "held", f"could not be made ready: {error}", clock.now() + NEXT_LOOK)


def _settle(asides: list[Aside], leaving: list[Ready]) -> None:
    for aside in asides:
        put_aside(aside)
    index_messages([ready.said for ready in leaving])
