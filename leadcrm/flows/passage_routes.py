"""Leads inside flows: what became of each step for one of them, and a person ending passages."""

from flask import flash, request, url_for

from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError
from leadcrm.core.recent import facts_named
from leadcrm.core.values import plural
from leadcrm.core.web import fragment, go, is_partial, local_path, render
from leadcrm.flows import operations, passage_queries
from leadcrm.flows.blueprint import blueprint
from leadcrm.flows.reasons import GOAL_REACHED, TAKEN_OUT
from leadcrm.identity.permissions import me
from leadcrm.leads import queries as leads

MOST_AT_ONCE = 100
REASONS = {"goal": GOAL_REACHED, "out": TAKEN_OUT}
CHANGED = "messages-changed"  # the lead's flows, its timeline and the list on the page look again


@blueprint.get("/leads/<lead_id>/flows")
def flows_of_lead(lead_id: str):
    """The lead's passages, for the lead's page."""
    lead = leads.visible_lead(me(), lead_id)
    return render("flows/of_lead.html", "flows/_of_lead.html", lead=lead, stories=passage_queries.stories(lead.id))


@blueprint.post("/flows/departures")
def end_passages():
    """Take leads out of a flow: the goal was reached, or a person wants it so. `ids` are of passages."""
    reason = REASONS.get(request.values.get("why", ""))
    if reason is None:
        raise DomainError("Say why: the goal was reached, or they are to be taken out.", "why")
    asked = [enrolment_id for enrolment_id in request.values.getlist("ids") if "\x00" not in enrolment_id]
    facts = perform(_end, asked[:MOST_AT_ONCE], reason)
    if not facts:
        return _changed("Nobody there is in the flow any more.")
    undo = url_for(".undo_endings", facts=",".join(map(str, facts)))
    who = plural(len(facts), "lead")
    why = "the goal was reached" if reason == GOAL_REACHED else "taken out by hand"
    return _changed(f"{who} left the flow: {why}.", undo)


@blueprint.post("/flows/departures/undo")
def undo_endings():
    """Take back what the last toast said."""
    back = perform(operations.undo_endings, facts_named(request.args.get("facts", "")), me())
    words = f"{plural(back, 'lead')} {'is' if back == 1 else 'are'}"
    return _changed(f"{words} in the flow again." if back else "Nothing to undo: it has changed since.")


def _end(enrolment_ids: list[str], reason: str) -> list[int]:
    return operations.end_passages(passage_queries.passages_to_end(me(), enrolment_ids), reason)


def _changed(toast: str, undo: str | None = None):
    """A toast, and a page that looks again; without htmx, the page one came from."""
    if not is_partial():
        flash(toast, "success")
        return go(local_path(request.form.get("back"), url_for(".index")))
    response = fragment("flows/_nothing.html", toast=toast, undo=undo)
    response.headers["HX-Trigger"] = CHANGED
    return response
