"""The flow every organization starts with, and examples to start others from."""

from leadcrm.flows.seed.after_a_meeting import AFTER_A_MEETING
from leadcrm.flows.seed.disqualified import DISQUALIFIED
from leadcrm.flows.seed.example import Example
from leadcrm.flows.seed.new_lead import NEW_LEAD
from leadcrm.flows.seed.nurture import NURTURE
from leadcrm.flows.seed.re_engagement import RE_ENGAGEMENT

EXAMPLES = (NEW_LEAD, NURTURE, AFTER_A_MEETING, RE_ENGAGEMENT, DISQUALIFIED)

__all__ = ["EXAMPLES", "NEW_LEAD", "Example"]
