"""What SQLite's planner knows about the tables: nothing, unless somebody tells it. PostgreSQL looks by itself."""

from leadcrm.core import tenancy
from leadcrm.core.db import is_postgresql, writing

# analyze (0x2) every table that has grown or shrunk tenfold since, also one that this connection never read (0x10000),
# and of each index no more than a sample (0x10), so that the write lock is held for milliseconds
CHANGED_TABLES_BY_SAMPLE = "0x10012"


def refresh_statistics() -> None:
    """Let SQLite look at how its tables are filled. Connections that are open may use it only after a while."""
    if is_postgresql():
        return
    with tenancy.everyone(), writing() as session:
        session.connection().exec_driver_sql(f"PRAGMA optimize={CHANGED_TABLES_BY_SAMPLE}")
