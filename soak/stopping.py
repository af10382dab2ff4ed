"""SIGTERM in the middle of a send, again and again: the send is finished, the rest given back (P14)."""

import time

from soak.checker import examine
from soak.crowd import Crowd
from soak.kills import wait_until_settled
from soak.places import Office, Place
from soak.verdicts import Verdict, measured, verdict_on
from tests.installation import wait_for

SINK_DELAY_SECONDS = 2.0
MOST_STOP_SECONDS = 5.0
WANTED_STOPS = 50  # of P14


def attack(
    place: Place,
    seconds: float,
    most_stops: int = WANTED_STOPS,
    sink_delay: float = SINK_DELAY_SECONDS,
    slowest: float = MOST_STOP_SECONDS,
) -> list[Verdict]:
    """Stop and start the worker while mail leaves slowly; no stop may take longer than `slowest` (seconds)."""
    with place.office() as office:
        office.start_all("--delay", str(sink_delay))
        unknown_before = office.ready()["unknown_messages"]
        crowd = Crowd(office, clients=1, pause=0.5)
        crowd.start()
        stops, until = [], time.monotonic() + seconds
        while len(stops) < most_stops and time.monotonic() < until:
            wait_for(lambda: is_sending(office), 60)
            stops.append(stop_worker(office))
            office.start_worker()
        record = crowd.stop()
        wait_until_settled(office, 30 + 3 * sink_delay * len(record.leads | record.messages), record)
        found = examine(office, record)
        unknown = office.ready()["unknown_messages"] - unknown_before
        figure = f"{len(stops)} stops, {unknown} unknown, the slowest took {max(stops, default=0):.1f} s"
        holds = bool(stops) and unknown == 0 and max(stops) <= slowest
        culprits = found.missing + found.twice + found.contradictions + found.forgotten
        return [
            measured(Verdict("P14 SIGTERM under load", place.name, figure, holds), len(stops), WANTED_STOPS, "stops"),
            verdict_on("P14 nothing lost by stops", place.name, culprits, f"{found.delivered} mails"),
            verdict_on("P15 nothing left running", place.name, office.end_all(), "5 s after SIGTERM"),
        ]


def is_sending(office: Office) -> bool:
    return bool(office.open_api().get("/api/messages", status="sending", limit=1)["items"])


def stop_worker(office: Office) -> float:
    """Seconds from SIGTERM to the end of the last process."""
    started = time.monotonic()
    office.processes["worker"].terminate()
    office.processes.pop("worker").wait(60)
    return time.monotonic() - started
