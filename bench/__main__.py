"""`make bench`: every figure as a ratio to a limit measured in the same run; exit 1 when one misses its bar."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from bench.mails import MAILS, measure_drain
from bench.pages import Figure, measure_pages

SIZES = "1000,100000"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--sizes", default=SIZES, help="numbers of leads, separated by commas")
    parser.add_argument("--mails", type=int, default=MAILS)
    parser.add_argument("--only", choices=["pages", "mails"])
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="leadcrm-bench-"))
    figures: list[Figure] = []
    try:
        if options.only != "mails":
            for size in options.sizes.split(","):
                figures += measure_pages(folder / f"pages-{size}", int(size))
        if options.only != "pages":
            figures += measure_drain(folder / "mails", options.mails)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report(figures)
    return 0 if all(figure.passes for figure in figures) else 1


def report(figures: list[Figure]) -> None:
    print(f"{'':44}{'ours/s':>10}{'limit/s':>10}{'ratio':>8}{'to reach':>10}")
    for figure in figures:
        bar = f"{figure.bar:.0%}" if figure.bar is not None else ""
        verdict = "" if figure.passes else "  MISSED"
        print(f"{figure.name:44}{figure.ours:10.0f}{figure.limit:10.0f}{figure.ratio:8.0%}{bar:>10}{verdict}")


if __name__ == "__main__":
    sys.exit(main())
