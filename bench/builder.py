"""The builder of a long flow with thousands of leads inside, beside the same with none; and what the page that
publishes takes beside one look at all the rows it is about.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import time as wall_time
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import select

from bench.databases import NAMES, databases
from bench.figures import Figure, Growth, Ratio
from bench.serving import ROUNDS, getting, medians, served
from bench.stage import Stage, build, leave, tidy_up
from leadcrm import create_app
from leadcrm.conversations.models import Message
from leadcrm.core import tenancy
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.flows import operations, queries
from leadcrm.flows.draft_queries import draft_of
from leadcrm.flows.edits import AddStep, MoveStep
from leadcrm.flows.models import AUDIENCES, Enrolment, Flow
from leadcrm.flows.operations import StepData
from leadcrm.leads import queries as leads
from leadcrm.leads.data import Filters
from leadcrm.settings import Settings

STEPS = 60
IN_VIEW = 12  # cards of a screen of 1,440 pixels in height, and what is asked for ahead of it
RUNNING = 10_000
AT_MOST = 2.0
BATCH = 100  # leads let in at once: six thousand messages


def measure_builder(folder: Path, kind: str, running: int = RUNNING) -> Iterator[Figure]:
    """The builder's page, and the one that publishes a draft."""
    with databases(kind, folder) as places:
        stage = build(folder, running + running // 10, places.create("office"))  # some of them are archived
        app = create_app(Settings.from_env(stage.environment))
        with app.app_context(), tenancy.organization(stage.organization_id):
            empty, full = _flow("Empty"), _flow("Full")
            _let_in(full, running)
            tidy_up()
            where = f"{STEPS} steps and {running:,} leads inside, {NAMES[kind]}"
            full_id, empty_id = full.id, empty.id
            with served("app:app", folder, stage.environment) as house:
                yield _page(house, stage, full_id, empty_id, where)
                yield from _previews(house, stage, full_id, running, where)
        leave(app)


def _flow(name: str) -> Flow:
    flow = perform(operations.create_flow, name, "manual")
    for day in range(STEPS):
        step = StepData("email", f"Mail {day}", "Hi {first_name|there}", day, wall_time(9), subject="Hello")
        perform(operations.add_step, flow, step)
    perform(operations.set_flow_enabled, flow, True)
    return flow


def _let_in(flow: Flow, count: int) -> None:
    cursor, inside = None, 0
    while inside < count:
        page = leads.segment(Filters(), cursor, min(BATCH, count - inside))
        inside += len(perform(operations.enrol_many, flow, [row.id for row in page.items]).enrolment_ids)
        cursor = page.next


def _page(house: Path, stage: Stage, full_id: str, empty_id: str, where: str) -> Growth:
    """The page and then the numbers of the steps in view, which it asks for as soon as it is shown."""
    asks = {}
    for name, flow_id in {"full": full_id, "empty": empty_id}.items():
        in_view = urlencode([("step", step.id) for step in queries.steps_of(flow_id)[:IN_VIEW]])
        asks[name, "page"] = getting(f"/flows/{flow_id}", Cookie=stage.cookie)
        asks[name, "numbers"] = getting(f"/flows/{flow_id}/numbers?{in_view}", Cookie=stage.cookie)
    times = medians({key: (house, ask) for key, ask in asks.items()})
    full, empty = (times[name, "page"] + times[name, "numbers"] for name in ("full", "empty"))
    return Growth(f"builder and its numbers, {where}", full, empty, AT_MOST)


def _previews(house: Path, stage: Stage, flow_id: str, running: int, where: str) -> Iterator[Ratio]:
    """The page that publishes, with a new step and a moved one, for each audience."""
    flow = get_or_404(Flow, flow_id)
    draft = draft_of(flow)
    step = StepData("text", "New", "Hi", STEPS + 1, None)
    draft = perform(operations.change_draft, flow, draft.revision, AddStep(step))
    draft = perform(operations.change_draft, flow, draft.revision, MoveStep(draft.document.steps[30].id, 30, None))
    moved_id = draft.document.steps[30].id
    asks = {audience: getting(f"/flows/{flow_id}/publishing?audience={audience}", Cookie=stage.cookie)
            for audience in AUDIENCES}  # fmt: skip
    times = medians({audience: (house, ask) for audience, ask in asks.items()})
    bare = _median(lambda: _look_at(flow_id, moved_id))
    for audience, milliseconds in times.items():
        name = f"publish page for {audience} leads, {where}"
        yield Ratio(name, running / milliseconds * 1000, running / bare, None)


def _look_at(flow_id: str, step_id: str) -> None:
    """One scan by the index of a flow's passages, with the message of one step."""
    rows = (
        select(Enrolment.id, Enrolment.started_at, Message.id, Message.scheduled_for, Message.status)
        .join(Message, (Message.enrolment_id == Enrolment.id) & (Message.step_id == step_id))
        .where(Enrolment.flow_id == flow_id, Enrolment.state == "running")
    )
    db.session.execute(rows).all()


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(1 + ROUNDS):  # the first warms up
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])
