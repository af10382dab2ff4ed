"""The sentences of a lead's timeline: one for each fact that may stand in it."""

from collections.abc import Callable

from leadcrm.conversations.telling import accounts, consent, leads, messages, work
from leadcrm.conversations.telling.base import Background, Telling, begin, who_did
from leadcrm.core.models import EventRow

__all__ = ["SENTENCES", "Background", "sentence_of"]

SENTENCES: dict[str, Callable[[Telling], str]] = {
    **leads.SENTENCES,
    **accounts.SENTENCES,
    **consent.SENTENCES,
    **messages.SENTENCES,
    **work.SENTENCES,
}


def sentence_of(row: EventRow, background: Background) -> str:
    """What the fact says on the timeline; one that another version wrote is told by its name."""
    return SENTENCES.get(row.name, _unheard_of)(Telling(row, who_did(row, background), background))


def _unheard_of(telling: Telling) -> str:
    return begin(telling.row.name.replace(".", " ").replace("_", " "))
