"""Tables of the machinery: facts, the debts they cause, the clock's slots, heartbeats, remembered answers."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from leadcrm.core import clock
from leadcrm.core.db import ID_LENGTH, Base, Identified, TenantOwned, encrypted_for
from leadcrm.core.indexes import only_where

SERIAL = BigInteger().with_variant(Integer, "sqlite")


class EventRow(TenantOwned, Base):
    """One fact, for ever: timeline entry, audit entry and trigger. Never updated or deleted.

    But for `words`: what a person wrote or a mail system said of them stands there, may be taken away when the person
    is erased, and is not under a seal; its salted hash in `data` is (core.events).
    """

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    words: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    lead_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    account_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    actor: Mapped[str] = mapped_column(String(60), default="system")
    cause_id: Mapped[int | None] = mapped_column(SERIAL)
    depth: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        Index("ix_events_lead", "organization_id", "lead_id", "id"),  # a lead's timeline, newest first
        Index(  # an account's timeline
            "ix_events_account",
            "organization_id",
            "account_id",
            "id",
            **only_where("account_id IS NOT NULL"),
        ),
        Index("ix_events_newest", "organization_id", "id"),  # the API's list
        Index("ix_events_name", "organization_id", "name", "id"),  # an automation's test against the last events
        CheckConstraint("depth >= 0", name="depth"),
    )

    @property
    def told(self) -> dict[str, Any]:
        """All fields of the fact; those that were erased are not there."""
        return {name: value for name, value in (self.data | (self.words or {})).items() if not name.startswith("_")}


class AuditSeal(Base):
    """One link of the chain over all facts (core.audit): a hash of some facts and of the seal before. For ever, too."""

    __tablename__ = "audit_seals"

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=False)  # 1, 2, 3 …: a gap is a removal
    last_event_id: Mapped[int] = mapped_column(SERIAL, unique=True)  # it covers what is after the seal before
    events: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("events > 0", name="events"),
        CheckConstraint("length(hash) = 64", name="hash"),
    )


class Erasure(Identified, TenantOwned, Base):
    """The journal of erased people: who, when, which id, nothing about them. A restore erases them again from it.

    The id is a lead's or a contact's, or of an account whose facts spelled one of them.
    """

    __tablename__ = "erasures"

    lead_id: Mapped[str] = mapped_column(String(ID_LENGTH))  # of a contact, where they never were a lead
    erased_at: Mapped[datetime] = mapped_column(default=clock.real_now)
    erased_by: Mapped[str] = mapped_column(String(60))  # an actor, as in events
    files: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))  # our names of uploads still to go
    settled_at: Mapped[datetime | None]  # when nothing was left to do

    __table_args__ = (
        UniqueConstraint("organization_id", "lead_id"),
        Index(  # the drain
            "ix_erasures_open",
            "erased_at",
            **only_where("settled_at IS NULL"),
        ),
    )


IMMUTABLE = ("events", "audit_seals")
_SEALED = " AND ".join(
    f"new.{column.name} IS old.{column.name}" for column in EventRow.__table__.columns if column.name != "words"
)
_ONLY_WORDS_GO = f"new.words IS NULL AND {_SEALED}"
SQLITE_DDL = tuple(
    f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
    f"{f'WHEN NOT ({_ONLY_WORDS_GO}) ' if (table, verb) == ('events', 'update') else ''}"
    f"BEGIN SELECT RAISE(ABORT, '{table} are immutable'); END"
    for table in IMMUTABLE
    for verb in ("update", "delete")
)
POSTGRESQL_DDL = (
    "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'events' "
    "AND to_jsonb(NEW) = to_jsonb(OLD) || '{\"words\": null}' THEN RETURN NEW; END IF; "
    "RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' are immutable'; END $$",
    *(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        for table in IMMUTABLE
    ),
)


class Debt(TenantOwned, Base):
    """One listener's unpaid work on one event; deleted in the transaction of its effect."""

    __tablename__ = "debts"

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    event_id: Mapped[int] = mapped_column(SERIAL, ForeignKey("events.id", ondelete="CASCADE"))
    listener: Mapped[str] = mapped_column(String(80))
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(default=clock.real_now)
    error: Mapped[str | None] = mapped_column(Text)
    holds_lead_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # see events.holds_sending

    __table_args__ = (
        UniqueConstraint("event_id", "listener"),
        Index(  # the last look before a flow's message leaves
            "ix_debts_holds_lead",
            "holds_lead_id",
            **only_where("holds_lead_id IS NOT NULL"),
        ),
        Index("ix_debts_due", "due_at", "id"),  # the drain; due_at is NULL when a person has to look
    )


class Slot(Base):
    """One occurrence of a periodic job, taken by whichever clock came first."""

    __tablename__ = "slots"

    job: Mapped[str] = mapped_column(String(80), primary_key=True)
    slot: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    lane: Mapped[str] = mapped_column(String(20))
    written_at: Mapped[datetime] = mapped_column(default=clock.real_now)
    taken_at: Mapped[datetime | None]

    __table_args__ = (
        Index(  # what a lane has to run: each pass asks, and two days of slots are kept
            "ix_slots_open",
            "lane",
            **only_where("taken_at IS NULL"),
        ),
        Index("ix_slots_written", "written_at"),  # the purge
    )


class Heartbeat(Base):
    """When a process of a lane last showed itself, by the host's real clock."""

    __tablename__ = "heartbeats"

    lane: Mapped[str] = mapped_column(String(20), primary_key=True)
    process: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=clock.real_now)


class Canary(Base):
    """Known words under the installation's key: they tell at once when SECRET_KEY is another one."""

    __tablename__ = "canaries"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)  # there is one
    words: Mapped[bytes] = mapped_column(LargeBinary, info=encrypted_for("canary"))


class RememberedAnswer(TenantOwned, Base):
    """The answer given to one Idempotency-Key, replayed to its twins for 48 hours."""

    __tablename__ = "remembered_answers"

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    actor: Mapped[str] = mapped_column(String(80))
    route: Mapped[str] = mapped_column(String(120))
    key: Mapped[str] = mapped_column(String(200))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    body: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=clock.real_now)

    __table_args__ = (
        UniqueConstraint("organization_id", "actor", "route", "key"),
        Index("ix_remembered_answers_age", "created_at"),  # the purge
    )
