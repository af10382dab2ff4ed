"""What tasks are called on screens: pure words, no markup."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from leadcrm.core.values import initials as initials  # the templates find all their words here
from leadcrm.core.values import tone_of as tone_of
from leadcrm.tasks.models import Task

KIND_WORDS = {"call": "Call", "email": "Email", "meeting": "Meeting", "other": "Other"}
KIND_ICONS = {"call": "phone", "email": "mail", "meeting": "calendar", "other": "clipboard-list"}
PRIORITY_WORDS = {"high": "High", "medium": "Medium", "low": "Low"}
PRIORITY_TONES = {"high": "red", "medium": "amber", "low": "gray"}
VIEW_WORDS = {"mine": "My day", "team": "Team", "done": "Done by me"}


def is_overdue(task: Task, now: datetime) -> bool:
    return task.state == "open" and task.due_at < now


def by_day(tasks: Iterable[Task], now: datetime, zone: ZoneInfo) -> list[tuple[str, list[Task]]]:
    """Open tasks, soonest first, under `Overdue`, `Today` and `Coming`, by the reader's calendar; no empty heading."""
    today = now.astimezone(zone).date()

    def heading(task: Task) -> str:
        if task.due_at < now:
            return "Overdue"
        return "Today" if task.due_at.astimezone(zone).date() == today else "Coming"

    return [(words, list(group)) for words, group in groupby(tasks, heading)]
