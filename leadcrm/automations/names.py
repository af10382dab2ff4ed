"""What actions point at. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Names:
    """What actions point at, by id: the organization's templates, people and flows.

    `campaigns` are the flows that say what a campaign says: leads are taken out of them, but let in by it alone.
    """

    templates: Mapping[str, str]
    users: Mapping[str, str]
    flows: Mapping[str, str] = field(default_factory=dict)
    campaigns: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_flows(self) -> Mapping[str, str]:
        return {**self.flows, **self.campaigns}
