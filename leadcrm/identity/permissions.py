"""Who is signed in, and who may do what. The roles' rules in one place, for every feature."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask_login import current_user
from sqlalchemy import ColumnElement, bindparam, or_, true

from leadcrm.core.errors import Forbidden
from leadcrm.identity.models import User

MANAGERS = ("owner", "manager")
P = ParamSpec("P")
Result = TypeVar("Result")


def me() -> User:
    """The row of the signed-in person. For signed-in requests only."""
    return current_user._get_current_object()


def can_manage(user: User) -> bool:
    """Whether the person runs the team: sees all its leads, its settings, its members."""
    return user.role in MANAGERS


def is_staff(user: "User | Reader") -> bool:
    """Whether the person works in the organization; a provider only buys from it."""
    return user.role != "provider"


def can_see_lead(user: User, lead) -> bool:
    """Reps see their own leads and those nobody owns; the rest of the staff sees all; providers none."""
    if user.role == "rep":
        return lead.owner_id in (None, user.id)
    return is_staff(user)


@dataclass(frozen=True)
class Reader:
    """Whoever of a role will read a statement that is made once; it is executed with their id as `reader`."""

    role: str
    id: Any = field(default_factory=lambda: bindparam("reader"))


def visible_leads_filter(user: User | Reader, owner_id: ColumnElement) -> ColumnElement[bool]:
    """The same rule as a criterion on the column of the lead's owner: `visible_leads_filter(me, Lead.owner_id)`."""
    if user.role == "rep":
        return or_(owner_id == user.id, owner_id.is_(None))
    if sees_all_leads(user):
        return true()
    return owner_id.in_(())


def sees_all_leads(user: User | Reader) -> bool:
    """Whether `visible_leads_filter` leaves nothing out for the person: their statements need not ask for the lead."""
    return is_staff(user) and user.role != "rep"


def may_grant(user: User, role: str) -> bool:
    """Whether the person may give this role, or change someone who has it. Only owners make and unmake owners."""
    return user.role == "owner" or (user.role == "manager" and role != "owner")


def requires(*roles: str) -> Callable[[Callable[P, Result]], Callable[P, Result]]:
    """Decorator of a view: raises Forbidden (403) for every other role."""

    def decorate(view: Callable[P, Result]) -> Callable[P, Result]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Result:
            if current_user.role not in roles:
                raise Forbidden("Your role does not allow this. Ask an owner of your team.")
            return view(*args, **kwargs)

        return guarded

    return decorate


def open_to_providers(view: Callable[P, Result]) -> Callable[P, Result]:
    """Mark a view that providers may use too; all others answer them 403."""
    view.is_open_to_providers = True
    return view


def background(view: Callable[P, Result]) -> Callable[P, Result]:
    """Mark a view that pages poll: without a session it answers 401 and nothing else, so no dialog pops up."""
    view.is_background = True
    return view
