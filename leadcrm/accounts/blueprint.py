"""The blueprint all pages of accounts register on, what their templates may use, and how changes are answered."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, flash, url_for

from leadcrm.accounts import wording
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.forms import Difference, Form, differences
from leadcrm.core.values import initials, tone_of
from leadcrm.core.web import add_errors, fragment, go, is_partial, time_teller
from leadcrm.identity import queries as identity

blueprint = Blueprint("accounts", __name__)

CHANGED = "account-changed, close-dialog"  # what shows accounts, their people and deals looks again


@blueprint.context_processor
def _for_templates() -> dict[str, Any]:
    return {"wording": wording, "initials": initials, "tone_of": tone_of, "today": time_teller().today}


def owners() -> list[tuple[str, str]]:
    """Colleagues who may own accounts and deals, as choices."""
    return identity.staff()


def changed(
    toast: str, facts: Sequence[int | None] = (), *, back: str, undo_values: Mapping[str, str] | None = None
) -> Response:
    """A change's answer: a toast that can undo these facts, and events; without htmx, the page `back`.

    `undo_values`: what the facts do not hold and undoing them needs.
    """
    if not is_partial():
        flash(toast, "success")
        return go(back)
    known = ",".join(str(fact) for fact in facts if fact is not None)
    undo = url_for("accounts.undo", facts=known) if known else None
    response = fragment("accounts/_nothing.html", toast=toast, undo=undo, undo_values=undo_values)
    response.headers["HX-Trigger"] = CHANGED
    return response


def page_of(account_id: str) -> str:
    """The account's own page."""
    return url_for("accounts.show", account_id=account_id)


def refused(typed: Form, error: DomainError, held: Form, names: Iterable[str]) -> list[Difference]:
    """Say the refusal in the form; after a colleague's change also what is `held` now: saving again means "mine"."""
    add_errors(typed, error)
    if not isinstance(error, Conflict):
        return []
    typed.revision.data = held.revision.data
    return differences(held, typed, names)
