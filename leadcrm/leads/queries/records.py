"""One lead with what belongs to it."""

from collections.abc import Collection, Sequence
from functools import lru_cache

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from leadcrm.accounts.models import Opportunity
from leadcrm.core.db import MADE_ONCE, asked_id, db
from leadcrm.core.errors import NotFound
from leadcrm.identity.models import User
from leadcrm.identity.permissions import Reader, visible_leads_filter
from leadcrm.leads.models import Conversion, Inquiry, Lead, LeadTag, Note, Tag

MOST_OF_ACCOUNT = 100


def visible_lead(user: User, lead_id: str) -> Lead:
    """A lead this person may see, with its addresses, tags and owner. Raises NotFound for any other."""
    found = db.session.scalars(_visible_to_role(user.role), {"lead": asked_id(lead_id), "reader": user.id})
    lead = found.unique().one_or_none()
    if lead is None:
        raise NotFound("We could not find that lead.")
    set_committed_value(lead, "tags", list(db.session.scalars(_tags_of_one, {"lead": lead.id})))
    return lead


_tags_of_one = (  # half the cost of a loader's, which is made anew each time; a join would read the tags of all leads
    select(Tag)
    .join(LeadTag, LeadTag.tag_id == Tag.id)
    .where(LeadTag.lead_id == bindparam("lead"))
    .order_by(Tag.name)
    .execution_options(**MADE_ONCE)
)


@lru_cache
def _visible_to_role(role: str) -> Select:
    """Asked by every page about one lead, so made once per role."""
    return (
        select(Lead)
        .where(Lead.id == bindparam("lead"), visible_leads_filter(Reader(role), Lead.owner_id))
        .options(joinedload(Lead.contact_points), joinedload(Lead.owner))
        .execution_options(**MADE_ONCE)
    )


def visible_leads(user: User, lead_ids: Collection[str]) -> Sequence[Lead]:
    """Those of these leads that the person may see, with their tags."""
    statement = select(Lead).where(Lead.id.in_(lead_ids), visible_leads_filter(user, Lead.owner_id))
    return db.session.scalars(statement.options(selectinload(Lead.tags)).order_by(Lead.id)).all()


def leads_of_account(user: User, account_id: str, limit: int = MOST_OF_ACCOUNT) -> Sequence[Lead]:
    """Those of an account's leads that the person may see, the latest news first; not those in the archive."""
    theirs = (Lead.account_id == account_id, Lead.archived_at.is_(None), visible_leads_filter(user, Lead.owner_id))
    statement = select(Lead).where(*theirs).options(joinedload(Lead.owner))
    return db.session.scalars(statement.order_by(Lead.last_activity_at.desc(), Lead.id.desc()).limit(limit)).all()


def became_of(lead: Lead) -> Row | None:
    """What a converted lead became: `converted_at`, and `opportunity_id` and `opportunity_name` of the deal, if any."""
    deal = (Opportunity.id.label("opportunity_id"), Opportunity.name.label("opportunity_name"))
    statement = select(Conversion.converted_at, *deal).outerjoin(
        Opportunity, Opportunity.id == Conversion.opportunity_id
    )
    return db.session.execute(statement.where(Conversion.lead_id == lead.id)).one_or_none()


def tag_names(lead_ids: Collection[str]) -> dict[str, list[str]]:
    """Names of tags by lead id; leads without any are missing."""
    names: dict[str, list[str]] = {}
    statement = (
        select(LeadTag.lead_id, Tag.name)
        .join(Tag, Tag.id == LeadTag.tag_id)
        .where(LeadTag.lead_id.in_(lead_ids))
        .order_by(Tag.name)
    )
    for lead_id, name in db.session.execute(statement):
        names.setdefault(lead_id, []).append(name)
    return names


def tags() -> Sequence[Tag]:
    """The organization's tags by name."""
    return db.session.scalars(select(Tag).order_by(Tag.name, Tag.id)).all()


def sources() -> Sequence[str]:
    """Where the organization's leads came from, by name; the archive's are left out.

    Each source is looked up in ix_leads_source as the one after the last: DISTINCT would read every lead.
    """
    lowest = select(Lead.source).where(Lead.archived_at.is_(None)).order_by(Lead.source).limit(1)
    found = select(lowest.scalar_subquery().label("source")).cte("found", recursive=True)
    after = lowest.where(Lead.source > found.c.source).correlate(found).scalar_subquery()
    found = found.union_all(select(after).where(found.c.source.is_not(None)))
    return sorted(db.session.scalars(select(found.c.source).where(found.c.source.is_not(None))))


def inquiries_of(lead_id: str, limit: int = 20) -> Sequence[Inquiry]:
    """What the lead submitted, newest first."""
    statement = select(Inquiry).where(Inquiry.lead_id == lead_id)
    return db.session.scalars(statement.order_by(Inquiry.created_at.desc(), Inquiry.id.desc()).limit(limit)).all()


def notes_of(lead_id: str, limit: int = 100) -> Sequence[Note]:
    """The team's remarks on a lead with their authors, newest first."""
    statement = select(Note).where(Note.lead_id == lead_id).options(joinedload(Note.author))
    return db.session.scalars(statement.order_by(Note.created_at.desc(), Note.id.desc()).limit(limit)).all()


def is_form_sent(form_key: str | None) -> bool:
    """Whether this rendering of a form has made its lead already."""
    return bool(form_key) and db.session.scalar(select(Lead.id).where(Lead.form_key == form_key)) is not None
