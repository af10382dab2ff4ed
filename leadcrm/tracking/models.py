"""What leads did with our mails, and on the organization's own site."""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from leadcrm.core import clock
from leadcrm.core.db import Base, Identified, TenantOwned
from leadcrm.core.indexes import only_where
from leadcrm.tracking.sites import LONGEST_URL

KINDS = ("open", "click")
STATES = ("pending", "counted", "doubted")
VISIT_KINDS = ("page", "pricing", "demo_request")
USUAL_PRICING, USUAL_DEMO = ("/pricing*",), ("/demo*",)  # paths; a star at the end stands for anything


def hash_of(url: str) -> str:
    """What tells a mail's links apart; "" for none, as of an open."""
    return hashlib.sha256(url.encode()).hexdigest() if url else ""


def new_site_key() -> str:
    """What a site's script calls itself by; no secret."""
    return secrets.token_hex(8)


class Engagement(Identified, TenantOwned, Base):
    """A mail that was opened, or a link of it that was followed; counted once, when it looks like a person's doing.

    It is `pending` for some seconds: only then can be seen whether a machine went through all links at once. What is
    `doubted` stays with the reason, and is weighed anew when the same is asked for again.
    """

    __tablename__ = "engagements"

    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    url: Mapped[str] = mapped_column(Text, default="")  # of a link
    url_hash: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(10), default="pending")
    doubt: Mapped[str] = mapped_column(String(60), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    settles_at: Mapped[datetime | None]  # by the real clock, while pending

    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(state = 'pending') = (settles_at IS NOT NULL)", name="pending"),
        CheckConstraint("(state = 'doubted') = (doubt <> '')", name="doubted"),
        CheckConstraint("(kind = 'click') = (url_hash <> '')", name="link"),
        UniqueConstraint("message_id", "kind", "url_hash"),
        Index("ix_engagements_lead", "lead_id"),  # a person's erasure and export
        Index("ix_engagements_at", "at"),  # the purge
        Index("ix_engagements_pending", "settles_at", **only_where("settles_at IS NOT NULL")),  # the drain
    )


class TrackedSite(Identified, TenantOwned, Base):
    """The organization's own site: who may tell us of visits, and which of its pages mean more than others."""

    __tablename__ = "tracked_sites"

    key: Mapped[str] = mapped_column(String(16), unique=True, default=new_site_key)
    is_on: Mapped[bool] = mapped_column(Boolean, default=False)
    origins: Mapped[list[str]] = mapped_column(JSON, default=list)  # `https://www.example.com`
    pricing_paths: Mapped[list[str]] = mapped_column(JSON, default=lambda: list(USUAL_PRICING))
    demo_paths: Mapped[list[str]] = mapped_column(JSON, default=lambda: list(USUAL_DEMO))

    __table_args__ = (UniqueConstraint("organization_id"),)


class Visitor(Identified, TenantOwned, Base):
    """A browser that agreed to be known on the site, under a name it made up; later perhaps a lead's."""

    __tablename__ = "visitors"

    key: Mapped[str] = mapped_column(String(32))
    lead_id: Mapped[str | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        UniqueConstraint("organization_id", "key"),
        Index("ix_visitors_lead", "lead_id", **only_where("lead_id IS NOT NULL")),  # a person's erasure and export
        Index("ix_visitors_seen", "seen_at"),  # the purge
    )


class SiteVisit(Identified, TenantOwned, Base):
    """One page that was looked at. `is_told`: it became a fact of the lead."""

    __tablename__ = "site_visits"

    visitor_id: Mapped[str] = mapped_column(ForeignKey("visitors.id", ondelete="CASCADE"))
    lead_id: Mapped[str | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(String(LONGEST_URL))  # without its query
    kind: Mapped[str] = mapped_column(String(12), default="page")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    is_told: Mapped[bool] = mapped_column(Boolean, default=False)

    __table_args__ = (
        CheckConstraint(f"kind IN {VISIT_KINDS}", name="kind"),
        CheckConstraint("NOT is_told OR lead_id IS NOT NULL", name="told"),
        Index("ix_site_visits_lead", "lead_id", "at", "id", **only_where("lead_id IS NOT NULL")),  # the lead's tab
        Index("ix_site_visits_visitor", "visitor_id", "at"),  # joined when the visitor becomes known
        Index("ix_site_visits_at", "at"),  # the purge
    )
