"""Words for campaigns. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from leadcrm.accounts.data import ContactFilters
from leadcrm.leads import wording as leads
from leadcrm.leads.data import Filters

EVERYONE = "All leads"
STATE_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "draft": ("Draft", "gray"),
        "scheduled": ("Scheduled", "blue"),
        "enrolling": ("Letting leads in", "violet"),
        "running": ("Running", "green"),
        "paused": ("Paused", "amber"),
        "stopped": ("Stopped", "red"),
        "done": ("Done", "teal"),
    }
)


def contact_words(filters: ContactFilters, owner: str) -> str:
    """`Main contacts of accounts: industry contains “retail”; health at most 40`. `owner` is the name of who is asked
    for.
    """
    words = [
        filters.account and f"name contains “{filters.account}”",
        filters.industry and f"industry contains “{filters.industry}”",
        filters.account_owner and f"owner is {owner}",
        filters.health_at_least is not None and f"health at least {filters.health_at_least}",
        filters.health_below is not None and f"health at most {filters.health_below - 1}",
    ]
    whom = "Main contacts" if filters.only_primary else "All contacts"
    said = "; ".join(word for word in words if word)
    return f"{whom} of accounts: {said}" if said else f"{whom} of all accounts"


def segment_words(filters: Filters, names, zone: ZoneInfo) -> str:
    """`Status is New or Contacted; Score ≥ 40`. `names` are those of the filters' owner and tag; days in `zone`."""
    day = timedelta(days=1)
    dates = {
        "created_from": f"{filters.created_from.astimezone(zone):%Y-%m-%d}" if filters.created_from else "",
        "created_to": f"{filters.created_before.astimezone(zone) - day:%Y-%m-%d}" if filters.created_before else "",
    }
    chips = leads.chips(filters, owner=names.owner, tag=names.tag, dates=dates)
    words = [f"{label} {value}" for label, value, _ in chips]
    if filters.q:
        words.insert(0, f"Search “{filters.q}”")
    return "; ".join(words) or EVERYONE
