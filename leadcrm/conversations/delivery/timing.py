"""The sending policy for a batch: what it needs to know about the batch's leads is read in at most three queries."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from leadcrm.conversations import sending_queries
from leadcrm.conversations.delivery.claims import Claim
from leadcrm.conversations.models import AUTOMATIC, TEXTS
from leadcrm.conversations.sending_policy import ALWAYS_OPEN, Verdict, decide, departure
from leadcrm.core.zones import zone
from leadcrm.leads import queries as leads

Zones = tuple[ZoneInfo, ...]

WAIVED_FOR = timedelta(hours=1)  # "send it now" at nine in the evening does not mean a third try at three at night
ANYWHERE = ("UTC",)  # where no clock is asked


class Timing:
    """When messages of a channel may leave, asked at `now`."""

    def __init__(self, channel: str, claims: Sequence[Claim], now: datetime):
        self.channel, self.now = channel, now
        self.policy = sending_queries.sending_rules()
        self._zones = self._read_zones({claim.lead_id for claim in claims})
        self._last_sent = self._read_last_sent({claim.lead_id for claim in claims if _is_automatic(claim)})
        self._closings: dict[tuple[Zones, bool], datetime | None] = {}

    def verdict(self, claim: Claim) -> Verdict:
        """Whether it leaves now."""
        return decide(self.policy, now=self.now, when_late=claim.when_late, **self._meant(claim))

    def useful_until(self, claim: Claim) -> datetime | None:
        """When it has become useless; waiting for its window or for the gap takes nothing from that time."""
        leaves = departure(self.policy, **self._meant(claim)) if claim.useful_until is not None else None
        return claim.useful_until if leaves is None else claim.useful_until + (leaves - self._due(claim))

    def closes_at(self, claim: Claim) -> datetime | None:
        """Until when it may leave, of one that may leave now; None: for ever."""
        if self._is_waived(claim):
            return claim.scheduled_for + WAIVED_FOR
        key = self._zones_of(claim), _is_automatic(claim)
        if key not in self._closings:
            self._closings[key] = self.policy.hours(self.channel, key[0], automatic=key[1]).closing(self.now)
        return self._closings[key]

    def gap(self, claim: Claim) -> timedelta:
        """How long before it the lead may have been sent nothing by a machine."""
        return self.policy.gap if _is_automatic(claim) and not self._is_waived(claim) else timedelta(0)

    def _meant(self, claim: Claim) -> dict[str, Any]:
        return {
            "channel": self.channel,
            "scheduled_for": self._due(claim),
            "zones": self._zones_of(claim),
            "automatic": _is_automatic(claim),
            "last_sent_at": self._last_sent.get(claim.lead_id),
            "waived": self._is_waived(claim),
        }

    def _due(self, claim: Claim) -> datetime:
        """When it was meant to leave; that it is due says its claim."""
        return min(claim.scheduled_for, self.now)

    def _is_waived(self, claim: Claim) -> bool:
        return claim.at_any_hour and self.now < claim.scheduled_for + WAIVED_FOR

    def _zones_of(self, claim: Claim) -> Zones:
        return tuple(zone(name) for name in self._zones.get(claim.lead_id, ANYWHERE))

    def _read_zones(self, lead_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        if self.channel not in TEXTS and self.policy.windows[self.channel] == ALWAYS_OPEN:
            return {}
        return leads.zone_candidates(lead_ids)

    def _read_last_sent(self, lead_ids: Collection[str]) -> dict[str, datetime]:
        if not self.policy.gap or not lead_ids:
            return {}
        return sending_queries.last_automatic(lead_ids, self.now - self.policy.gap)


def _is_automatic(claim: Claim) -> bool:
    return claim.origin in AUTOMATIC
