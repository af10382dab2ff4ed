"""What flows and automations did, and people with tasks and meetings."""

from collections.abc import Callable

from leadcrm.conversations.telling.base import BEGUN_BY, Telling, begin, fields, inside

TAKEN_OUT = "Taken out of the flow by hand"  # as flows.reasons has it


def _enrolled(telling: Telling) -> str:
    count = telling.row.told.get("messages") or 0
    planned = {0: "no message is planned", 1: "1 message is planned"}.get(count, f"{count} messages are planned")
    return f"Entered {telling.named('flow')}: {planned}"


def _left_flow(telling: Telling) -> str:
    """By the lead's own doing, or by a person's decision; that may have been told as the reason already."""
    if not telling.who:
        return f"Left {telling.named('flow')}: {inside(telling.because)}"
    why = "" if telling.because == TAKEN_OUT else f": {inside(telling.because)}"
    return f"{telling.who} took {telling.lead} out of {telling.named('flow')}{why}"


def _delayed(telling: Telling) -> str:
    days = "1 day" if telling.get("days") == "1" else f"{telling.get('days')} days"
    return f"A pause put off what is left of {telling.named('flow')} by {days}"


def _task_created(telling: Telling) -> str:
    given = telling.get("assignee_id")
    person = telling.person("assignee_id") if given else ""
    for_whom = f" for {person}" if given and person != telling.who else ""
    begun = BEGUN_BY.get(telling.get("origin"), "")
    return telling.done(f"added {telling.the_task}", f"{begin(telling.the_task)} was added{begun}") + for_whom


def _task_edited(telling: Telling) -> str:
    change = f"the {fields(telling.words('fields'))} of {telling.the_task}"
    were = "were" if len(telling.words("fields")) > 1 else "was"
    return telling.done(f"changed {change}", f"{begin(change)} {were} changed")


def _task_assigned(telling: Telling) -> str:
    task = telling.the_task
    return telling.handed(
        "assignee_id",
        nobody=(f"left {task} to nobody", f"{begin(task)} is nobody’s now"),
        took=f"took {task}",
        gave=lambda person: (f"gave {task} to {person}", f"{begin(task)} went to {person}"),
    )


def _task(active: str, passive: str) -> Callable[[Telling], str]:
    """`Ada finished the task “Call”`, or `The task “Call” was finished`."""
    return lambda telling: telling.done(f"{active} {telling.the_task}", f"{begin(telling.the_task)} was {passive}")


def _meeting(done: str, before: str) -> Callable[[Telling], str]:
    """`Naledi booked a meeting with Rosa for`, or `A meeting with Rosa was booked for`: its time follows."""

    def tell(telling: Telling) -> str:
        meeting = f"a meeting with {telling.person('realtor_id')}"
        return f"{telling.done(f'{done} {meeting}', f'{begin(meeting)} was {done}')} {before}"

    return tell


SENTENCES: dict[str, Callable[[Telling], str]] = {
    "task.created": _task_created,
    "task.edited": _task_edited,
    "task.assigned": _task_assigned,
    "task.completed": _task("finished", "finished"),
    "task.reopened": _task("reopened", "reopened"),
    "task.snoozed": _task("put off", "put off"),
    "task.canceled": _task("canceled", "canceled"),
    "booking.made": _meeting("booked", "for"),
    "booking.moved": _meeting("moved", "to"),
    "booking.canceled": _meeting("canceled", "of"),
    "flow.enrolled": _enrolled,
    "flow.exited": _left_flow,
    "flow.delayed": _delayed,
    "automation.ran": lambda telling: f"{begin(telling.named('automation'))} ran",
    "automation.call_given_up": lambda telling: (
        f"{begin(telling.named('automation'))} could not tell another program: {inside(telling.because)}"
    ),
}
