"""What several people do to accounts of the team in the same moment."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from leadcrm.core import tenancy
from leadcrm.core.db import db, get_or_404, perform, writing
from leadcrm.core.errors import DomainError
from leadcrm.identity import operations
from leadcrm.identity.models import User
from tests.databases import only_on

pytestmark = only_on("postgresql", "SQLite has one writer at a time")
PATIENCE = 5  # seconds
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.fixture
def elsewhere(app, cast) -> Iterator:
    """`elsewhere(work)`: in another thread and session, for Acme."""
    acme_id = cast.acme.id
    with ThreadPoolExecutor(1) as pool:

        def run(work):
            def there():
                with app.app_context(), tenancy.organization(acme_id):
                    return work()

            return pool.submit(there)

        yield run


def test_of_two_owners_who_lock_each_other_out_one_stays(acme, cast, elsewhere):
    perform(operations.change_role, cast.max, "owner", by=cast.ada)
    ada_id, max_id = cast.ada.id, cast.max.id

    def lock_ada_out() -> None:
        perform(operations.set_disabled, get_or_404(User, ada_id), True, by=get_or_404(User, max_id))

    with writing() as session:
        operations.set_disabled(cast.max, True, by=cast.ada)
        session.flush()
        theirs = elsewhere(lock_ada_out)
        give_up = time.monotonic() + PATIENCE
        while not (theirs.done() or session.scalar(WAITING) or time.monotonic() > give_up):
            time.sleep(0.01)
    with pytest.raises(DomainError, match="without an owner"):
        theirs.result(PATIENCE)
    db.session.rollback()
    assert get_or_404(User, ada_id).is_active


def test_who_signs_in_waits_for_nobody_else_of_the_organization(acme, cast, elsewhere):
    ben_id = cast.ben.id
    with writing():
        operations.create_token(cast.ada, "a row of the organization's")
        elsewhere(lambda: perform(operations.open_session, ben_id)).result(PATIENCE)
