"""Leads that a person brings along in a list. Nobody got in touch, so who is in the archive stays there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404
from leadcrm.core.errors import DomainError
from leadcrm.identity import queries as identity
from leadcrm.leads.data import Beginnings
from leadcrm.leads.models import STATUSES, Lead
from leadcrm.leads.operations import contact_points
from leadcrm.leads.operations.capturing import Submission, add_inquiry, fill, known_of
from leadcrm.leads.operations.consenting import note_consent
from leadcrm.leads.operations.contact_points import Address
from leadcrm.leads.operations.making_many import NewLeads

NO_CONSENT = [None, None]
Held = dict[Address, str]


@dataclass(frozen=True)
class Filed:
    """The lead a row belongs to, and what the row gave it: `given` is JSON that `take_out_of` reads."""

    lead_id: str
    is_new: bool
    given: dict[str, Any]
    differs: Mapping[str, Mapping[str, str]]


def recognise(submissions: Sequence[Submission]) -> list[Lead | None]:
    """The lead each one speaks of, with its addresses and tags, in a few looks for all; None for a new one."""
    held = contact_points.holders([address for submission in submissions for address in submission.addresses])
    known = select(Lead).where(Lead.id.in_(set(held.values())))
    known = known.options(selectinload(Lead.contact_points), selectinload(Lead.tags))
    leads = {lead.id: lead for lead in db.session.scalars(known)}
    return [known_of(submission, held, leads.__getitem__) for submission in submissions]


def checked_beginnings(beginnings: Beginnings) -> Beginnings:
    """Raises DomainError naming the field: a lead becomes converted only by conversion, and none comes tomorrow."""
    if beginnings.status == "converted":
        raise DomainError("A lead becomes converted only by conversion.", "status")
    if beginnings.status not in (None, *STATUSES):
        raise DomainError("There is no such status.", "status")
    if beginnings.created_at is not None and beginnings.created_at > clock.now():
        raise DomainError("This day has not come yet.", "created")
    return beginnings


def file_in(rows: Sequence[tuple[Submission, Beginnings]]) -> list[Filed | DomainError]:
    """Make leads of a list's rows, one after the other, or fill what is empty of those that we know.

    `Beginnings` are for new leads. A row that cannot be filed in gets its refusal, and stops no other.
    """
    held: Held = contact_points.holders([address for submission, _ in rows for address in submission.addresses])
    known, made, owner = _locked(set(held.values())), NewLeads(), lru_cache(identity.checked_owner)
    filed: list[Filed | DomainError] = []
    for submission, beginnings in rows:
        try:
            if not made.addresses.isdisjoint(submission.addresses):
                made.write()
            lead = known_of(submission, held, lambda lead_id: known.get(lead_id) or get_or_404(Lead, lead_id))
            if lead is not None:
                with db.session.begin_nested():
                    result = _add_to(lead, submission, held)
            else:
                owner_id = owner(submission.data.owner_id)
                lead_id = made.add(submission, checked_beginnings(beginnings), owner_id, held)
                result = Filed(lead_id, True, {}, {})
            gained = submission.addresses if lead is None else result.given["addresses"]
            held |= {address: result.lead_id for address in gained if address not in held}
            filed.append(result)
        except DomainError as refusal:
            filed.append(refusal)
    made.write()
    return filed


def _locked(lead_ids: Collection[str]) -> dict[str, Lead]:
    """Leads with what is needed to fill them, in an order that no two workers lock the other way round."""
    leads = select(Lead).where(Lead.id.in_(lead_ids)).order_by(Lead.id).with_for_update()
    leads = leads.options(selectinload(Lead.contact_points), selectinload(Lead.tags))
    return {lead.id: lead for lead in db.session.scalars(leads.execution_options(populate_existing=True))}


def _add_to(lead: Lead, submission: Submission, held: Mapping[Address, str]) -> Filed:
    data, before = submission.data, consents_of(lead)
    filling = fill(lead, submission, held)
    add_inquiry(lead.id, data, filling.differences)
    if data.consent is not None:
        note_consent(lead, data.consent, [value for _, value in submission.addresses], newer_only=True)
    given = {name: value for name, value in asdict(filling).items() if name != "differences"}
    given["consents"] = {
        key: {"was": before.get(key, NO_CONSENT), "is": now}
        for key, now in consents_of(lead).items()
        if now != before.get(key, NO_CONSENT)
    }
    return Filed(lead.id, False, given, filling.differences)


def consents_of(lead: Lead) -> dict[str, list[str | None]]:
    """Source and day (ISO 8601) noted beside each address: `{"email:jo@example.com": ["fair", "2026-03-01"]}`."""
    return {
        f"{point.kind}:{point.value}": [point.consent_source, point.consent_on and point.consent_on.isoformat()]
        for point in lead.contact_points
    }
