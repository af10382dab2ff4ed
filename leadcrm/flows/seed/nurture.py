"""Staying in touch with somebody who is interested and in no hurry: days 1, 3, 7 and 14."""

from datetime import time

from leadcrm.flows.seed.example import Example, Step

_GUIDE = """\
Hi {first_name|there},

people who ask us about {interest|our services} usually want to know three things first: what it costs, how long it \
takes, and what can go wrong. I wrote the short answers down for you:

1. Cost: we agree on it before we begin, and it does not change on the way.
2. Time: you get a plan with dates in the first meeting.
3. What can go wrong: tell me what worries you, and I will tell you how we handle it.

Which of the three matters most to you? Reply with a number, I will take it from there.

Best regards,
{owner_first_name|Your team}
{organization_name}
"""

_CHECK_IN = (
    "Hi {first_name|there}, {owner_first_name|the team} at {organization_name} here. Is there a question about "
    "{interest|your request} that I can answer for you today? Reply STOP to opt out."
)

_STORY = """\
Hi {first_name|there},

last month someone came to us with nearly the same question about {interest|our services} as you. They were not sure \
whether it was the right time, so we looked at their numbers together first, without any obligation. Half an hour \
later they knew what to do, and what to leave alone.

I would gladly do the same for you. Reply with two times that suit you, and I send an invitation for one of them.

Best regards,
{owner_first_name|Your team}
{organization_name}
"""

_LAST = """\
Hi {first_name|there},

I have written to you a few times about {interest|our services}, and I do not want to be the one who clogs your \
inbox. So this is the last mail of this kind.

If it is still on your list, a one-word reply is enough, and I will call you. If not: I wish you all the best, and you \
can come back to me at any time.

Best regards,
{owner_first_name|Your team}
{organization_name}
"""

NURTURE = Example(
    "nurture",
    "Nurture",
    "manual",
    "Stays in touch on days 1, 3, 7 and 14. People, automations and campaigns let leads in.",
    (
        Step("email", "Three answers", 1, time(10), _GUIDE, "The three questions everybody asks about {interest|it}"),
        Step("text", "Check in", 3, time(11), _CHECK_IN),
        Step("email", "Somebody like you", 7, time(10), _STORY, "Someone asked us the same as you, {first_name|there}"),
        Step("email", "Last mail", 14, time(10), _LAST, "Shall I close this, {first_name|there}?"),
    ),
)
