"""The host's clock jumps under web and worker: nothing twice, nothing early (P12). Needs libfaketime."""

import os
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from soak.packages import bring
from soak.places import Office, Place
from soak.side_by_side import capture_many
from soak.verdicts import Verdict
from tests.installation import wait_for

PLACES_OF_THE_LIBRARY = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1")
DAY = timedelta(days=1)
LOOK_SECONDS = 8.0
ARRIVAL_SECONDS = 60
GREETED = 3


def library() -> Path | None:
    """Where libfaketime is; installs it where that is allowed."""
    if not _libraries():
        bring("libfaketime")
    return next(iter(_libraries()), None)


def _libraries() -> list[Path]:
    return [path for pattern in PLACES_OF_THE_LIBRARY for path in sorted(Path("/").glob(pattern.lstrip("/")))]


class HostClock:
    """A file that libfaketime reads on every look at the clock."""

    def __init__(self, office: Office, preload: Path):
        self.file = office.folder / "clock"
        self.offset = timedelta(0)
        self.set(timedelta(0))
        office.environment |= {
            "LD_PRELOAD": str(preload),
            "PYTHONPATH": str(Path(__file__).parent / "under_faketime"),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, offset: timedelta) -> None:
        self.offset = offset
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{offset.total_seconds():+.0f}\n")
        os.replace(fresh, self.file)


def attack(place: Place, look_seconds: float = LOOK_SECONDS) -> list[Verdict]:
    """Forward three days, back to yesterday, forward forty days; messages planned for after each."""
    preload = library()
    if preload is None:
        return [
            Verdict(
                "P12 the clock jumps", place.name, "libfaketime is not installed, and only root may install it", None
            )
        ]
    with place.office() as office:
        office.start_sink()  # the outside keeps its own time
        clock = HostClock(office, preload)
        office.web_processes = 1
        office.start_web()
        office.start_worker()
        wait_for(office.lanes_are_up, 60)
        leads = capture_many(office, GREETED)
        wait_for(lambda: len(_mails_to(office, leads)) >= GREETED, ARRIVAL_SECONDS)
        lead = next(iter(leads.values()))
        for days in (2, 30):
            _schedule(office, lead, f"In {days} days", datetime.now(UTC) + days * DAY)
        broken = []
        for jump, expected in ((3 * DAY, {"In 2 days"}), (-DAY, set()), (40 * DAY, {"In 30 days"})):
            before = _planned_that_came(office)
            clock.set(jump)
            broken += _watch(office, jump, expected, before, look_seconds)
        twice = [key for key, n in Counter((m["rcpt"], m["subject"]) for m in office.mails()).items() if n > 1]
        broken += [f"twice {key}" for key in twice]
        figure = f"+3 d, -1 d, +40 d while running; {len(office.mails())} mails, {'; '.join(broken) or 'none amiss'}"
        return [Verdict("P12 the clock jumps", place.name, figure, not broken)]


def _watch(office: Office, jump: timedelta, expected: set[str], before: Counter, look_seconds: float) -> list[str]:
    """What is amiss after a jump: what did not come, and what came though it was not its time."""
    until = time.monotonic() + (ARRIVAL_SECONDS if expected else look_seconds)
    while time.monotonic() < until and not (expected and expected <= _planned_that_came(office).keys()):
        time.sleep(0.5)
    came = set(_planned_that_came(office) - before)
    missing = [f"missing after {jump.days:+d} d: {subject}" for subject in expected - came]
    return missing + [f"early after {jump.days:+d} d: {subject}" for subject in came - expected]


def _schedule(office: Office, lead: str, subject: str, moment: datetime) -> None:
    body = {"lead_id": lead, "channel": "email", "subject": subject, "content": "As agreed."}
    answer = office.open_api().post("/api/schedule", scheduled_time=moment.isoformat(), **body)
    answer.raise_for_status()


def _planned_that_came(office: Office) -> Counter:
    return Counter(mail["subject"] for mail in office.mails() if mail["subject"].startswith("In "))


def _mails_to(office: Office, leads: dict[str, str]) -> list[dict]:
    return [mail for mail in office.mails() if mail["rcpt"] in leads]
