"""A person brings a file, says what its columns mean, or throws it away."""

from sqlalchemy import delete

from leadcrm.core import jobs
from leadcrm.core.db import after_commit, db, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record
from leadcrm.identity.models import User
from leadcrm.identity.queries import checked_owner
from leadcrm.imports.columns import IGNORE, MEANINGS, doubled
from leadcrm.imports.csv_files import Writing
from leadcrm.imports.data import Plan
from leadcrm.imports.dates import ORDERS
from leadcrm.imports.events import ImportChanged
from leadcrm.imports.models import BEFORE_START, Import, ImportFile, ImportRow
from leadcrm.imports.queries import STARTED
from leadcrm.leads.data import Consent
from leadcrm.leads.operations.changing import tags_named
from leadcrm.leads.operations.consenting import checked

WHO_IT_IS = ("first_name", "last_name", "name", "email", "phone", "company")


def begin_import(
    name: str, content: bytes, writing: Writing, headings: list[str], rows: int, plan: Plan, by: User
) -> Import:
    """Keep a file that was read through, with what its columns may mean; nothing is taken in yet."""
    found = Import(
        author_id=by.id,
        file_name=name[-120:],
        encoding=writing.encoding,
        delimiter=writing.delimiter,
        headings=headings,
        rows=rows,
        plan=plan.to_json(),
    )
    db.session.add(found)
    db.session.flush()
    db.session.add(ImportFile(import_id=found.id, content=content))
    record(ImportChanged(import_id=found.id, change="uploaded"))
    return found


def read_otherwise(found: Import, writing: Writing, headings: list[str], rows: int, plan: Plan) -> Import:
    """The file is written in another way than we thought. Raises Conflict once it was started."""
    found = _before_start(found)
    found.encoding, found.delimiter = writing.encoding, writing.delimiter
    found.headings, found.rows, found.plan = headings, rows, plan.to_json()
    _look_anew(found, "mapping")
    return found


def choose_plan(found: Import, plan: Plan) -> Import:
    """Say what the columns mean: the worker looks at all rows. Raises Conflict, and DomainError naming the field."""
    found = _before_start(found)
    _check(plan, len(found.headings))
    found.plan = plan.to_json()
    _look_anew(found, "checking")
    after_commit(jobs.ring_slow)
    return found


def map_again(found: Import) -> Import:
    """Back to what the columns mean. Raises Conflict once it was started."""
    found = _before_start(found)
    _look_anew(found, "mapping")
    return found


def discard_import(found: Import) -> None:
    """Throw a file away of which nothing was taken in. Raises Conflict once it was started."""
    found = _before_start(found)
    record(ImportChanged(import_id=found.id, change="discarded"))
    db.session.delete(found)


def _before_start(found: Import) -> Import:
    found = lock(found)
    if found.state not in BEFORE_START:
        raise Conflict(STARTED)
    return found


def _look_anew(found: Import, state: str) -> None:
    rows = delete(ImportRow).where(ImportRow.import_id == found.id)
    db.session.execute(rows.execution_options(synchronize_session=False))
    found.state, found.checked, found.foreseen = state, 0, {}


def _check(plan: Plan, width: int) -> None:
    if len(plan.columns) != width or not set(plan.columns) <= {*MEANINGS, IGNORE} or doubled(plan.columns):
        raise DomainError("Reload the page and choose again what each column means.")
    if not set(plan.columns) & set(WHO_IT_IS):
        raise DomainError("Choose at least one column that says who a lead is: a name, a company, an email or a phone.")
    if plan.dates not in ORDERS:
        raise DomainError("Choose how days are written.", "dates")
    checked_owner(plan.owner_id)
    tags_named(plan.tags)
    if "consent_source" not in plan.columns and "consent_on" not in plan.columns:
        checked(Consent(plan.consent_source, plan.consent_on))
    elif plan.consent_on is not None:
        checked(Consent(plan.consent_source or "a column", plan.consent_on))
    elif plan.consent_source and "consent_on" not in plan.columns:
        raise DomainError("Say on which day they agreed.", "consent_on")
