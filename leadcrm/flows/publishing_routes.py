"""What publishing a draft would change, whom it concerns, and doing it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from flask import flash, request, url_for

from leadcrm.core import clock
from leadcrm.core.db import ID_LENGTH, get_or_404, perform
from leadcrm.core.errors import DomainError
from leadcrm.core.web import TimeTeller, go, render, user_locale
from leadcrm.core.zones import zone
from leadcrm.flows import impact_queries, operations
from leadcrm.flows.blueprint import blueprint, editors_only, flow_url, posted_revision
from leadcrm.flows.changes import ADDED, MOVED
from leadcrm.flows.document import StepDocument
from leadcrm.flows.draft_queries import Draft, draft_of
from leadcrm.flows.impact import GAIN, KINDS, LOSE, MOVE, NONE, REWORD, Adjustment
from leadcrm.flows.impact_queries import AffectedLead, Count, Impact
from leadcrm.flows.models import AUDIENCES, Flow
from leadcrm.flows.operations import HolesLeft, Published, StaleDraft
from leadcrm.flows.wording import count_words, reason_words, when_words

SHOWN_HOLES = 50
COUNT_WORDS = {GAIN: "gained", LOSE: "lost", MOVE: "moved", REWORD: "reworded"}


@blueprint.get("/flows/<flow_id>/publishing")
@editors_only
def review(flow_id: str):
    flow = get_or_404(Flow, flow_id)
    return _page(flow, draft_of(flow), _audience(request.args.get("audience")))


@blueprint.post("/flows/<flow_id>/publishing")
@editors_only
def publish(flow_id: str):
    flow = get_or_404(Flow, flow_id)
    audience = _audience(request.form.get("audience"))
    try:
        done = perform(operations.publish, flow, posted_revision(), audience)
    except StaleDraft:
        raise
    except DomainError as error:
        holes = error.holes[:SHOWN_HOLES] if isinstance(error, HolesLeft) else ()
        return _page(flow, draft_of(flow), audience, status=error.status, problem=error.message, holes=holes)
    flash(_published_words(flow, done), "success")
    return go(flow_url(flow))


@dataclass(frozen=True)
class Number:
    """So many leads, in words, and where they are listed; `current` when they are."""

    words: str
    href: str
    current: bool


@dataclass(frozen=True)
class StepNumbers:
    """What the publication does with one step: when that goes out, or would have, and to how many."""

    name: str
    when: str
    numbers: tuple[Number, ...]


@dataclass(frozen=True)
class Consequence:
    """One adjustment as it is told: in the lead's own time."""

    step_name: str
    words: str


def consequences(lead: AffectedLead, names: dict[str, str], now: datetime) -> list[Consequence]:
    """What changes for a lead inside, on the clock of their zone."""
    teller = TimeTeller(zone(lead.timezone), user_locale(), now)
    return [Consequence(names[it.step_id], _words(it, teller)) for it in lead.adjustments]


def _words(change: Adjustment, teller: TimeTeller) -> str:
    at = teller.moment(change.at) if change.at else ""
    was = teller.moment(change.before) if change.before else ""
    if change.kind == NONE:
        return f"{'stays as it is' if change.message_id else 'is not sent'}: {reason_words(change.reason)}"
    if change.kind == GAIN:
        return f"is sent on {at}"
    if change.kind == LOSE:
        return f"is not sent; it was planned for {was}"
    return f"moves from {was} to {at}" if change.kind == MOVE else f"says something else on {at}"


def _audience(value: str | None) -> str:
    return value if value in AUDIENCES else AUDIENCES[0]


def _after() -> str:
    """The enrolment whose lead was shown last; PostgreSQL cannot be asked for a NUL."""
    return request.args.get("after", "").replace("\x00", "")[:ID_LENGTH]


def _sought() -> dict[str, str]:
    """Which leads the list is narrowed to by a number of the page: their `kind`, step and reason; else nothing."""
    asked = {name: request.args.get(name, "").replace("\x00", "") for name in ("kind", "step_id", "reason")}
    return asked if asked["kind"] in KINDS else {}


def _page(flow: Flow, draft: Draft, audience: str, *, status: int = 200, problem: str = "", holes=()):
    sought = _sought()
    impact = impact_queries.impact_of(flow, draft, audience)
    affected = impact_queries.affected_leads(flow, draft, audience, after=_after(), **sought)
    steps = {step.id: step for step in (*draft.live.steps, *draft.document.steps)}
    names, now = {step.id: step.name for step in steps.values()}, clock.now()
    context = {
        "flow": flow,
        "draft": draft,
        "changes": draft.changes,
        "audience": audience,
        "still_ahead": impact.given if audience == "running" else _still_ahead(flow, draft),
        "impact": impact,
        "totals": [(words, impact.total(kind)) for kind, words in COUNT_WORDS.items()],
        "by_step": list(_by_step(flow, impact, audience, steps, sought)),
        "sought": sought,
        "affected": [(item, consequences(item, names, now)) for item in affected.items],
        "next": affected.next,
        "problem": problem,
        "holes": holes,
    }
    return render("flows/publishing.html", "flows/_publishing.html", status=status, **context)


def _by_step(
    flow: Flow, impact: Impact, audience: str, steps: Mapping[str, StepDocument], sought: dict[str, str]
) -> Iterator[StepNumbers]:
    """The counts, step by step, each with the way to its leads."""

    def number(count: Count) -> Number:
        these = {"kind": count.kind, "step_id": count.step_id, "reason": count.reason}
        href = url_for(".review", flow_id=flow.id, audience=audience, **these, _anchor="affected")
        return Number(count_words(count), href, these == sought)

    for step_id, counts in groupby(impact.counts, attrgetter("step_id")):
        yield StepNumbers(steps[step_id].name, when_words(steps[step_id]), tuple(map(number, counts)))


def _still_ahead(flow: Flow, draft: Draft) -> int:
    """Leads inside whose day of a new or moved step is still to come: for whom the wider audience makes a change."""
    if not {ADDED, MOVED} & {change.kind for change in draft.changes}:
        return 0
    return impact_queries.impact_of(flow, draft, "running").given


def _published_words(flow: Flow, done: Published) -> str:
    counts = [f"{getattr(done, words):,} {words}" for words in COUNT_WORDS.values() if getattr(done, words)]
    words = f"Version {done.number} is {'live' if flow.enabled else 'published. The flow is off'}."
    if counts:
        words += f" Messages of leads inside: {', '.join(counts)}."
    return words + (" The rest follows in a moment." if done.goes_on else "")
