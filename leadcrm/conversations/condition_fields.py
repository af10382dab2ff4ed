"""What a condition may look at, of a lead and of what happened, and how each of it is compared. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from leadcrm.accounts.pipeline import STAGES
from leadcrm.core import countries

OPS = {
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "not_contains": "does not contain",
    "at_least": "is at least",
    "at_most": "is at most",
    "is_set": "is set",
    "is_not_set": "is not set",
    "yes": "yes",
    "no": "no",
    "from": "is at or after",
    "before": "is before",
}
WITHOUT_VALUE = ("is_set", "is_not_set", "yes", "no")
KINDS = {
    "choice": ("is", "is_not"),
    "text": ("is", "is_not", "contains", "not_contains", "is_set", "is_not_set"),
    "number": ("at_least", "at_most"),
    "presence": ("is_set", "is_not_set"),
    "truth": ("yes", "no"),
    "user": ("is", "is_not", "is_set", "is_not_set"),
    "tag": ("is", "is_not"),
    "time": ("from", "before"),
}


@dataclass(frozen=True)
class Field:
    """Something that can be asked about.

    `choices` are (value, words) where only those make sense, `most` is the largest number. `says` is how it reads by
    operator, with {} for the value, where label and operator in a row would not read well.
    """

    label: str
    kind: str
    choices: tuple[tuple[str, str], ...] = ()
    most: int = 100
    says: Mapping[str, str] = field(default_factory=dict)

    @property
    def ops(self) -> tuple[str, ...]:
        return KINDS[self.kind]

    @property
    def op_choices(self) -> tuple[tuple[str, str], ...]:
        """(operator, words) that make sense for it."""
        return tuple((op, OPS[op]) for op in self.ops)


def _choices(*values: str) -> tuple[tuple[str, str], ...]:
    return tuple((value, value.capitalize()) for value in values)


_STATUSES = _choices("new", "contacted", "qualified", "converted", "unqualified")
_CHANNELS = (("email", "Email"), ("sms", "Text"), ("whatsapp", "WhatsApp"))
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST_DAYS = 3650
_STAGES = tuple((stage, stage.replace("_", " ").capitalize()) for stage in STAGES)
_LARGEST_AMOUNT = 10**12

LEAD_FIELDS: Mapping[str, Field] = {
    "status": Field("status", "choice", _STATUSES),
    "score": Field("score", "number"),
    "priority": Field("priority", "choice", _choices("low", "medium", "high")),
    "source": Field("source", "text"),
    "owner": Field("owner", "user"),
    "tag": Field("tag", "tag", says={"is": "the lead has the tag {}", "is_not": "the lead does not have the tag {}"}),
    "interest": Field("interest", "text"),
    "company": Field("company", "text"),
    "city": Field("city", "text"),
    "country": Field("country", "choice", countries.options()),
    "account": Field(
        "account",
        "presence",
        says={"is_set": "the lead belongs to an account", "is_not_set": "the lead belongs to no account"},
    ),
    "account_health": Field("account health", "number"),
    "email": Field("email address", "presence"),
    "phone": Field("phone number", "presence"),
    "replied": Field(
        "has ever replied", "truth", says={"yes": "the lead has replied", "no": "the lead has never replied"}
    ),
    "clicked": Field(
        "has ever clicked",
        "truth",
        says={"yes": "the lead has clicked a link of ours", "no": "the lead has never clicked a link of ours"},
    ),
    "meeting": Field(
        "has a meeting",
        "truth",
        says={"yes": "the lead has booked a meeting", "no": "the lead has not booked a meeting"},
    ),
    "opted_out": Field(
        "opt-out",
        "choice",
        _CHANNELS,
        says={"is": "the lead has opted out of {}", "is_not": "the lead has not opted out of {}"},
    ),
    "age": Field(
        "days since they came in",
        "number",
        most=_LONGEST_DAYS,
        says={"at_least": "the lead came in at least {} days ago", "at_most": "the lead came in at most {} days ago"},
    ),
    "quiet": Field(
        "days without activity",
        "number",
        most=_LONGEST_DAYS,
        says={"at_least": "nothing was said for at least {} days", "at_most": "something was said within {} days"},
    ),
    "time": Field(
        "time of day, theirs",
        "time",
        says={"from": "it is {} or later where they are", "before": "it is before {} where they are"},
    ),
    "weekday": Field(
        "day of the week, theirs",
        "choice",
        _choices(*WEEKDAYS),
        says={"is": "it is {} where they are", "is_not": "it is not {} where they are"},
    ),
}
EVENT_FIELDS: Mapping[str, Field] = {
    "channel": Field("channel", "choice", _CHANNELS),
    "message": Field("message text", "text"),
    "stage": Field("opportunity stage", "choice", _STAGES),
    "amount": Field("opportunity amount", "number", most=_LARGEST_AMOUNT),
    "old_status": Field("status before", "choice", _STATUSES),
    "added_tag": Field("added tag", "tag"),
    "removed_tag": Field("removed tag", "tag"),
}
FIELDS: Mapping[str, Field] = {**LEAD_FIELDS, **EVENT_FIELDS}
