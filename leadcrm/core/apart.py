"""Work that a drain does for one organization after the other, kept apart."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from leadcrm.core import tenancy
from leadcrm.core.db import db

log = logging.getLogger(__name__)


@contextmanager
def on_its_own(organization_id: str, what: str) -> Iterator[None]:
    """One piece of an organization's work. What it raises is logged as `what`: the next ones must still be done."""
    try:
        with tenancy.organization(organization_id):
            yield
    except Exception:
        log.exception("%s of organization %s broke off", what, organization_id)
        db.session.rollback()
