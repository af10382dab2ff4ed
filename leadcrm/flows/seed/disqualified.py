"""Asking again half a year after it was not the right time."""

from datetime import time

from leadcrm.flows.seed.example import Example, Step

_SIX_MONTHS = """\
Hi {first_name|there},

half a year ago we spoke about {interest|our services}, and it was not the right time. Things change, so I ask once \
more: has anything changed for you?

If so, reply with a word or two and I will look at what we could do today. If not, that is fine, too, and you need not \
answer.

Best regards,
{owner_first_name|Your team}
{organization_name}
"""

_NEWS = """\
Hi {first_name|there},

a short note, because some things are new at {organization_name} since we spoke about {interest|our services}: we \
answer faster, and the first conversation is free and without obligation.

If you would like one, reply with a time that suits you.

Best regards,
{owner_first_name|Your team}
{organization_name}
"""

DISQUALIFIED = Example(
    "disqualified",
    "Six months later",
    "disqualified",
    "Asks leads who were disqualified again after six months. Whoever is qualified again leaves it.",
    (
        Step("email", "Has anything changed?", 180, time(10), _SIX_MONTHS, "Has anything changed, {first_name|there}?"),
        Step("email", "What is new", 194, time(10), _NEWS, "What is new since we spoke about {interest|your request}"),
    ),
)
