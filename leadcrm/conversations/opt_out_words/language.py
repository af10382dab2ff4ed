"""What the rules in `opt_out_intent` know of a language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """One language's ways of saying it.

    `stop` and `start` count when they are the whole message. `strong` ones of `stop` count as a sentence of their own
    too. `requests` say it in words, `hints` only touch on it. `negations` stand right before a request and turn it
    around; `reporting` anywhere before makes it someone else's words, or a condition. `limits` behind a request narrow
    it to a time or a thing.
    """

    stop: tuple[str, ...]
    strong: tuple[str, ...]
    start: tuple[str, ...]
    polite: tuple[str, ...]
    requests: tuple[str, ...]
    everything: tuple[str, ...]
    hints: tuple[str, ...]
    negations: str
    reporting: str
    limits: str
