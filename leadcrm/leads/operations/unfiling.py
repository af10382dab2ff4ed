"""Taking back what a list brought (filing), as far as it is as it was brought."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import select, update

from leadcrm.core import clock
from leadcrm.core.db import db, lock
from leadcrm.core.events import record, record_all
from leadcrm.leads.data import Consent
from leadcrm.leads.events import ConsentNoted, LeadArchived, LeadEdited, LeadTagged
from leadcrm.leads.models import ContactPoint, Lead
from leadcrm.leads.operations import contact_points
from leadcrm.leads.operations.consenting import note_consent
from leadcrm.leads.operations.creating import guess_zone_anew, shown_name
from leadcrm.leads.operations.filing import consents_of


def put_away(lead_ids: Collection[str]) -> None:
    """Archive leads that a list made. Nobody is found by their addresses from now on: the list may come again."""
    facts = [*_consents_withdrawn(lead_ids), *(LeadArchived(lead_id=lead_id) for lead_id in lead_ids)]
    gone = update(Lead).where(Lead.id.in_(lead_ids)).execution_options(synchronize_session=False)
    db.session.execute(gone.values(archived_at=clock.now(), revision=Lead.revision + 1))
    contact_points.let_go(lead_ids)
    record_all(facts)


def _consents_withdrawn(lead_ids: Collection[str]) -> list[ConsentNoted]:
    agreed = (ContactPoint.lead_id.in_(lead_ids), ContactPoint.consent_source.is_not(None))
    kinds: dict[str, set[str]] = {}
    for lead_id, kind in db.session.execute(select(ContactPoint.lead_id, ContactPoint.kind).where(*agreed)):
        kinds.setdefault(lead_id, set()).add(kind)
    withdrawn = update(ContactPoint).where(*agreed).execution_options(synchronize_session=False)
    db.session.execute(withdrawn.values(consent_source=None, consent_on=None))
    return [ConsentNoted(lead_id=lead_id, kinds=tuple(sorted(theirs))) for lead_id, theirs in kinds.items()]


def take_out_of(lead: Lead, given: Mapping[str, Any]) -> list[str]:
    """Take back what `file_in` gave a lead that was known. Returns the fields that say something else by now."""
    lead = lock(lead)
    _take_back_consents(lead, given["consents"])
    results = {field: take_back() for field, take_back in _ways_back(lead, given)}
    if emptied := tuple(field for field, is_empty in results.items() if is_empty):
        guess_zone_anew(lead)
        addresses = (point.value for point in lead.contact_points)
        lead.name = shown_name(lead, next(addresses, lead.name))
        db.session.flush()
        contact_points.index(lead)
        record(LeadEdited(lead_id=lead.id, fields=emptied))
    _take_back_tags(lead, given["tags"])
    return [field for field, is_empty in results.items() if not is_empty]


def _ways_back(lead: Lead, given: Mapping[str, Any]) -> Iterator[tuple[str, Callable[[], bool]]]:
    """What empties each field that was filled, and says whether it could."""
    for field, text in given["texts"].items():
        yield field, partial(_empty, lead, field, text)
    for kind, value in given["addresses"]:
        yield kind, partial(contact_points.remove, lead, kind, value)
    if given["timezone"]:
        yield "timezone", partial(_guess_again, lead, given["timezone"])


def _empty(lead: Lead, field: str, text: str) -> bool:
    if getattr(lead, field) != text:
        return False
    setattr(lead, field, "")
    return True


def _guess_again(lead: Lead, timezone: str) -> bool:
    if (lead.timezone, lead.zone_source) != (timezone, "chosen"):
        return False
    lead.zone_source = "organization"
    return True


def _take_back_consents(lead: Lead, consents: Mapping[str, Mapping[str, Any]]) -> None:
    """What was noted before is noted again; what was noted since stays."""
    noted = consents_of(lead)
    for address, consent in consents.items():
        if noted.get(address) == consent["is"]:
            source, on = consent["was"]
            value = address.partition(":")[2]
            note_consent(lead, Consent(source or "", date.fromisoformat(on) if on else None), [value])


def _take_back_tags(lead: Lead, names: list[str]) -> None:
    if gone := [tag for tag in lead.tags if tag.name in names]:
        lead.tags = [tag for tag in lead.tags if tag not in gone]
        record(LeadTagged(lead_id=lead.id, removed=tuple(tag.name for tag in gone)))
