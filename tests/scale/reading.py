"""Whether a plan reads a table that grows from end to end, or all of an organization's rows in it."""

import re

from leadcrm.core.db import is_postgresql
from tests.plans import plan_of

CROWDED = (
    "leads", "contact_points", "lead_search", "conversations", "messages", "message_search", "events", "tasks",
    "bookings", "accounts", "contacts", "opportunities", "conversions",
)  # fmt: skip
GROWING = (
    *CROWDED, "read_marks", "inquiries", "notes", "lead_tags", "attempts", "attachments", "drafts", "notifications",
    "automation_runs", "webhook_calls", "enrolments", "raw_inbound", "engagements", "site_visits", "visitors",
    "booked_cells", "imports", "import_rows", "campaigns",
)  # fmt: skip
# indexes of what a list is about, and of what is added up to the last row: deals are few beside leads
FEW = (
    r"(?!.*(?:ix_messages_sandbox|ix_raw_inbound_unread|ix_raw_inbound_given_up|ix_opportunities_stage"
    r"|ix_campaigns_under_way|ix_imports_at_work))"
)


def whole_reads(statement: str, parameters: object, tables: tuple[str, ...]) -> str:
    """The plan of a statement that reads what it should look up in `tables`; empty when it does not."""
    table = rf"({'|'.join(tables)})(_\d+)?"
    if is_postgresql():
        plan = plan_of(statement, parameters, without=("seqscan",))
        return plan if re.search(rf"Seq Scan on {table}\b", plan) else ""
    plan = plan_of(statement, parameters)
    if re.search(rf"^SCAN {table}\b{FEW}(?!.*VIRTUAL TABLE)", plan, re.M):
        return plan
    all_of_it = re.search(rf"^SEARCH {table} USING {FEW}.*\(organization_id=\?\)", plan, re.M)
    is_page = "LIMIT" in statement and "USE TEMP B-TREE FOR" not in plan
    return plan if all_of_it and not is_page else ""
