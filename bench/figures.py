"""What a benchmark says: a figure, what it is held against, and the verdict."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """Things per second beside the limit's in the same run; `at_least` is the share to reach, None where none is set"""

    name: str
    ours: float
    limit: float
    at_least: float | None

    @property
    def passes(self) -> bool:
        return self.at_least is None or self.ours / self.limit >= self.at_least

    def __str__(self) -> str:
        goal = "" if self.at_least is None else f"   at least {self.at_least:.0%}"
        return f"{self.name:56}{self.ours:9.0f}/s of{self.limit:8.0f}/s ={self.ours / self.limit:6.0%}{goal}"


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
        return f"{self.name:56}{self.value:9.1f} {self.unit}{'':20}   at most {self.at_most:g}"


@dataclass(frozen=True)
class Growth:
    """The median time of an answer in a large house beside that in a tenth of it, both in ms; how often at most."""

    name: str
    large: float
    small: float
    at_most: float

    @property
    def passes(self) -> bool:
        return self.large <= self.small * self.at_most

    def __str__(self) -> str:
        times = self.large / self.small
        return (
            f"{self.name:56}{self.large:9.1f} ms of{self.small:7.1f} ms ={times:6.2f}   at most {self.at_most:g} times"
        )


Figure = Ratio | Bound | Growth
