"""What was published before, and bringing it back as a draft."""

from collections.abc import Iterable

from flask import flash, request, url_for

from leadcrm.core import events
from leadcrm.core.db import get_or_404, perform
from leadcrm.core.web import go, render
from leadcrm.flows import operations
from leadcrm.flows.blueprint import blueprint, editors_only, flow_url, posted_revision
from leadcrm.flows.draft_queries import draft_of, versions_of
from leadcrm.flows.models import Flow, FlowVersion
from leadcrm.flows.wording import kept_words
from leadcrm.identity import queries as identity

PAGE = 20
LARGEST = 2**31 - 1  # a number the database can be asked for


@blueprint.get("/flows/<flow_id>/versions")
def history(flow_id: str):
    flow = get_or_404(Flow, flow_id)
    before = request.args.get("before", type=int)
    found = versions_of(flow.id, before=before if before and 0 < before <= LARGEST else None, limit=PAGE + 1)
    versions = found[:PAGE]
    older = url_for(".history", flow_id=flow.id, before=versions[-1].number) if len(found) > PAGE else None
    context = {
        "flow": flow,
        "draft": draft_of(flow),
        "versions": versions,
        "kept_words": kept_words,
        "names": _names(versions),
        "older": older,
        "is_first_page": before is None,
    }
    return render("flows/versions.html", "flows/_versions.html", **context)


@blueprint.post("/flows/<flow_id>/versions/<int:number>/restoration")
@editors_only
def restore(flow_id: str, number: int):
    flow = get_or_404(Flow, flow_id)
    perform(operations.restore_version, flow, posted_revision(), min(number, LARGEST))
    flash(f"Version {number} is a draft now. Publish it to make it live.", "success")
    return go(flow_url(flow))


def _names(versions: Iterable[FlowVersion]) -> dict[str, str]:
    """Names of the people who published, by actor."""
    ids = events.ids_among((version.author for version in versions), "user")
    return {f"user:{user_id}": name for user_id, name in identity.names_of(ids).items()}
