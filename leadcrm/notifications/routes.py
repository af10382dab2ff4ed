"""The bell and its page."""

from flask import Blueprint, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from leadcrm.core.db import get_or_404, perform
from leadcrm.core.errors import NotFound
from leadcrm.core.web import fragment, go, is_partial, local_path, render
from leadcrm.identity.permissions import background, me
from leadcrm.notifications import operations, queries
from leadcrm.notifications.models import Notification

blueprint = Blueprint("notifications", __name__)


def _page(toast: str | None = None) -> Response:
    told = queries.notifications_of(current_user, request.args.get("cursor"))
    context = {"told": told, "unread": queries.unread_count(current_user)}
    if is_partial():
        return fragment("notifications/_list.html", toast=toast, **context)
    return render("notifications/index.html", "notifications/_list.html", **context)


@blueprint.get("/notifications")
def index() -> Response:
    return _page()


@blueprint.get("/notifications/count")
@background
def count() -> str:
    """The number beside the bell, polled by every page; empty when there is nothing new."""
    unread = queries.unread_count(current_user)
    return f"{queries.MOST_COUNTED - 1}+" if unread == queries.MOST_COUNTED else str(unread or "")


@blueprint.get("/notifications/<notification_id>")
def open_notification(notification_id: str) -> Response:
    """Lead on to what the notification is about, which counts as reading it."""
    row = get_or_404(Notification, notification_id)
    if row.user_id != current_user.id:
        raise NotFound
    perform(operations.mark_read, row)
    return redirect(local_path(row.href))


@blueprint.post("/notifications/read")
def mark_all_read() -> Response:
    perform(operations.mark_all_read, me())
    return _page("Nothing is unread now.") if is_partial() else go(url_for("notifications.index"))
