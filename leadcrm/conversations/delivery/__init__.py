"""From due to a known fate: claim → sending → outcome, with nothing lost and nothing said twice.

A drain claims up to 20 due messages of one organization and channel with a token and a lease, renders them outside any
transaction, and then, message by message, commits "sending" and its attempt before the first byte leaves. The outcome
is written together with the next message's beginning. Whoever dies on the way leaves a lease behind: the sweep gives
claimed messages back and calls sending ones unknown.
"""

from leadcrm.conversations.delivery.sending import drain
from leadcrm.conversations.delivery.sweeping import sweep

__all__ = ["drain", "sweep"]
