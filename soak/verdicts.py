"""What the soak says of a property: a figure, where it was taken, and whether the property held."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Verdict:
    """`holds` is None when the proof could not be tried here; the figure then says why. `short`: how much more was
    wanted than was done, and what would do; nothing broke until then.
    """

    property: str
    place: str
    figure: str
    holds: bool | None
    short: str = ""

    def __str__(self) -> str:
        word = {True: "short" if self.short else "holds", False: "BROKEN", None: "skipped"}[self.holds]
        figure = f"{self.figure}; {self.short}" if self.short else self.figure
        return f"{self.property:34} {self.place:11} {word:8} {figure}"


def verdict_on(name: str, place: str, culprits: Iterable[object], figure: str) -> Verdict:
    """Holds when nobody is guilty; else the first few are named."""
    culprits = list(culprits)
    if culprits:
        figure += f"; {len(culprits)} broken: {', '.join(map(str, culprits[:4]))}"
    return Verdict(name, place, figure, not culprits)


def measured(verdict: Verdict, done: float, wanted: float, what: str) -> Verdict:
    """The same, held against what has to be done before it counts."""
    if done >= wanted:
        return verdict
    times = f"{wanted / done:.1f} times the minutes would do" if done else "more minutes are needed"
    return replace(verdict, short=f"{done:g} of {wanted:g} {what}, {times}")


def header() -> str:
    return f"{'property':34} {'database':11} {'verdict':8} figure"


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which that share of them lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
