"""`make soak`: attack what LeadCRM promises for about half an hour and print what held."""

import argparse
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from soak import (
    clock_jumps,
    growth,
    killpoints,
    kills,
    random_flows,
    redis_weather,
    restoring,
    side_by_side,
    smtp_weather,
    starving,
    stopping,
)
from soak.places import PLACES, Place
from soak.verdicts import Verdict, header

DEFAULT_MINUTES = 20.0
Judge = Callable[[], list[Verdict]]

# Shares of the time of one database. The first part's verdict waits for a lease while the others run.
PARTS: dict[str, Callable[[Place, float], list[Verdict] | Judge]] = {
    "kills": lambda place, seconds: kills.attack(place, 0.25 * seconds),
    "killpoints": lambda place, seconds: killpoints.attack(place, 0.6 * seconds),
    "redis": lambda place, seconds: redis_weather.attack(place, 0.15 * seconds),
    "smtp": lambda place, seconds: smtp_weather.attack(place, 0.05 * seconds),
    "stops": lambda place, seconds: stopping.attack(place, 0.12 * seconds),
    "workers": lambda place, seconds: side_by_side.attack(place, max(100, int(2 * seconds / 100) * 100)),
    "twins": lambda place, seconds: side_by_side.ask_as_twins(place, max(2, int(seconds / 30))),
    "web": lambda place, seconds: starving.attack(place, max(200, int(17 * seconds / 200) * 200)),
    "clock": lambda place, seconds: clock_jumps.attack(place),
    "restore": lambda place, seconds: restoring.attack(place),
    "memory": lambda place, seconds: growth.attack(place, seconds),
    "flows": lambda place, seconds: random_flows.attack(place, max(1, int(seconds / 600))),
}
USUAL = [name for name in PARTS if name != "memory"]  # which takes all of the time, and runs when it is named


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of every `finally`, which end what runs
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    broken = 0
    print(header(), flush=True)
    for verdict in _verdicts(folder, options):
        print(verdict, flush=True)
        broken += verdict.holds is False
    if broken:
        print(f"{broken} broken; logs are in {folder}", flush=True)
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=DEFAULT_MINUTES, help="about how long all parts shall take")
    parser.add_argument("--parts", type=_list_of(PARTS, USUAL), default=USUAL, help=",".join(PARTS))
    parser.add_argument("--databases", type=_list_of(PLACES, list(PLACES)), default=list(PLACES), help=",".join(PLACES))
    return parser.parse_args()


def _list_of(known, usual: list[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",") if name.strip()]
        if unknown := set(names) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: choose from {', '.join(known)}")
        return names or usual

    return parse


def _verdicts(folder: Path, options: argparse.Namespace) -> Iterator[Verdict]:
    seconds = options.minutes * 60 / len(options.databases)
    outstanding: list[tuple[str, Place, Judge]] = []
    with ExitStack() as open_places:
        places = [open_places.enter_context(Place.build(name, folder / name)) for name in options.databases]
        for part in options.parts:
            for place in places:
                result = _tried(part, place, lambda part=part, place=place: PARTS[part](place, seconds))
                if callable(result):
                    outstanding.append((part, place, result))
                else:
                    yield from result
        for part, place, judge in outstanding:
            yield from _tried(part, place, judge)


def _tried(part: str, place: Place, attempt: Callable[[], list[Verdict] | Judge]) -> list[Verdict] | Judge:
    """A part that breaks off has proved nothing."""
    try:
        return attempt()
    except Exception as error:
        traceback.print_exc()
        return [Verdict(f"{part} broke off", place.name, f"{type(error).__name__}: {error}"[:120], False)]


if __name__ == "__main__":
    sys.exit(main())
