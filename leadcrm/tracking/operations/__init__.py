"""The verbs of tracking."""

from leadcrm.tracking.operations.engaging import (
    forget_engagements,
    note_engagement,
    score_reading,
    settle_engagements,
)
from leadcrm.tracking.operations.visiting import (
    forget_visits,
    join_visitor,
    leave_shared_browsers,
    note_visit,
    save_site,
)

__all__ = [
    "forget_engagements",
    "forget_visits",
    "join_visitor",
    "leave_shared_browsers",
    "note_engagement",
    "note_visit",
    "save_site",
    "score_reading",
    "settle_engagements",
]
