"""THE map: which listeners react to which fact. All causality of the system on one screen."""

from leadcrm.core.events import Event, Listener

REACTIONS: dict[type[Event], list[Listener]] = {}
