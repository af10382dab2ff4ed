"""What SQLite's planner knows about the tables: nothing, unless somebody tells it. PostgreSQL looks by itself.

Untold, it takes "of this organization" to be as good as "of this lead", and reads all addresses of the organization for
the lead's two: half a second at 100,000 leads.
"""

from leadcrm.core import tenancy
from leadcrm.core.db import is_postgresql, writing

# analyze (0x2) every table that has grown or shrunk tenfold since, also one that this connection never read (0x10000),
# and of each index no more than a sample (0x10), so that the write lock is held for milliseconds
ANALYZE_CHANGED_TABLES_BY_SAMPLE = "PRAGMA optimize=0x10012"


def refresh_statistics() -> None:
    """Let SQLite look at how its tables are filled. Open connections learn of it when opened anew (engines.py)."""
    if is_postgresql():
        return
    with tenancy.everyone(), writing() as session:
        session.connection().exec_driver_sql(ANALYZE_CHANGED_TABLES_BY_SAMPLE)
