"""All possible deals in one list: by stage, with what they are worth, and by owner."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, url_for
from flask_login import current_user

from leadcrm.accounts import queries, wording
from leadcrm.accounts.blueprint import blueprint, owners
from leadcrm.accounts.forms import PipelineForm
from leadcrm.accounts.pipeline import OPEN, weighted
from leadcrm.accounts.stage_sums import Sums, stage_sums
from leadcrm.core.web import is_partial, local_path, render
from leadcrm.identity.permissions import me


@dataclass(frozen=True)
class StageTab:
    """One stage, or all of them: how many deals, and what they are worth."""

    label: str
    href: str
    current: bool
    count: int
    amount: Decimal


@blueprint.get("/opportunities")
def deals() -> Response:
    """`?stage=`, `?owner=` (me, none or an id); `?cursor=` goes on."""
    form = PipelineForm(request.args)
    form.validate()
    theirs = form.owner_filter(current_user.id)
    sums = stage_sums(me(), theirs)
    filters = theirs | ({"stage": form.chosen_stage} if form.chosen_stage else {})
    cursor = request.args.get("cursor")
    context: dict[str, Any] = {
        "listing": queries.opportunity_page(me(), filters, cursor),
        "form": form,
        "people": owners(),
        "tabs_of_stages": _tabs(sums, form),
        "open_amount": sum((sums[stage][1] for stage in OPEN), Decimal()),
        "weighted_amount": sum((weighted(sums[stage][1], stage) for stage in OPEN), Decimal()),
        "is_filtered": bool(filters),
        "address": lambda **changes: _address(form, **changes),
        "here": _address(form, cursor=cursor),
    }
    response = render("opportunities/index.html", "opportunities/list.swap.html", **context)
    if is_partial():
        response.headers["HX-Replace-Url"] = local_path(context["here"])
    return response


def _tabs(sums: Sums, form: PipelineForm) -> list[StageTab]:
    count, amount = sum(one for one, _ in sums.values()), sum((one for _, one in sums.values()), Decimal())
    every = StageTab("All", _address(form, stage=""), not form.chosen_stage, count, amount)
    return [every] + [
        StageTab(words, _address(form, stage=stage), form.chosen_stage == stage, *sums[stage])
        for stage, words in wording.STAGE_WORDS.items()
    ]


def _address(form: PipelineForm, **changes: str | None) -> str:
    """The list as it is asked for, changed; without its page, unless a change says one."""
    said = {"stage": form.chosen_stage, "owner": form.chosen_owner} | changes
    query = urlencode({name: value for name, value in said.items() if value})
    return url_for("accounts.deals") + (f"?{query}" if query else "")
