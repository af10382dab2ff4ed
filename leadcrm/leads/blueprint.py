"""The blueprint all pages of leads register on, what their templates may use, and how changes are answered."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_login import current_user

from leadcrm.accounts.models import Account
from leadcrm.core.values import initials, tone_of
from leadcrm.core.web import fragment, go, is_partial, local_path
from leadcrm.identity import queries as identity
from leadcrm.identity.permissions import can_see_lead, me
from leadcrm.leads import queries, wording
from leadcrm.leads.details import detail_of, details_of
from leadcrm.leads.models import Lead

blueprint = Blueprint("leads", __name__)

CHANGED = "lead-changed, messages-changed, close-dialog"  # list, details and timeline on the page look again


@blueprint.context_processor
def _for_templates() -> dict[str, Any]:
    return {
        "wording": wording,
        "initials": initials,
        "tone_of": tone_of,
        "details_of": details_of,
        "detail_of": detail_of,
        "seen_account": seen_account,
        "became_of": queries.became_of,
    }


def lead_or_404(lead_id: str) -> Lead:
    """The lead of an address, when this person may see it. Raises NotFound."""
    return queries.visible_lead(me(), lead_id)


def seen_account(lead: Lead) -> Account | None:
    """The account the lead belongs to, when this person may see it."""
    account = lead.account
    return account if account is not None and can_see_lead(current_user, account) else None


def owners() -> list[tuple[str, str]]:
    """Colleagues who may own leads, as choices."""
    return identity.staff()


def changed(toast: str, facts: Sequence[int | None] = (), *, back: str = "/leads", undo: str | None = None) -> Response:
    """A change's answer: a toast that can undo these facts, or by the address `undo`, and events; without htmx, the
    page one came from.
    """
    if not is_partial():
        flash(toast, "success")
        return go(local_path(request.form.get("back"), back))
    known = ",".join(str(fact) for fact in facts if fact is not None)
    undo = url_for("leads.undo", facts=known) if known else undo
    response = fragment("leads/_nothing.html", toast=toast, undo=undo)
    response.headers["HX-Trigger"] = CHANGED
    return response
