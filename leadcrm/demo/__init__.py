"""Demo data: two organizations that look like real offices on a Tuesday.

Nothing is sent: the history is told with the outcomes already known, and only steps of future days wait.
"""

from leadcrm.demo.crowd import add_crowd
from leadcrm.demo.people import accounts, sign_in_of_owner
from leadcrm.demo.story import seed

__all__ = ["accounts", "add_crowd", "seed", "sign_in_of_owner"]
