"""Which facts some rule of the organization starts from: asked for every fact that is recorded.

Remembered for two seconds per process, so that sending and enrolling pay nothing for it. A rule that was switched on in
another process is heard of that much later.
"""

import time

from flask import current_app

from leadcrm.automations import queries
from leadcrm.automations.triggers import facts_behind
from leadcrm.core import tenancy

REMEMBERED_SECONDS = 2.0
_remembered: dict[tuple[str, str], tuple[float, frozenset[str]]] = {}


def awaited() -> frozenset[str]:
    """Names of the facts that rules of the current organization wait for."""
    key = (current_app.settings.instance, tenancy.current_id())
    until, names = _remembered.get(key, (0.0, frozenset()))
    if time.monotonic() >= until:
        names = frozenset().union(*(facts_behind(trigger) for trigger in queries.triggers_in_use()))
        _remembered[key] = (time.monotonic() + REMEMBERED_SECONDS, names)
    return names


def forget() -> None:
    """Some rule changed: ask again."""
    _remembered.clear()
