"""Where and when people agreed to be written to. An opt-out is stronger: no consent lifts it."""

from collections.abc import Collection
from datetime import timedelta

from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.errors import DomainError
from leadcrm.core.events import record
from leadcrm.leads.data import Consent
from leadcrm.leads.events import ConsentNoted
from leadcrm.leads.models import ContactPoint, Lead

LONGEST_SOURCE = 120
A_DAY = timedelta(days=1)  # somewhere it is tomorrow already


def checked(consent: Consent) -> Consent:
    """Raises DomainError naming the field: source and day belong together, and nobody agrees in the future."""
    if consent.source and consent.on is None:
        raise DomainError("Say on which day they agreed.", "consent_on")
    if consent.on is not None and not consent.source:
        raise DomainError("Say where they agreed, like “trade fair form”.", "consent_source")
    if len(consent.source) > LONGEST_SOURCE:
        raise DomainError(f"At most {LONGEST_SOURCE} characters.", "consent_source")
    if consent.on is not None and consent.on > (clock.now() + A_DAY).date():
        raise DomainError("This day has not come yet.", "consent_on")
    return consent


def note_consent(lead: Lead, consent: Consent, values: Collection[str], *, newer_only: bool = False) -> None:
    """Write it down beside those of the lead's addresses that are among `values`.

    With `newer_only` a consent of a later day stays, and nothing is taken away: what was submitted or imported twice
    changes nothing. Raises DomainError naming the field.
    """
    consent = checked(consent)
    points = [point for point in lead.contact_points if point.value in values and _differs(point, consent)]
    if newer_only:
        points = [point for point in points if consent.on and (point.consent_on or consent.on) <= consent.on]
    for point in points:
        point.consent_source, point.consent_on = consent.source or None, consent.on
    if points:
        db.session.flush()
        kinds = tuple(sorted({point.kind for point in points}))
        on = consent.on.isoformat() if consent.on else ""
        record(ConsentNoted(lead_id=lead.id, kinds=kinds, source=consent.source, on=on))


def _differs(point: ContactPoint, consent: Consent) -> bool:
    return (point.consent_source or "", point.consent_on) != (consent.source, consent.on)
