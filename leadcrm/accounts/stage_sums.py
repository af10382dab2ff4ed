"""What all deals of a stage are worth together: added up once after a change, not at every look."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType

from sqlalchemy import func, select

from leadcrm.accounts.models import Account, Opportunity, PipelineVersion
from leadcrm.accounts.pipeline import STAGES
from leadcrm.core.db import db
from leadcrm.identity.models import User
from leadcrm.identity.permissions import Reader, sees_all_leads, visible_leads_filter

REMEMBERED = 256  # people with a filter, of a process
Sums = Mapping[str, tuple[int, Decimal]]  # by stage: how many, and their sum


def stage_sums(user: User, filters: Mapping[str, str | None] | None = None) -> Sums:
    """How many deals stand at each stage, and what they are worth together, of accounts the person may see.

    `filters` as for opportunity_page.
    """
    asked = (user.role, None if sees_all_leads(user) else user.id, tuple(sorted((filters or {}).items())))
    version = db.session.scalar(select(PipelineVersion.version))
    is_kept = version is not None and not db.session().info.get("writing")  # what is being written may not come about
    return _sums_as_of(version, *asked) if is_kept else _sums(*asked)


@lru_cache(maxsize=REMEMBERED)
def _sums_as_of(version: str, role: str, reader_id: str | None, filters: tuple[tuple[str, str | None], ...]) -> Sums:
    """A version is one organization's alone."""
    return _sums(role, reader_id, filters)


def _sums(role: str, reader_id: str | None, filters: tuple[tuple[str, str | None], ...]) -> Sums:
    statement = select(Opportunity.stage, func.count(Opportunity.id), func.sum(Opportunity.amount))
    reader = Reader(role, reader_id)
    if not sees_all_leads(reader):
        statement = statement.join(Opportunity.account).where(visible_leads_filter(reader, Account.owner_id))
    meant = [getattr(Opportunity, name) == value for name, value in filters]
    counted = db.session.execute(statement.where(*meant).group_by(Opportunity.stage))
    found = {stage: (count, amount or Decimal()) for stage, count, amount in counted}
    return MappingProxyType({stage: found.get(stage, (0, Decimal())) for stage in STAGES})
