"""The list of rules counts a week of runs at each look: from an index alone, whatever else the runs hold."""

import re
from datetime import timedelta

from sqlalchemy import insert, text

from leadcrm.automations import log_queries
from leadcrm.automations.models import RUN_STATES, AutomationRun
from leadcrm.core import clock
from leadcrm.core.db import writing
from leadcrm.core.values import new_id
from tests.plans import plans_of

MONTHS_OF_RUNS = 5_000
A_RANGE = re.compile(  # of the index alone
    r"COVERING INDEX ix_automation_runs_counts \(organization_id=\? AND automation_id=\? AND state=\? AND created_at"
    r"|Index Only Scan using ix_automation_runs_counts .*\n *Index Cond: .*automation_id.*state.*created_at >="
)


class Undone(Exception):
    """Ends a transaction whose rows and statistics the next test must not find."""


def test_runs_of_a_week_are_counted_from_their_index_alone(rule, new_lead):
    rules, lead, now = [rule() for _ in range(5)], new_lead(), clock.now()
    runs = [
        {
            "id": new_id(),
            "automation_id": rules[n % 5].id,
            "lead_id": lead.id,
            "state": ("done", "skipped", "failed")[n % 3],
            "quiet_since": now - timedelta(minutes=n * 30),
            "created_at": now - timedelta(minutes=n * 30),
        }
        for n in range(MONTHS_OF_RUNS)
    ]
    try:
        with writing() as session:
            session.execute(insert(AutomationRun), runs)
            session.execute(text("ANALYZE"))
            (plan,) = plans_of(lambda: log_queries.run_counts(now - timedelta(days=7)))
            raise Undone
    except Undone:
        assert len(A_RANGE.findall(plan)) == len(RUN_STATES), plan
