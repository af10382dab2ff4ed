"""The stages of a deal and how likely each is to be won. Pure."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

STAGES: Mapping[str, int] = {  # percent
    "prospecting": 10,
    "qualification": 25,
    "proposal": 50,
    "negotiation": 75,
    "closed_won": 100,
    "closed_lost": 0,
}
CLOSED = ("closed_won", "closed_lost")
OPEN = tuple(stage for stage in STAGES if stage not in CLOSED)
CENT = Decimal("0.01")


def weighted(amount: Decimal | None, stage: str) -> Decimal:
    """What the deal is worth times how likely it is; nothing while nobody knows the amount."""
    return ((amount or Decimal()) * STAGES[stage] / 100).quantize(CENT, ROUND_HALF_EVEN)
