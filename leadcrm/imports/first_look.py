"""A file that was just brought, read from beginning to end, and what its columns most likely mean. Pure."""

from dataclasses import dataclass
from itertools import islice

from leadcrm.imports.columns import guessed
from leadcrm.imports.csv_files import LARGEST_FILE, Unreadable, Writing, headings_of, rows_of, writing_of
from leadcrm.imports.data import Plan
from leadcrm.imports.dates import order_in

SAMPLES = 50
SHOWN_SAMPLES = 3


@dataclass(frozen=True)
class FirstLook:
    """How the file is written, its headings, how many rows it has, and the cells of the first of them."""

    writing: Writing
    headings: list[str]
    rows: int
    samples: list[tuple[str, ...]]

    def plan(self, country: str) -> Plan:
        """What the columns most likely mean to somebody in that country."""
        return Plan(columns=tuple(guessed(self.headings, self.samples)), dates=order_in(country))


def first_look(data: bytes, country: str, writing: Writing | None = None) -> FirstLook:
    """Read a file, as it is written or, if that is not given, seems to be. Raises Unreadable."""
    if len(data) > LARGEST_FILE:
        raise Unreadable(
            f"The file is larger than {LARGEST_FILE // 1_000_000} MB. Split it, and import one part after the other."
        )
    writing = writing or writing_of(data, country)
    headings = headings_of(data, writing)
    rows = rows_of(data, writing)
    samples = [record.cells for record in islice(rows, SAMPLES)]
    count = len(samples) + sum(1 for _ in rows)
    if not count:
        raise Unreadable("The file has headings and no rows.")
    return FirstLook(writing, headings, count, samples)


def samples_of(data: bytes, writing: Writing) -> list[tuple[str, ...]]:
    """The cells of the first rows, to show what a column holds. Raises Unreadable."""
    return [record.cells for record in islice(rows_of(data, writing), SHOWN_SAMPLES)]
