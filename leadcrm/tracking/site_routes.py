"""Doors for the organization's own site: the script it includes, and what that script tells."""

from functools import lru_cache

from flask import Blueprint, Response, abort, make_response, request

from leadcrm.core import clock, tenancy
from leadcrm.core.db import end_reading, perform
from leadcrm.core.limits import limiter
from leadcrm.core.security import csrf_exempt, takes_up_to
from leadcrm.core.static_files import FOLDER
from leadcrm.core.web import public
from leadcrm.tracking import operations, queries
from leadcrm.tracking.models import TrackedSite
from leadcrm.tracking.passes import read_pass
from leadcrm.tracking.sites import kind_of
from leadcrm.tracking.visiting import LARGEST_BEACON, Beacon, NotABeacon, read_beacon, wants_no_tracking

SCRIPT_KEPT_SECONDS = 3600

blueprint = Blueprint("site_visits", __name__)


@blueprint.get("/t.js")
@public
def script() -> Response:
    """The script for the organization's site, the same for all; which site it is stands in its tag."""
    response = make_response(_script())
    response.mimetype = "text/javascript"
    response.headers["Cache-Control"] = f"public, max-age={SCRIPT_KEPT_SECONDS}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.add_etag()
    return response.make_conditional(request)


@blueprint.post("/t")
@public
@csrf_exempt
@takes_up_to(LARGEST_BEACON)
@limiter.limit("120 per minute")
def visit() -> Response:
    """A visit, told by the script: 204 when it was noted, or was not to be; 403 from anywhere but the site itself."""
    try:
        beacon = read_beacon(request.get_data())
    except NotABeacon:
        abort(400, "This is not what our script sends.")
    with tenancy.everyone():
        site = queries.site_with(beacon.key)
        end_reading()
    home = next((origin for origin in site.origins if origin == request.headers.get("Origin")), None) if site else None
    if home is None or beacon.origin != home:
        abort(403, "This site is not on the list.")
    if not wants_no_tracking(request.headers):
        with tenancy.organization(site.organization_id):
            perform(operations.note_visit, *_told(site, beacon))
    response = make_response("", 204)
    response.mimetype = "text/plain"
    response.headers["Access-Control-Allow-Origin"] = home
    response.headers["Vary"] = "Origin"
    return response


def _told(site: TrackedSite, beacon: Beacon) -> tuple[str, str, str, str | None]:
    kind = kind_of(beacon.url, site.pricing_paths, site.demo_paths)
    lead_id = read_pass(beacon.token, site.organization_id, clock.now()) if beacon.token else None
    return beacon.visitor, beacon.url, kind, lead_id


@lru_cache
def _script() -> bytes:
    return (FOLDER / "js" / "visits.js").read_bytes()
