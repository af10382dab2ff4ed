"""Pages beside their limit: the same rows from the same indexed query through bare Flask and Jinja."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from bench.bare import create_bare_app
from bench.measure import caller, side_by_side
from bench.stage import build
from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.leads.models import Lead


@dataclass(frozen=True)
class Figure:
    """One row of the report. `ratio` is ours / limit; `bar` is what it must reach."""

    name: str
    ours: float
    limit: float
    bar: float | None

    @property
    def ratio(self) -> float:
        return self.ours / self.limit

    @property
    def passes(self) -> bool:
        return self.bar is None or self.ratio >= self.bar


def measure_pages(folder: Path, leads: int, database_url: str | None = None) -> list[Figure]:
    """List, filter, search and detail at that many leads."""
    folder.mkdir(parents=True)
    stage = build(folder, leads, database_url)
    bare = create_bare_app(stage.app, stage.organization_id)
    with stage.app.app_context(), tenancy.organization(stage.organization_id):
        lead = db.session.scalar(
            select(Lead.id).where(Lead.archived_at.is_(None)).order_by(Lead.created_at.desc()).limit(1)
        )
    pages = [
        ("list of 50", "/leads", 0.60),
        ("filter by status", "/leads?status=qualified", 0.60),
        ("search by part of a name", "/leads?q=nali", 0.50),
        ("detail", f"/leads/{lead}", 0.40),
    ]
    figures = []
    for name, path, bar in pages:
        ours, limit = side_by_side(caller(stage.app, path, stage.cookie), caller(bare, path))
        figures.append(Figure(f"{name}, {leads:,} leads", ours, limit, bar))
    return figures
