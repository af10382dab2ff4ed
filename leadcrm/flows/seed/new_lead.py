"""The flow every organization starts with, from the flow system's own example."""

from datetime import time

from leadcrm.flows.seed.example import Example, Step

_WELCOME = """\
Hi {first_name|there},

thank you for getting in touch about {interest|our services}. Your message has reached a person, not a mailbox that \
nobody reads.

Here is what happens next: I look at what you told us, and tomorrow you get a short text from me to find a time to \
talk. If it is urgent, just reply to this email and it lands on my desk.

Is there anything we should know before we speak? A budget, a date, a question you would like answered first? One line \
is plenty.

Best regards,
{owner_first_name|Your team}
{organization_name}
"""

_FOLLOW_UP = (
    "Hi {first_name|there}, it's {owner_first_name|the team} at {organization_name}. Do you have 10 minutes today to "
    "talk about {interest|your request}? Reply with a time that suits you. Reply STOP to opt out."
)

_REMINDER = """\
Hi {first_name|there},

I don't want your question about {interest|our services} to get lost, so here are three ways to pick it up again:

1. Reply to this email with your question. You get a real answer, usually within the hour.
2. Send me two times that suit you this week and I will call you.
3. If now is not the moment, tell me when to get back to you, and I will be quiet until then.

No hurry and no obligation. I am here when you are ready.

Best regards,
{owner_first_name|Your team}
{organization_name}
"""

NEW_LEAD = Example(
    "new_lead",
    "New lead",
    "new_lead",
    "Greets every new lead, asks for a time to talk, and reminds once.",
    (
        Step(
            "email", "Welcome Email", 0, None, _WELCOME, "Thanks for getting in touch, {first_name|and welcome}", True
        ),
        Step("text", "Follow-up Text", 1, time(9), _FOLLOW_UP),
        Step(
            "email", "Reminder Email", 2, time(14), _REMINDER, "Still thinking about {interest|it}, {first_name|there}?"
        ),
    ),
)
