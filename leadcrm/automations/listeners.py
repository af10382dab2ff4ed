"""Automations listen to every fact of triggers.TRIGGERS."""

from leadcrm.automations import engine
from leadcrm.core.events import Event


def consider(event: Event) -> None:
    """Let every rule that starts from this fact decide."""
    engine.consider(event)
