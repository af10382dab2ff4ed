"""What a check found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, whether it is as it must be, and what was seen."""

    subject: str
    holds: bool
    words: str
