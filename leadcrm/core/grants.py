"""What the processes may do on PostgreSQL when they sign in as a role that does not own the tables.

Triggers refuse changes of facts and seals to everybody; but whoever owns a table can switch its triggers off. A role
with these rights cannot, and could not change or remove a fact without the triggers either. Tables of later migrations
are not included: what was granted by mistake nobody would notice, what is missing everybody does.
"""

from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from leadcrm.core.models import IMMUTABLE

WRITTEN_BY_MIGRATIONS = ("alembic_version",)

_MAY_CHANGE_FACTS = text(
    "SELECT bool_or(pg_has_role(relowner, 'MEMBER') OR has_table_privilege(oid, 'UPDATE')"
    " OR has_table_privilege(oid, 'DELETE') OR has_table_privilege(oid, 'TRUNCATE'))"
    " FROM pg_class WHERE oid = ANY(CAST(:tables AS regclass[]))"
)


class Ungrantable(Exception):
    """There is no such role, it is the owner itself, or whoever asks does not own the tables."""


def grant_to(connection: Connection, role: str) -> None:
    """Give `role` every right on rows, but none to change or remove what is immutable. Raises Ungrantable."""
    if role == connection.scalar(text("SELECT current_user")):
        raise Ungrantable(f"{role} owns the tables: name the role that the processes sign in as.")
    name = connection.dialect.identifier_preparer.quote_identifier(role)
    try:
        for statement in _statements(name):
            connection.exec_driver_sql(statement)
    except ProgrammingError as error:
        raise Ungrantable(str(error.orig).splitlines()[0]) from error


def may_change_facts(connection: Connection) -> bool:
    """Whether the role that is signed in could change a fact, or take away the triggers that refuse it."""
    return bool(connection.scalar(_MAY_CHANGE_FACTS, {"tables": list(IMMUTABLE)}))


def _statements(role: str) -> list[str]:
    return [
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"REVOKE UPDATE, DELETE ON {', '.join(IMMUTABLE)} FROM {role}",
        f"GRANT UPDATE (words) ON events TO {role}",  # an erasure takes them away; the trigger allows no more
        f"REVOKE INSERT, UPDATE, DELETE ON {', '.join(WRITTEN_BY_MIGRATIONS)} FROM {role}",
    ]
