"""The organization's rules for sending, changed by a person."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import update

from leadcrm.conversations.events import SendingRulesChanged
from leadcrm.conversations.models import Message, SendingWindow, TextBudget
from leadcrm.conversations.sending_policy import WAITS, Window, bits_of
from leadcrm.conversations.sending_queries import sending_rules, texts_per_day
from leadcrm.conversations.sending_words import gap_words, window_words
from leadcrm.conversations.wording import CHANNEL_WORDS
from leadcrm.core import clock, jobs, tenancy
from leadcrm.core.db import after_commit, db, get_or_404, lock
from leadcrm.core.events import record
from leadcrm.core.upserts import upsert
from leadcrm.core.zones import zone
from leadcrm.identity.models import Organization


def change_sending_rules(windows: Mapping[str, Window], gap: timedelta, per_day: Mapping[str, int]) -> None:
    """Let these windows and texts a day (by channel) and this gap hold from now on, also for messages that wait."""
    organization = lock(get_or_404(Organization, tenancy.current_id()))
    before, allowed_before = sending_rules(), texts_per_day()
    allowed = {channel: number for channel, number in per_day.items() if number != allowed_before[channel]}
    changed = {channel: window for channel, window in windows.items() if window != before.windows[channel]}
    words = [f"{CHANNEL_WORDS[channel]}: {window_words(window)}" for channel, window in changed.items()]
    if gap != before.gap:
        organization.message_gap_minutes = gap // timedelta(minutes=1)
        words.append(f"Gap: {gap_words(gap)}")
    words += [f"{CHANNEL_WORDS[channel]}: {number:,} a day at most" for channel, number in allowed.items()]
    if not words:
        return
    for channel, window in changed.items():
        _keep(channel, window)
    for channel, number in allowed.items():
        _allow(channel, number, clock.now().astimezone(zone(organization.timezone)).date())
    _ask_anew()
    record(SendingRulesChanged(changes=tuple(words)))


def _keep(channel: str, window: Window) -> None:
    said = {"quiet_from": window.quiet_from, "quiet_until": window.quiet_until, "days": bits_of(window.days)}
    _say(SendingWindow, channel, said, {})


def _allow(channel: str, per_day: int, today: date) -> None:
    """`today` is the organization's own day, by which the delivery counts."""
    _say(TextBudget, channel, {"per_day": per_day}, {"day": today, "used": 0})


def _say(model: type[SendingWindow | TextBudget], channel: str, said: dict[str, Any], at_first: dict[str, Any]) -> None:
    """Write it into the channel's row, which may be new."""
    key = {"organization_id": tenancy.current_id(), "channel": channel}
    statement = upsert(model).values(**key, **at_first, **said)
    db.session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=said))


def _ask_anew() -> None:
    """What waits by the rules of before is looked at again."""
    waiting = update(Message).where(Message.status == "held", Message.reason.in_(WAITS))
    due = waiting.values(status="scheduled", due_at=clock.now(), reason="")
    db.session.execute(due.execution_options(synchronize_session=False))
    after_commit(jobs.ring_now)
