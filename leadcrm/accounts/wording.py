"""What accounts, their people and their deals are called on screens: pure words, no markup."""

from datetime import date

from leadcrm.accounts.models import OPPORTUNITY_KINDS, Opportunity
from leadcrm.accounts.pipeline import CLOSED, STAGES
from leadcrm.accounts.pipeline import weighted as weighted  # the templates find all their words here
from leadcrm.core.addresses import phone_as_read as phone_as_read

AT_RISK, HEALTHY = 40, 70  # a health below the first, one from the second on
SORT_WORDS = {"name": "Name", "newest": "Newest", "health": "Health"}
STAGE_WORDS = {stage: stage.replace("_", " ").capitalize() for stage in STAGES}
STAGE_TONES = {
    "prospecting": "gray",
    "qualification": "blue",
    "proposal": "violet",
    "negotiation": "amber",
    "closed_won": "green",
    "closed_lost": "red",
}
KIND_WORDS = {kind: kind.replace("_", " ").capitalize() for kind in OPPORTUNITY_KINDS}


def health_words(health: int) -> str:
    """`Healthy 82`: never a colour alone."""
    word = "At risk" if health < AT_RISK else "Fair" if health < HEALTHY else "Healthy"
    return f"{word} {health}"


def health_tone(health: int) -> str:
    return "red" if health < AT_RISK else "amber" if health < HEALTHY else "green"


def site_words(website: str) -> str:
    """`https://www.acme.example/` → `acme.example`."""
    return website.partition("://")[2].removeprefix("www.").rstrip("/")


def deals(count: int) -> str:
    """`1 open deal`, `3 open deals`."""
    return f"{count} open deal{'' if count == 1 else 's'}"


def is_late(deal: Opportunity, today: date) -> bool:
    """Whether it should have been closed by now."""
    return deal.close_date is not None and deal.close_date < today and deal.stage not in CLOSED
