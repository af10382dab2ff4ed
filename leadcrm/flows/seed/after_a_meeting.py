"""After a first meeting: thanks, the open points, and a decision."""

from datetime import time

from leadcrm.flows.seed.example import Example, Step

_THANKS = """\
Hi {first_name|there},

thank you for the conversation about {interest|our services}. I enjoyed it, and I noted what matters to you.

If something came to your mind since, reply to this mail. I would rather answer one question too many than leave one \
open.

Best regards,
{owner_first_name|Your team}
{organization_name}
"""

_OPEN_POINTS = (
    "Hi {first_name|there}, {owner_first_name|the team} at {organization_name}. Is there anything left to clarify "
    "about {interest|what we discussed}? Reply STOP to opt out."
)

_DECISION = """\
Hi {first_name|there},

a week has passed since we spoke about {interest|our services}. How does it look from your side?

If you are ready, reply “yes” and I send you the next step. If something holds you back, tell me what it is: often it \
can be solved.

Best regards,
{owner_first_name|Your team}
{organization_name}
"""

AFTER_A_MEETING = Example(
    "after_a_meeting",
    "After a meeting",
    "manual",
    "Thanks at once, asks for open points two days later, and for a decision after a week.",
    (
        Step("email", "Thank you", 0, None, _THANKS, "Thank you for your time, {first_name|and until soon}"),
        Step("text", "Open points", 2, time(11), _OPEN_POINTS),
        Step("email", "Decision", 7, time(10), _DECISION, "How does it look, {first_name|from your side}?"),
    ),
)
