"""Settings → System, webhooks: the calls that wait since a backup was restored, and the button that lets them leave."""

from flask import Blueprint, flash
from werkzeug.wrappers import Response

from leadcrm.automations import webhook_pause
from leadcrm.core.db import perform
from leadcrm.core.web import fragment, go, is_partial
from leadcrm.identity.permissions import MANAGERS, requires

SYSTEM_PAGE = "/settings/system"

blueprint = Blueprint("webhook_release", __name__)


@blueprint.get("/settings/system/webhooks")
@requires(*MANAGERS)
def waiting() -> Response:
    """The part of the system page that shows paused webhooks; empty while they are not."""
    if not is_partial():
        return go(SYSTEM_PAGE)
    return fragment("releasing/_webhooks.html", waiting=webhook_pause.waiting())


@blueprint.post("/settings/system/webhooks/release")
@requires(*MANAGERS)
def release() -> Response:
    """Let the calls leave."""
    due = perform(webhook_pause.release)
    flash(f"Released: {due} waiting {'call leaves' if due == 1 else 'calls leave'} now.", "success")
    return go(SYSTEM_PAGE)
