"""Campaigns: whom, what, when and how fast; started, watched, paused, stopped."""

from dataclasses import dataclass
from typing import Any

from flask import flash, request, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from leadcrm.accounts import queries as accounts
from leadcrm.accounts.data import ContactFilters
from leadcrm.core import clock
from leadcrm.core.db import get_or_404, perform
from leadcrm.core.errors import DomainError
from leadcrm.core.web import add_errors, fragment, go, is_partial, render, user_zone
from leadcrm.flows import campaign_number_routes, campaign_queries, entering_queries, operations, queries, segments
from leadcrm.flows.blueprint import editors_only
from leadcrm.flows.campaign_blueprint import blueprint
from leadcrm.flows.campaign_forms import CampaignForm, ContactFilterForm
from leadcrm.flows.campaign_wording import contact_words, segment_words
from leadcrm.flows.document import StepDocument
from leadcrm.flows.hole_queries import required_fields
from leadcrm.flows.models import Campaign, FlowStep
from leadcrm.flows.operations import CampaignData
from leadcrm.flows.segments import Segment
from leadcrm.identity.permissions import me, sees_all_leads
from leadcrm.identity.queries import staff
from leadcrm.leads import queries as leads
from leadcrm.leads.forms import FilterForm

__all__ = ["blueprint", "campaign_number_routes"]

FIRST = 5  # people of a segment who are named
CONTACT = "contact"  # before the names of the fields that choose contacts
GIVEN = {"unsubscribe_url": "given to everybody", "organization_name": "the organization"}


@blueprint.get("/campaigns")
def index():
    page = campaign_queries.campaign_page(request.args.get("cursor") or None)
    links = {
        name: url_for("campaigns.index", cursor=cursor) if cursor else None
        for name, cursor in (("next_url", page.next), ("previous_url", page.previous))
    }
    return render("campaigns/index.html", "campaigns/_list.html", campaigns=page.items, **links)


@blueprint.get("/campaigns/new")
@editors_only
def new():
    """An empty form, for the segment that the address describes as the lead list's does."""
    form, choice = CampaignForm(MultiDict()), _asked(request.args)
    form.audience.data = "contacts" if choice.is_contacts else "leads"
    return _form_page(form, choice)


@blueprint.get("/campaigns/segment")
@editors_only
def segment():
    """How many leads or contacts are in a segment, and the first of them."""
    return fragment("campaigns/_segment.html", **_segment_context(_now(_asked(request.args).segment())))


@blueprint.post("/campaigns")
@editors_only
def create():
    return _save(None)


@blueprint.get("/campaigns/<campaign_id>")
def show(campaign_id: str):
    return _show(get_or_404(Campaign, campaign_id))


@blueprint.get("/campaigns/<campaign_id>/edit")
@editors_only
def edit(campaign_id: str):
    campaign = get_or_404(Campaign, campaign_id)
    if campaign.state != "draft":
        return go(_url(campaign))
    form = CampaignForm.of(campaign, _own_step(campaign), campaign_queries.paces_of(campaign.id), user_zone())
    return _form_page(form, Choice.of(segments.decided_of(campaign)), campaign)


@blueprint.post("/campaigns/<campaign_id>")
@editors_only
def update(campaign_id: str):
    return _save(get_or_404(Campaign, campaign_id))


@blueprint.post("/campaigns/<campaign_id>/removal")
@editors_only
def delete(campaign_id: str):
    campaign = get_or_404(Campaign, campaign_id)
    name = campaign.name
    perform(operations.delete_campaign, campaign)
    flash(f"The draft {name} is gone.", "success")
    return go(url_for("campaigns.index"))


@blueprint.post("/campaigns/<campaign_id>/start")
@editors_only
def start(campaign_id: str):
    words = "Scheduled." if get_or_404(Campaign, campaign_id).starts_at else "Started."
    return _changed(campaign_id, operations.start_campaign, words, request.form.get("edition"))


@blueprint.post("/campaigns/<campaign_id>/pause")
@editors_only
def pause(campaign_id: str):
    return _changed(campaign_id, operations.pause_campaign, "Paused: nobody enters and nothing leaves.")


@blueprint.post("/campaigns/<campaign_id>/resume")
@editors_only
def resume(campaign_id: str):
    return _changed(campaign_id, operations.resume_campaign, "It goes on. Steps that waited leave one after the other.")


@blueprint.post("/campaigns/<campaign_id>/stop")
@editors_only
def stop(campaign_id: str):
    return _changed(campaign_id, operations.stop_campaign, "Stopped: nothing more leaves.")


def _url(campaign: Campaign) -> str:
    return url_for("campaigns.show", campaign_id=campaign.id)


def _changed(campaign_id: str, verb, words: str, *arguments):
    campaign = get_or_404(Campaign, campaign_id)
    try:
        campaign = perform(verb, campaign, *arguments)
    except DomainError as error:
        return _show(get_or_404(Campaign, campaign_id), status=error.status, problem=error.message)
    if not is_partial():
        flash(words, "success")
        return go(_url(campaign))
    return _show(campaign, toast=words)


def _show(campaign: Campaign, *, status: int = 200, problem: str = "", toast: str | None = None):
    steps = queries.steps_of(campaign.flow_id)
    context = {
        "campaign": campaign,
        "steps": steps,
        "paces": campaign_queries.paces_of(campaign.id),
        "results": campaign_queries.results_of(campaign.id) if campaign.began_at else None,
        "problem": problem,
        "now": clock.now(),
    }
    if campaign.state == "draft":
        segment = segments.segment_of(campaign)
        context |= _segment_context(segment) | {"gaps": _gaps(steps)}
        context["prospect"] = entering_queries.prospect_of(segment, campaign.flow_id)
    if is_partial():
        return fragment("campaigns/_show.html", status=status, toast=toast, **context)
    return render("campaigns/show.html", "campaigns/_show.html", status=status, **context)


def _now(segment: Segment) -> Segment:
    return segments.as_of(segment, clock.now())


def _segment_context(segment: Segment) -> dict[str, Any]:
    """How many are meant, whoever asks, and the first of those whom the reader may see."""
    known = {"size": segments.size_of(segment), "sees_all": sees_all_leads(me())}
    if isinstance(segment, ContactFilters):
        people = accounts.newest_of_segment(me(), segment, FIRST)
        first = [(contact.name, f"/accounts/{contact.account_id}") for contact in people]
        return {**known, "first": first, "noun": "contact"}
    newest = leads.lead_list(me(), segment, "created", limit=FIRST).items
    first = [(row.name, f"/leads/{row.id}") for row in newest]
    return {**known, "first": first, "noun": "lead"}


def _words(segment: Segment) -> str:
    if isinstance(segment, ContactFilters):
        return contact_words(segment, dict(_owners()).get(segment.account_owner or "", "someone who left"))
    return segment_words(segment, leads.names_of(segment), user_zone())


def _gaps(steps: list[FlowStep]) -> list[tuple[str, list[str]]]:
    """Steps that some leads cannot get: they name what is not known of everybody, without a fallback."""
    found = ((step.name, required_fields(StepDocument.of(step), GIVEN)) for step in steps if step.enabled)
    return [(name, fields) for name, fields in found if fields]


def _own_step(campaign: Campaign) -> FlowStep | None:
    return next(iter(queries.steps_of(campaign.flow_id)), None) if campaign.flow.trigger == "campaign" else None


def _save(campaign: Campaign | None):
    form, choice = CampaignForm(request.form), _asked(request.form)
    form.offer(queries.flows_to_choose())
    is_valid = form.validate()
    if choice.makes_sense() and is_valid:
        try:
            data = _data(form, choice.segment())
            verb = operations.draft_campaign if campaign is None else operations.edit_campaign
            saved = perform(verb, *([campaign] if campaign else []), data)
            return go(_url(saved))
        except DomainError as error:
            add_errors(form, error)
        except ValueError as error:
            form.day.errors = [str(error)]
    return _form_page(form, choice, campaign, status=422)


@dataclass(frozen=True)
class Choice:
    """Whom a campaign is for, as typed: both forms stand on the page, one of them counts."""

    leads: FilterForm
    contacts: ContactFilterForm
    is_contacts: bool = False

    @classmethod
    def of(cls, segment: Segment) -> "Choice":
        if isinstance(segment, ContactFilters):
            return cls(FilterForm(MultiDict()), ContactFilterForm.of(segment, prefix=CONTACT), is_contacts=True)
        return cls(FilterForm.of(segment, user_zone()), ContactFilterForm(MultiDict(), prefix=CONTACT))

    def segment(self) -> Segment:
        """What makes sense of it; what does not is left out."""
        if self.is_contacts:
            return self.contacts.filters(current_user.id)
        self.leads.archived.data = False  # who is archived is not written to
        return self.leads.filters(current_user.id, user_zone())

    def makes_sense(self) -> bool:
        """Whether all of it does; owners and tags of others say so beside their fields."""
        form = self.contacts if self.is_contacts else self.leads
        owner = form.account_owner if self.is_contacts else form.owner
        if (owner.data or "") not in {value for value, _ in _owners()}:
            owner.errors = ["Choose someone of your team."]
        if not self.is_contacts and form.tag.data and form.tag.data not in {tag.id for tag in leads.tags()}:
            form.tag.errors = ["This tag is gone."]
        return not form.errors


def _asked(said: MultiDict) -> Choice:
    choice = Choice(FilterForm(said), ContactFilterForm(said, prefix=CONTACT), said.get("audience") == "contacts")
    (choice.contacts if choice.is_contacts else choice.leads).validate()  # once: it would forget what we say to it
    return choice


def _owners() -> list[tuple[str, str]]:
    return [("", "Anyone"), ("me", "Me"), ("none", "Nobody"), *staff()]


def _data(form: CampaignForm, segment: Segment) -> CampaignData:
    return CampaignData(
        name=form.name.data,
        segment=segment,
        segment_words=_words(segment),
        per_hour=form.paces,
        flow_id=form.flow_id.data if form.what.data == "flow" else None,
        message=form.message(),
        starts_at=form.starts_at(user_zone(), clock.now()),
    )


def _form_page(form: CampaignForm, choice: Choice, campaign: Campaign | None = None, *, status: int = 200):
    form.offer(queries.flows_to_choose())
    context = {
        "campaign": campaign,
        "form": form,
        "filter_form": choice.leads,
        "contact_form": choice.contacts,
        "owners": _owners(),
        "sources": [("", "Any"), *((name, name[:1].upper() + name[1:]) for name in leads.sources())],
        "tags": [("", "Any"), *((tag.id, tag.name) for tag in leads.tags())],
        **_segment_context(_now(choice.segment())),
    }
    return render("campaigns/form.html", "campaigns/_form.html", status=status, **context)
