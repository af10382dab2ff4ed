"""Everything encrypted at rest: looked at, put under the newest key, and a canary that tells another key at once.

Row by row and in short transactions. Broken off, `rotate_secrets` is simply run again: what lies under the newest key
is passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Column, literal, select, update

from leadcrm.core.at_rest import Misplaced, Place, Unreadable, decrypt, encrypt, renewed
from leadcrm.core.db import Base, db, writing
from leadcrm.core.models import Canary

BATCH = 200
CANARY_ID, CANARY_WORDS = 1, "the key is right"

Secret = tuple[Place, str, bytes]  # its place, its row's key as the database has it, the ciphertext


@dataclass
class Condition:
    """Secrets that cannot be used: how many per `table.column`."""

    closed: dict[str, int] = field(default_factory=dict)  # they open with none of the known keys
    misplaced: dict[str, int] = field(default_factory=dict)  # they were made for another place

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.closed or self.misplaced)

    def add(self, column: Column, trouble: Unreadable) -> None:
        counts = self.misplaced if isinstance(trouble, Misplaced) else self.closed
        name = f"{column.table.name}.{column.name}"
        counts[name] = counts.get(name, 0) + 1


@dataclass
class Rotation:
    """How many secrets were encrypted anew, were so already, and those that could not be used and were left alone."""

    renewed: int = 0
    current: int = 0
    unusable: Condition = field(default_factory=Condition)


def rotate_secrets() -> Rotation:
    """Encrypt every secret in the database with the newest key."""
    rotation = Rotation()
    for column in encrypted_columns():
        for batch in _batches(column):
            _renew(column, batch, rotation)
    if not rotation.unusable:
        plant_canary()
    return rotation


def examine() -> Condition:
    """Open every secret in the database."""
    condition = Condition()
    for column in encrypted_columns():
        for batch in _batches(column):
            for place, _, secret in batch:
                try:
                    decrypt(secret, place)
                except Unreadable as trouble:
                    condition.add(column, trouble)
    return condition


def canary_lives() -> bool | None:
    """Whether the keys are those this database's secrets were made with; None when no canary was planted yet."""
    canary = db.session.get(Canary, CANARY_ID)
    if canary is None:
        return None
    try:
        return decrypt(canary.words, Place.of(Canary.words, canary)) == CANARY_WORDS
    except Unreadable:
        return False


def plant_canary() -> None:
    """Remember the key by words under it, unless that was done or there are secrets under another key."""
    is_planted = canary_lives() is not None
    is_other_key = not is_planted and bool(examine().closed)
    db.session.rollback()
    if is_planted or is_other_key:
        return
    canary = Canary(id=CANARY_ID)
    canary.words = encrypt(CANARY_WORDS, Place.of(Canary.words, canary))
    with writing() as session:
        session.merge(canary)  # by another start at this moment: the same words under the same key


def encrypted_columns() -> list[Column]:
    """The columns whose models say they hold secrets, of all features."""
    return [column for table in Base.metadata.sorted_tables for column in table.columns if _purpose(column)]


def _purpose(column: Column) -> str | None:
    return column.info.get("encrypted_for")


def _batches(column: Column) -> Iterator[list[Secret]]:
    """All secrets of a column by their rows' order; no transaction is open while a batch is looked at."""
    (key,) = column.table.primary_key.columns
    organization_id = column.table.columns.get("organization_id", literal(""))
    query = select(organization_id, key, column).where(column.is_not(None)).order_by(key).limit(BATCH)
    rows = db.session.execute(query).all()
    while rows:
        db.session.rollback()
        yield [(Place(owner, _purpose(column), str(row_id)), row_id, secret) for owner, row_id, secret in rows]
        rows = db.session.execute(query.where(key > rows[-1][1])).all()
    db.session.rollback()


def _renew(column: Column, batch: list[Secret], rotation: Rotation) -> None:
    (key,) = column.table.primary_key.columns
    changes = []
    for place, row_id, secret in batch:
        try:
            fresh = renewed(secret, place)
        except Unreadable as trouble:
            rotation.unusable.add(column, trouble)
            continue
        if fresh is None:
            rotation.current += 1
        else:
            changes.append((row_id, secret, fresh))
    if not changes:
        return
    with writing() as session:
        for row_id, secret, fresh in changes:  # unless it was replaced meanwhile: that one has the newest key
            mine = update(column.table).where(key == row_id, column == secret)
            rotation.renewed += session.execute(mine.values({column: fresh})).rowcount
