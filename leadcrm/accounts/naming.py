"""How an account's name is found and sorted. Pure."""

from leadcrm.core.values import fold

LONGEST_FOLDED = 640  # a ligature folds to several letters, one of them to eighteen


def folded(name: str) -> str:
    """The name as it is found and sorted; one that folds to nothing is found as it is written."""
    return (fold(name) or name)[:LONGEST_FOLDED]
