"""How many texts an organization sends in a day: each costs money, and neither a slip nor a flood may cost much.

Counted is the first try of each text. The row of the budget is locked from the look at it until the text is counted and
begun, so that the limit holds however many workers send.
"""

from datetime import time, timedelta

from sqlalchemy import case, select, update

from leadcrm.conversations.models import TEXTS, TextBudget
from leadcrm.conversations.wording import CHANNEL_WORDS
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db
from leadcrm.core.upserts import upsert
from leadcrm.core.zones import wall_time, zone
from leadcrm.identity.queries import active_managers, organization
from leadcrm.notifications.operations import notify

ONE_DAY = timedelta(days=1)


class DayBudget:
    """What may leave on a channel on the organization's own day."""

    def __init__(self, channel: str):
        local = zone(organization().timezone)
        self.channel = channel
        self.today = clock.now().astimezone(local).date()
        self.tomorrow = wall_time(self.today + ONE_DAY, time.min, local)

    def is_spent(self, *, lock: bool = False) -> bool:
        """Whether nothing more may leave today; with `lock` it stays so until the transaction ends."""
        row = select(TextBudget.day, TextBudget.used, TextBudget.per_day).where(TextBudget.channel == self.channel)
        found = db.session.execute(row.with_for_update() if lock else row).one_or_none()
        if found is None and lock:
            self._open()
            return self.is_spent(lock=True)
        return found is not None and found.day >= self.today and found.used >= found.per_day

    def take(self) -> None:
        """Count one; the caller holds the row."""
        count = case((TextBudget.day >= self.today, TextBudget.used + 1), else_=1)
        day = case((TextBudget.day > self.today, TextBudget.day), else_=self.today)
        statement = update(TextBudget).where(TextBudget.channel == self.channel).values(used=count, day=day)
        db.session.execute(statement.execution_options(synchronize_session=False))

    def tell(self) -> None:
        """Let those who run the team know, once a day."""
        title = f"{CHANNEL_WORDS[self.channel]}: what is allowed in a day has left. The others wait until tomorrow"
        notify(active_managers(), f"spent:{self.channel}:{self.today}", title, "/settings/sending", "circle-alert")

    def _open(self) -> None:
        row = {"organization_id": tenancy.current_id(), "channel": self.channel, "day": self.today}
        db.session.execute(upsert(TextBudget).values(row).on_conflict_do_nothing())


def budget_of(channel: str) -> DayBudget | None:
    """The channel's budget; None where messages cost nothing."""
    return DayBudget(channel) if channel in TEXTS else None
