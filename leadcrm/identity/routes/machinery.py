"""The operators' page: is everything running, and what gave up and waits for a person."""

from flask import url_for
from werkzeug.wrappers import Response

from leadcrm.core import drains, events
from leadcrm.core.db import perform
from leadcrm.core.system import health
from leadcrm.core.web import render
from leadcrm.identity.permissions import MANAGERS, requires
from leadcrm.identity.routes import blueprint
from leadcrm.identity.routes.settings import saved

SEEN_LATELY_SECONDS = 60


@blueprint.get("/settings/system")
@requires(*MANAGERS)
def machinery() -> Response:
    report = health()
    seen = report["lanes"].values()
    return render(
        "identity/system.html",
        "identity/_system.html",
        report=report,
        is_working=all(seconds is not None and seconds < SEEN_LATELY_SECONDS for seconds in seen),
        failures=[(debt, events.known()[fact.name].title, fact) for debt, fact in drains.given_up()],
        address=url_for("identity.machinery"),
    )


@blueprint.post("/settings/system/debts/<int(max=9223372036854775807):debt_id>/retry")
@requires(*MANAGERS)
def retry_debt(debt_id: int) -> Response:
    perform(drains.try_again, debt_id)
    return saved("It will be tried again now.", "identity.machinery")
