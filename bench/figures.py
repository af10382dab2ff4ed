"""What a benchmark says: a figure, what it is held against, and the verdict."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """Things per second beside the limit's in the same run; `at_least` is the share of the limit to reach."""

    name: str
    ours: float
    limit: float
    at_least: float

    @property
    def passes(self) -> bool:
        return self.ours / self.limit >= self.at_least

    def __str__(self) -> str:
        share = self.ours / self.limit
        return f"{self.name:48}{self.ours:9.0f}/s of{self.limit:8.0f}/s ={share:6.0%}   at least {self.at_least:.0%}"


@dataclass(frozen=True)
class Bound:
    """One measured value that must not exceed a bound, in the unit named."""

    name: str
    value: float
    at_most: float
    unit: str

    @property
    def passes(self) -> bool:
        return self.value <= self.at_most

    def __str__(self) -> str:
        return f"{self.name:48}{self.value:9.1f} {self.unit}{'':20}   at most {self.at_most:g}"


Figure = Ratio | Bound
