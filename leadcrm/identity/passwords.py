"""Passwords: argon2 (19 MiB, 2 passes), at most two at a time, and the rules for new ones.

Call `hash` and `matches` outside any transaction: each costs about a tenth of a second.
"""

import unicodedata
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MINIMUM_LENGTH = 10
MAXIMUM_LENGTH = 200
NOBODYS_HASH = (  # of a thrown-away random password: an unknown address costs what a known one costs
    "$argon2id$v=19$m=19456,t=2,p=1$t/FQUiNjb1IcCRtZbgLgNw$k9ho+a8z6gfcaAC4OiHvzxynL18Exs4EQb8xcXt5Egs"
)

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_turns = BoundedSemaphore(2)  # a flood of sign-ins must not take every core from everyone else


def hash(password: str) -> str:
    """What the database keeps of a password."""
    with _turns:
        return _hasher.hash(_normal(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether it is the password. Takes the same time when there is no stored hash."""
    with _turns:
        try:
            return _hasher.verify(stored or NOBODYS_HASH, _normal(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(stored)


def objection(password: str, *known: str) -> str | None:
    """Why this may not become a password, or None. `known` are words that people guess first: name, address."""
    password = _normal(password)
    if len(password) < MINIMUM_LENGTH:
        return f"Use at least {MINIMUM_LENGTH} characters; a few words in a row are good."
    if len(password) > MAXIMUM_LENGTH:
        return f"Use at most {MAXIMUM_LENGTH} characters."
    if password.lower() in _common() or len(set(password)) < 4:
        return "This is one of the passwords that are tried first. Choose another."
    if password.lower() in {word.lower() for word in known}:
        return "Your password may not be your name or address."
    return None


def _normal(password: str) -> str:
    """The same characters whatever keyboard made them."""
    return unicodedata.normalize("NFC", password).strip()


@cache
def _common() -> frozenset[str]:
    lines = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))
