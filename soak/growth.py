"""An office's day, for as long as asked: what web and worker take of the machine's memory must not grow."""

import json
import statistics
import threading
import time
from collections.abc import Sequence
from itertools import cycle

import psutil

from soak.crowd import Crowd
from soak.places import Office, Place
from soak.verdicts import Verdict, verdict_on
from tests.installation import megabytes_of, sign_in, wait_for

CLIENTS, CLIENT_PAUSE = 5, 1.0
READER_PAUSE = 0.5
SAMPLES = 60  # over the whole time
WINDOW = SAMPLES // 6  # the first is the warm-up: what is made at first use is made then
MOST_GROWTH = 1.1  # of the last window beside the one after the warm-up
PAGES = (
    "/leads", "/leads?q=soak", "/inbox", "/tasks", "/accounts", "/accounts?q=a", "/opportunities", "/bookings",
    "/bookings?view=past", "/imports", "/flows", "/campaigns", "/automations", "/settings/system",
)  # fmt: skip


class Reader(threading.Thread):
    """The owner, who looks at one page after the other."""

    def __init__(self, office: Office):
        super().__init__(daemon=True)
        self.office = office
        self.seen = 0
        self.refused: list[str] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        accounts = json.loads(self.office.command("seed-demo", "--json"))
        browser = sign_in(self.office.url, accounts["organizations"][0]["users"][0])
        for path in cycle(PAGES):
            if self.stopping.wait(READER_PAUSE):
                return
            answer = browser.get(f"{self.office.url}{path}", timeout=30)
            self.seen += 1
            if not answer.ok or answer.history:
                self.refused.append(f"{answer.status_code} {path}")


def attack(place: Place, seconds: float) -> list[Verdict]:
    """Clients and a reader for that long, the web as it is deployed; both families of processes weighed meanwhile."""
    with place.office() as office:
        office.start_sink()
        office.start_deployed_web()
        office.start_worker()
        wait_for(office.lanes_are_up, 60)
        crowd, reader = Crowd(office, CLIENTS, pause=CLIENT_PAUSE), Reader(office)
        crowd.start()
        reader.start()
        weights = _weigh(office, seconds)
        reader.stopping.set()
        record = crowd.stop()
        reader.join()
        done = f"{len(record.seconds)} requests and {reader.seen} pages in {seconds / 60:.1f} min"
        return [
            *(judge(place.name, family, weights[family]) for family in weights),
            verdict_on("an office's day", place.name, record.refused + reader.refused, done),
        ]


def _weigh(office: Office, seconds: float) -> dict[str, list[float]]:
    """Megabytes of web and worker with all below them, at even distances."""
    weights: dict[str, list[float]] = {"web": [], "worker": []}
    for _ in range(SAMPLES):
        time.sleep(seconds / SAMPLES)
        for name, samples in weights.items():
            samples.append(megabytes_of(psutil.Process(office.processes[name].pid)))
    return weights


def judge(place: str, family: str, megabytes: Sequence[float]) -> Verdict:
    """Medians, so that one sample in the middle of a large page does not decide; all are told, for how it grew."""
    medians = [statistics.median(megabytes[start : start + WINDOW]) for start in range(0, SAMPLES, WINDOW)]
    told = ", ".join(f"{median:.0f}" for median in medians)
    figure = f"{told} MB in each sixth of the time, {max(megabytes):.0f} MB at most"
    return Verdict(f"memory of the {family} is flat", place, figure, medians[-1] <= MOST_GROWTH * medians[1])
