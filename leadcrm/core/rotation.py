"""Everything encrypted at rest, under the newest key: what `rotate-secrets` does.

Row by row and in short transactions. Broken off, it is simply run again: what lies under the newest key is passed over.
"""

from dataclasses import dataclass

from sqlalchemy import Column, Table, select, update

from leadcrm.core.db import Base, db, writing
from leadcrm.core.security import renewed

BATCH = 200


@dataclass
class Rotation:
    """How many secrets were encrypted anew, were so already, and could not be opened with any known key."""

    renewed: int = 0
    current: int = 0
    unreadable: int = 0


def rotate_secrets() -> Rotation:
    """Encrypt every secret in the database with the newest key."""
    rotation = Rotation()
    for column in encrypted_columns():
        _rotate(column, rotation)
    return rotation


def closed_secrets() -> list[str]:
    """`table.column` wherever the newest secret opens with none of the known keys: one sample of each column."""
    closed = []
    for column in encrypted_columns():
        (key,) = column.table.primary_key.columns
        sample = db.session.scalar(select(column).where(column.is_not(None)).order_by(key.desc()).limit(1))
        try:
            if sample is not None:
                renewed(sample)
        except ValueError:
            closed.append(f"{column.table.name}.{column.name}")
    return closed


def encrypted_columns() -> list[Column]:
    """The columns whose models say they hold secrets, of all features."""
    return [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.info.get("encrypted") is True
    ]


def _rotate(column: Column, rotation: Rotation) -> None:
    table: Table = column.table
    (key,) = table.primary_key.columns
    secrets = select(key, column).where(column.is_not(None)).order_by(key).limit(BATCH)
    batch = db.session.execute(secrets).all()
    while batch:
        db.session.rollback()
        _renew(column, key, batch, rotation)
        batch = db.session.execute(secrets.where(key > batch[-1][0])).all()
    db.session.rollback()


def _renew(column: Column, key: Column, batch: list, rotation: Rotation) -> None:
    changes = []
    for row_id, secret in batch:
        try:
            fresh = renewed(secret)
        except ValueError:
            rotation.unreadable += 1
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
