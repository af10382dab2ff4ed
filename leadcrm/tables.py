"""All tables of all features, so that the metadata is whole before anything looks at it."""

from leadcrm.accounts import models as accounts
from leadcrm.automations import models as automations
from leadcrm.bookings import models as bookings
from leadcrm.conversations import models as conversations
from leadcrm.core import models as core
from leadcrm.flows import models as flows
from leadcrm.identity import models as identity
from leadcrm.imports import models as imports
from leadcrm.leads import models as leads
from leadcrm.notifications import models as notifications
from leadcrm.tasks import models as tasks
from leadcrm.tracking import models as tracking

__all__ = [
    "accounts",
    "automations",
    "bookings",
    "conversations",
    "core",
    "flows",
    "identity",
    "imports",
    "leads",
    "notifications",
    "tasks",
    "tracking",
]
