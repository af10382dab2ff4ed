"""THE lists: what each lane drains, and which periodic job runs how often."""

from leadcrm.automations.jobs import drain_runs
from leadcrm.core.drains import drain_events
from leadcrm.core.lanes import Drain
from leadcrm.core.timetable import Periodic
from leadcrm.flows.jobs import finish_enrolments

LANES: dict[str, list[Drain]] = {"now": [drain_events, drain_runs], "slow": []}
TIMETABLE: list[Periodic] = [Periodic("finish_enrolments", "slow", 60, finish_enrolments)]
