"""THE lists: what each lane drains, and which periodic job runs how often."""

from leadcrm.core.drains import drain_events
from leadcrm.core.lanes import Drain
from leadcrm.core.timetable import Periodic

LANES: dict[str, list[Drain]] = {"now": [drain_events], "slow": []}
TIMETABLE: list[Periodic] = []
