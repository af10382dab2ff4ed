"""Which organization the running code works for.

A request, an API call and a drained job each run inside `organization(id)`; the ORM hook in core.db adds the criterion
to every statement on TenantOwned rows and raises TenantMissing when no scope is open. `everyone()` is for sign-in,
sweeps that select ids, and the command line; it is searchable by name for review.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Item = TypeVar("Item")


class TenantMissing(RuntimeError):
    """A statement on an organization's rows ran without an organization: a bug, never data."""


class _Everyone:
    pass


_EVERYONE = _Everyone()
_current: ContextVar[str | _Everyone | None] = ContextVar("tenant", default=None)


def current_id() -> str:
    """The organization's id. Raises TenantMissing outside a scope or inside `everyone()`."""
    value = _current.get()
    if not isinstance(value, str):
        raise TenantMissing("No organization is set for this piece of work.")
    return value


def scoped_id() -> str | None:
    """The organization's id, or None outside a scope and inside `everyone()`."""
    value = _current.get()
    return value if isinstance(value, str) else None


def is_everyone() -> bool:
    """Whether the running code asked to see all organizations."""
    return _current.get() is _EVERYONE


def enter(organization_id: str) -> None:
    """Set the organization for the rest of this request; `leave` ends it."""
    _current.set(organization_id)


def leave() -> None:
    _current.set(None)


@contextmanager
def organization(organization_id: str) -> Iterator[None]:
    """Work for one organization."""
    token = _current.set(organization_id)
    try:
        yield
    finally:
        _current.reset(token)


def carried(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, made in the scope that is open now: a streamed answer is made when its request is over."""
    organization_id = current_id()

    def make() -> Iterator[Item]:
        with organization(organization_id):
            yield from items

    return make()


@contextmanager
def everyone() -> Iterator[None]:
    """Work across organizations, unfiltered."""
    token = _current.set(_EVERYONE)
    try:
        yield
    finally:
        _current.reset(token)
