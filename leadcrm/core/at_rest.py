"""Secrets encrypted at rest, each bound to its place.

The organization, the purpose and the row travel inside the plaintext, so that a ciphertext copied to another row,
column or organization is refused. Columns that hold such secrets say so in their `info` (core.db.encrypted_for).
"""

import base64
import contextlib
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app
from sqlalchemy.orm import InstrumentedAttribute


class Unreadable(Exception):
    """The secret must not be used; the message says why."""


class WrongKey(Unreadable):
    """It opens with none of the known keys."""


class Misplaced(Unreadable):
    """It opens, and was made for another place."""


@dataclass(frozen=True)
class Place:
    """What a secret belongs to. The installation's own belong to the organization ""."""

    organization_id: str
    purpose: str
    row_id: str

    @classmethod
    def of(cls, attribute: InstrumentedAttribute, row: Any) -> "Place":
        """The place of a row's encrypted column; the row needs its id and organization already."""
        return cls(getattr(row, "organization_id", ""), attribute.info["encrypted_for"], str(row.id))


def encrypt(text: str, place: Place) -> bytes:
    """Under the newest key, for this place only."""
    return _every_key().encrypt(json.dumps([place.organization_id, place.purpose, place.row_id, text]).encode())


def decrypt(token: bytes, place: Place) -> str:
    """The text again. Raises WrongKey or Misplaced."""
    try:
        plain = _every_key().decrypt(token)
    except InvalidToken as error:
        raise WrongKey("This secret opens with none of the known keys.") from error
    try:
        organization_id, purpose, row_id, text = json.loads(plain)
    except ValueError as error:
        raise Misplaced("This secret does not say where it belongs.") from error
    if Place(organization_id, purpose, row_id) != place:
        raise Misplaced("This secret belongs somewhere else.")
    return text


def renewed(token: bytes, place: Place) -> bytes | None:
    """The same secret under the newest key; None when it lies under that one. Raises WrongKey or Misplaced."""
    decrypt(token, place)
    with contextlib.suppress(InvalidToken):
        _fernet(current_app.settings.secret_key).decrypt(token)
        return None
    return _every_key().rotate(token)


def _every_key() -> MultiFernet:
    """Encrypts with the newest key, decrypts with any."""
    return MultiFernet([_fernet(key) for key in current_app.settings.secret_keys])


def _fernet(secret_key: str) -> Fernet:
    key = hashlib.blake2b(secret_key.encode(), person=b"leadcrm-at-rest", digest_size=32).digest()
    return Fernet(base64.urlsafe_b64encode(key))
