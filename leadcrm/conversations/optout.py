"""Words that end or resume what we send. English; a message counts only when it is nothing but such a word.

And our own words for an address that is not written to any more.
"""

STOP_WORDS = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out", "opt-out"}
START_WORDS = {"start", "unstop", "resume", "subscribe", "opt in", "optin", "opt-in"}
LONGEST = 40
EDGES = " \t\r\n\"'`.,!?;:()[]*_-\u2018\u2019\u201c\u201d"


def asks_to_stop(text: str) -> bool:
    """Whether the whole message is a word like STOP."""
    return _bare(text) in STOP_WORDS


def asks_to_start(text: str) -> bool:
    """Whether the whole message is a word like START."""
    return _bare(text) in START_WORDS


def refusal(reason: str, name: str, address: str) -> str:
    """Why an address is not written to, from a suppression's reason."""
    if reason == "bounced":
        return f"Mail to {address} came back. Correct the address, or allow mail to it again on the lead's page."
    if reason == "erased":
        return f"Whoever has {address} asked to be erased. They can be answered once they write to us."
    return f"{name} does not want messages at {address}."


def _bare(text: str) -> str:
    trimmed = text.strip(EDGES)
    return " ".join(trimmed.casefold().split()) if len(trimmed) <= LONGEST else ""
