"""Automations listen to every fact of triggers.FACTS."""

from leadcrm.automations import demand, engine
from leadcrm.core.events import Event, on_demand


def consider(event: Event) -> None:
    """Let every rule that starts from this fact decide."""
    engine.consider(event)


@on_demand(demand.awaited)
def consider_when_awaited(event: Event) -> None:
    """The same, for facts that are many and that few rules start from."""
    engine.consider(event)
