"""Why a message of a flow does not go out, or a lead does not enter, in the words that are kept."""

STEP_OFF = "The step was switched off"
STEP_DELETED = "The step was deleted"
FLOW_OFF = "The flow was switched off"
PARKED = (STEP_OFF, STEP_DELETED, FLOW_OFF)  # put aside by a switch, to be taken back by another
ALREADY_GREETED = "The lead was greeted before"
GOAL_REACHED = "The goal was reached"
TAKEN_OUT = "Taken out of the flow by hand"
# after a number of leads who stay out
WAS_INSIDE, IS_ARCHIVED = "were in the flow before", "are archived"
NOT_REACHABLE = "have no email address or phone number"
REPLIED, OPTED_OUT, ARCHIVED = "The lead replied", "The lead opted out", "The lead was archived"
BOOKED = "The lead booked a meeting"
WROTE_FIRST = "The lead wrote to us first"
REQUALIFIED = "The lead was qualified again"
BECAME_CUSTOMER, DISQUALIFIED = "The lead became a customer", "The lead was disqualified"
EXITS = {
    "reply": REPLIED,
    "booking": BOOKED,
    "opt_out": OPTED_OUT,
    "conversion": BECAME_CUSTOMER,
    "disqualification": DISQUALIFIED,
    "goal": GOAL_REACHED,
}  # what a lead or a colleague does, and why what waits is then not sent
LEAVING_STATUSES = {"converted": "conversion", "unqualified": "disqualification"}  # which of them each comes by


def ends(what: str, trigger: str) -> bool:
    """Whether `what`, one of EXITS, ends a flow entered by `trigger`: with a disqualification one begins."""
    return (what, trigger) != ("disqualification", "disqualified")


def status_ends(old: str, now: str, trigger: str) -> bool:
    """Whether a lead who has left the status `old` and is `now` has to leave a flow entered by `trigger`.

    The flow for disqualified leads is over for who is one no longer.
    """
    if now in LEAVING_STATUSES:
        return ends(LEAVING_STATUSES[now], trigger)
    return trigger == "disqualified" and old in LEAVING_STATUSES
