"""Waking up leads nobody has heard of for long: for a campaign to those who went quiet."""

from datetime import time

from leadcrm.flows.seed.example import Example, Step

_STILL_THERE = """\
Hi {first_name|there},

it has been a while since you asked us about {interest|our services}. Is it still on your mind?

- Yes: reply with a time, and I will call you.
- Not now: tell me when, and I will be quiet until then.
- No longer: use the link below, and you will not hear from us again.

Best regards,
{owner_first_name|Your team}
{organization_name}
"""

_NUDGE = (
    "Hi {first_name|there}, did my mail about {interest|your request} reach you? A yes or no is enough. "
    "{owner_first_name|Your team}, {organization_name}. Reply STOP to opt out."
)

_CLOSING = """\
Hi {first_name|there},

I have not heard from you, so I take {interest|your request} off my list. Nothing is lost: should you need us, this \
address reaches me.

Best regards,
{owner_first_name|Your team}
{organization_name}
"""

RE_ENGAGEMENT = Example(
    "re_engagement",
    "Re-engagement",
    "manual",
    "Three messages in ten days to leads who went quiet. Made for a campaign.",
    (
        Step(
            "email",
            "Still there?",
            0,
            time(10),
            _STILL_THERE,
            "Still thinking about {interest|it}, {first_name|there}?",
        ),
        Step("text", "Nudge", 4, time(11), _NUDGE),
        Step("email", "Off my list", 10, time(10), _CLOSING, "I am taking this off my list"),
    ),
)
