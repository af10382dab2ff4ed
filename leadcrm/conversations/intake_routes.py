"""Settings → System, incoming: the mailbox, and what could not be read."""

from flask import Blueprint, flash
from werkzeug.wrappers import Response

from leadcrm.conversations import intake, intake_queries
from leadcrm.conversations.wording import file_size
from leadcrm.core.db import perform
from leadcrm.core.web import fragment, go, is_partial
from leadcrm.identity.permissions import MANAGERS, requires

SYSTEM_PAGE = "/settings/system"

blueprint = Blueprint("intake", __name__)


@blueprint.get("/settings/system/incoming")
@requires(*MANAGERS)
def incoming() -> Response:
    """The part of the system page that knows of messages."""
    if not is_partial():
        return go(SYSTEM_PAGE)
    return fragment(
        "intake/_incoming.html",
        mailbox=intake_queries.mailbox(),
        unread=intake_queries.unread(),
        file_size=file_size,
    )


@blueprint.post("/settings/system/incoming/<raw_id>/reading")
@requires(*MANAGERS)
def read_again(raw_id: str) -> Response:
    """Another try, now."""
    perform(intake.read_again, raw_id)
    flash("It will be read again now.", "success")
    return go(SYSTEM_PAGE)
