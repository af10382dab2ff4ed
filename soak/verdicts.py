"""What the soak says of a property: a figure, where it was taken, and whether the property held."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """`holds` is None when the proof could not be tried here; the figure then says why."""

    property: str
    place: str
    figure: str
    holds: bool | None

    def __str__(self) -> str:
        word = {True: "holds", False: "BROKEN", None: "skipped"}[self.holds]
        return f"{self.property:34} {self.place:11} {word:8} {self.figure}"


def verdict_on(name: str, place: str, culprits: Iterable[object], figure: str) -> Verdict:
    """Holds when nobody is guilty; else the first few are named."""
    culprits = list(culprits)
    if culprits:
        figure += f"; {len(culprits)} broken: {', '.join(map(str, culprits[:4]))}"
    return Verdict(name, place, figure, not culprits)


def header() -> str:
    return f"{'property':34} {'database':11} {'verdict':8} figure"


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which that share of them lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
