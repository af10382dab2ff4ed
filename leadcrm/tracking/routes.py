"""Settings → Tracking, and a lead's visits."""

from flask import Blueprint, current_app, flash, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from leadcrm.core.db import perform
from leadcrm.core.forms import Form
from leadcrm.core.web import go, render
from leadcrm.identity import operations as identity
from leadcrm.identity.permissions import MANAGERS, me, requires
from leadcrm.leads import queries as leads
from leadcrm.tracking import operations, queries
from leadcrm.tracking.forms import MailTrackingForm, SiteForm
from leadcrm.tracking.models import USUAL_DEMO, USUAL_PRICING, TrackedSite

KIND_WORDS = {"page": "", "pricing": "Pricing page", "demo_request": "Demo request"}

blueprint = Blueprint("tracking", __name__)


@blueprint.get("/settings/tracking")
@requires(*MANAGERS)
def settings() -> Response:
    """What is noted of mails and of visits."""
    return _page("tracking/_settings.html")


@blueprint.post("/settings/tracking/mails")
@requires(*MANAGERS)
def change_mails() -> Response:
    """What is noted of mails that are sent from now on."""
    form = MailTrackingForm(request.form)
    if not form.validate():
        return _page("tracking/_mails.html", 422, mails=form)
    perform(identity.change_organization, current_user.organization, form.data)
    flash("Saved. It holds for mails that leave from now on.", "success")
    return go(url_for("tracking.settings"))


@blueprint.post("/settings/tracking/site")
@requires(*MANAGERS)
def change_site() -> Response:
    """Which site's visits are noted, and what its pages mean."""
    form = SiteForm(request.form)
    if not form.validate():
        return _page("tracking/_site.html", 422, site_form=form)
    perform(operations.save_site, form.values())
    flash("Saved.", "success")
    return go(url_for("tracking.settings"))


@blueprint.get("/leads/<lead_id>/visits")
def lead_visits(lead_id: str) -> Response:
    """What the lead looked at on the organization's site, newest first; `?cursor=` goes on."""
    lead = leads.visible_lead(me(), lead_id)
    cursor = request.args.get("cursor")
    listing = queries.visits_of(lead, cursor)
    part = "tracking/_further.html" if cursor else "tracking/_visits.html"
    return render("tracking/visits.html", part, lead=lead, listing=listing, words=KIND_WORDS)


def _site() -> TrackedSite:
    """The organization's site, or one that nobody has set up yet and that has no key."""
    paths = {"pricing_paths": USUAL_PRICING, "demo_paths": USUAL_DEMO}
    return queries.own_site() or TrackedSite(is_on=False, origins=(), **paths)


def _page(fragment: str, status: int = 200, **forms: Form) -> Response:
    """The page, or the part of it that htmx asked for; `forms` stand in the place of what is saved."""
    site = _site()
    url = f"{current_app.settings.base_url}/t.js"
    saved = {"mails": MailTrackingForm(obj=current_user.organization), "site_form": SiteForm.of(site)}
    tag = f'<script async src="{url}" data-key="{site.key}"></script>' if site.key else ""
    return render("tracking/settings.html", fragment, status=status, tag=tag, **{**saved, **forms})
