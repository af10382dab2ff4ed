"""Files of leads that are brought in: the file until then, its rows with what became of each, the import itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leadcrm.core.db import Base, Identified, TenantOwned, Timestamped
from leadcrm.core.indexes import only_where
from leadcrm.core.models import SERIAL
from leadcrm.identity.models import User

STATES = ("mapping", "checking", "ready", "running", "stopped", "done", "reverting", "reverted")
BEFORE_START = ("mapping", "checking", "ready")
AT_WORK = ("checking", "running", "reverting")  # of the worker
OUTCOMES = ("new", "known", "repeat", "refused")
ROW_STATES = ("waiting", "done", "refused", "reverted", "left")
LONGEST_REASON = 300


class Import(Identified, Timestamped, TenantOwned, Base):
    """A file of leads on its way in: its columns are given a meaning, all rows are looked at, then they are taken in.

    `foreseen`, `results` and `undone` count rows: by outcome as the look found them and as they were taken in, and by
    what a revert did. `checked` is how many rows were looked at.
    """

    __tablename__ = "imports"

    author_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    file_name: Mapped[str] = mapped_column(String(120))  # as it was called; names nothing of ours
    encoding: Mapped[str] = mapped_column(String(20))
    delimiter: Mapped[str] = mapped_column(String(1))
    headings: Mapped[list[str]] = mapped_column(JSON)
    rows: Mapped[int]
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)  # see data.Plan.to_json
    announces: Mapped[bool] = mapped_column(Boolean, default=False)  # new leads enter the flow and start automations
    state: Mapped[str] = mapped_column(String(10), default="mapping")
    checked: Mapped[int] = mapped_column(default=0)
    foreseen: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    results: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    undone: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # when the last row was taken in, or it was last stopped
    forgotten_at: Mapped[datetime | None]  # when what the rows said was: there is no way back any more
    revision: Mapped[int] = mapped_column(default=1)

    author: Mapped[User | None] = relationship()

    __mapper_args__ = {"version_id_col": revision}
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("checked BETWEEN 0 AND rows", name="checked"),
        CheckConstraint(
            "(state IN ('mapping', 'checking', 'ready')) = (started_at IS NULL)", name="started"
        ),
        CheckConstraint("(state IN ('done', 'reverting', 'reverted')) <= (ended_at IS NOT NULL)", name="ended"),
        Index("ix_imports_newest", "organization_id", "created_at", "id"),  # the list
        Index(  # what the worker has to do
            "ix_imports_at_work",
            "created_at",
            **only_where(f"state IN {AT_WORK}"),
        ),
        Index(  # files that nobody imported, for the purge
            "ix_imports_unstarted",
            "created_at",
            **only_where("started_at IS NULL"),
        ),
        Index(  # those whose rows are still known, for the purge
            "ix_imports_kept",
            "ended_at",
            "started_at",
            **only_where("forgotten_at IS NULL"),
        ),
    )  # fmt: skip


class ImportFile(TenantOwned, Base):
    """The bytes of a file, until its import starts or is thrown away."""

    __tablename__ = "import_files"

    import_id: Mapped[str] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ImportRow(TenantOwned, Base):
    """One row of a file. It is taken in once: its number is unique in its import, and its state moves with its lead."""

    __tablename__ = "import_rows"

    import_id: Mapped[str] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # as a spreadsheet counts
    cells: Mapped[list[str]] = mapped_column(JSON)
    email: Mapped[str] = mapped_column(String(254), default="")  # as it would be kept
    phone: Mapped[str] = mapped_column(String(254), default="")
    outcome: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON), default="")  # why it was refused, or left alone
    lead_id: Mapped[str | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # what a known lead is given, and what differs
    last_fact: Mapped[int | None] = mapped_column(SERIAL)  # the newest one there was when the row had been taken in

    __table_args__ = (
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
        CheckConstraint(f"state IN {ROW_STATES}", name="state"),
        CheckConstraint("(outcome = 'refused') = (state = 'refused')", name="refused"),
        CheckConstraint("(state IN ('refused', 'left')) <= (reason <> '')", name="reason"),
        CheckConstraint("(state IN ('done', 'reverted', 'left')) <= (lead_id IS NOT NULL)", name="lead"),
        Index("ix_import_rows_state", "import_id", "state", "number"),  # what is to be done; refused rows
        Index("ix_import_rows_outcome", "import_id", "outcome", "number"),  # the preview
        Index("ix_import_rows_email", "import_id", "email"),  # whether the same person came before
        Index("ix_import_rows_phone", "import_id", "phone"),
        Index("ix_import_rows_lead", "lead_id"),  # a person's export and erasure
    )
