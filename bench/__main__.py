"""`make bench`: every figure beside its limit of the same run, or its bound; exit 1 when one misses."""

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.builder import RUNNING, measure_builder
from bench.databases import NAMES
from bench.enrol import LEADS, measure_enrolment
from bench.figures import Figure
from bench.mails import MAILS, measure_drain
from bench.pages import measure_pages
from bench.reactions import measure_reactions
from bench.whole import measure_whole
from bench.workers import MAILS as WORKERS_MAILS
from bench.workers import measure_workers

SIZES = "1000,10000,100000"
PARTS = ("pages", "mails", "workers", "reactions", "enrol", "builder", "whole")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--sizes", default=SIZES, help="numbers of leads, separated by commas")
    parser.add_argument("--messages", type=int, help="with each lead; one to three if not said")
    parser.add_argument("--database", choices=NAMES, action="append", help="both if not said")
    parser.add_argument("--mails", type=int, default=MAILS)
    parser.add_argument("--enrolled", type=int, default=LEADS, help="leads that enter a flow")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be given more than once")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="leadcrm-bench-"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by the way out of every `with`: no server stays behind
    missed = 0
    try:
        for figure in _figures(folder, options):
            print(figure, "" if figure.passes else "  MISSED", flush=True)
            missed += not figure.passes
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if missed else 0


def _figures(folder: Path, options: argparse.Namespace) -> Iterator[Figure]:
    parts, kinds = options.only or PARTS, options.database or list(NAMES)
    sizes = sorted(map(int, options.sizes.split(",")))
    for kind in kinds:
        if "pages" in parts:
            yield from measure_pages(folder / f"pages-{kind}", kind, sizes, options.messages)
        if "workers" in parts:
            yield from measure_workers(folder / f"workers-{kind}", kind, min(options.mails, WORKERS_MAILS))
        if "reactions" in parts:
            yield from measure_reactions(folder / f"reactions-{kind}", kind)
        if "enrol" in parts:
            yield from measure_enrolment(folder / f"enrol-{kind}", kind, options.enrolled)
        if "builder" in parts:
            yield from measure_builder(folder / f"builder-{kind}", kind, min(options.enrolled, RUNNING))
    if "mails" in parts:
        yield from measure_drain(folder / "mails", kinds, options.mails)
    if "whole" in parts:
        yield from measure_whole(folder / "whole", options.mails)


if __name__ == "__main__":
    sys.exit(main())
