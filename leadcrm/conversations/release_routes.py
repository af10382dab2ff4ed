"""Settings → System, sending: what waits since a backup was restored, and the button that lets it leave."""

from flask import Blueprint, flash
from werkzeug.wrappers import Response

from leadcrm.conversations import operations, release_queries
from leadcrm.conversations.models import CHANNELS
from leadcrm.conversations.wording import CHANNEL_WORDS
from leadcrm.core.db import perform
from leadcrm.core.errors import NotFound
from leadcrm.core.web import fragment, go, is_partial
from leadcrm.identity.permissions import MANAGERS, requires

SYSTEM_PAGE = "/settings/system"
KINDS = {"email": "emails", "sms": "texts", "whatsapp": "WhatsApp"}

blueprint = Blueprint("releasing", __name__)


@blueprint.get("/settings/system/sending")
@requires(*MANAGERS)
def sending() -> Response:
    """The part of the system page that shows pauses; empty while there are none."""
    if not is_partial():
        return go(SYSTEM_PAGE)
    waiting = release_queries.paused_channels()
    return fragment(
        "releasing/_sending.html",
        waiting=waiting,
        due=release_queries.first_to_leave([pause.channel for pause in waiting]) if waiting else [],
        kinds=KINDS,
        channel_words=CHANNEL_WORDS,
    )


@blueprint.post("/settings/system/sending/<channel>/release")
@requires(*MANAGERS)
def release(channel: str) -> Response:
    """Let the channel's messages leave."""
    if channel not in CHANNELS:
        raise NotFound
    due = perform(operations.release_sending, channel)
    flash(f"Released: {due} waiting {'message leaves' if due == 1 else 'messages leave'} now.", "success")
    return go(SYSTEM_PAGE)
