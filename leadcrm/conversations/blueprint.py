"""The blueprint all pages of conversations register on, and what their templates may use."""

from typing import Any

from flask import Blueprint, Response, current_app, request

from leadcrm.conversations import wording
from leadcrm.core import clock
from leadcrm.core.web import fragment, go, is_partial, local_path

blueprint = Blueprint("conversations", __name__)

CHANGED = "messages-changed"  # the thread and the list on the page look again
RESTORED = "draft-restored"  # the composer on the page looks again


@blueprint.context_processor
def _for_templates() -> dict[str, Any]:
    return {"wording": wording, "now": clock.now()}


def changed(toast: str, *, undo: str | None = None, events: str = CHANGED, back: str = "/inbox") -> Response:
    """A mutation's answer: a toast, and events that make the parts of the page look again; without htmx, the page."""
    if not is_partial():
        return go(local_path(request.form.get("next"), back))
    response = fragment("inbox/_nothing.html", toast=toast, undo=undo)
    response.headers["HX-Trigger"] = events
    return response


def unchanged() -> Response:
    """204: a poll found nothing new, and htmx swaps nothing."""
    return current_app.make_response(("", 204))
