"""Everything the worker would do now, in this process, without Redis."""

from leadcrm.core import jobs, tenancy
from leadcrm.core.lanes import run_pass
from leadcrm.core.timetable import write_slots

LONGEST_SECONDS = 3600


def run_once() -> None:
    """Write due slots, then run every lane until nothing is due."""
    with tenancy.everyone():
        write_slots()
    for lane in reversed(jobs.LANES):  # what the slow lane fetches from the mailbox is read by the other one
        run_pass(lane, lambda: False, seconds=LONGEST_SECONDS)
