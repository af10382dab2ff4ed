"""What is said to a visitor about their meeting. Pure."""

from dataclasses import dataclass

MADE, MOVED, CANCELED, DAY, HOUR = "made", "moved", "canceled", "day", "hour"
KINDS = (MADE, MOVED, CANCELED, DAY, HOUR)

# a reminder may leave hours later than planned (a lead's quiet hours, a pause): it does not say how long there is left
_SUBJECTS = {
    MADE: "Your meeting with {realtor}: {when}",
    MOVED: "Your meeting with {realtor} is now: {when}",
    CANCELED: "Your meeting with {realtor} is canceled",
    DAY: "Reminder: your meeting with {realtor}, {when}",
    HOUR: "Soon: your meeting with {realtor}, {when}",
}
_OPENINGS = {
    MADE: "your meeting is booked.",
    MOVED: "your meeting has another time.",
    CANCELED: "your meeting is canceled.",
    DAY: "this is to remind you of your meeting.",
    HOUR: "your meeting begins soon.",
}


@dataclass(frozen=True)
class Said:
    """Who meets, when by the visitor's clock, where, and the address of the page that answers every further wish."""

    realtor: str
    organization: str
    when: str  # with the zone
    place: str
    url: str


def subject(kind: str, said: Said) -> str:
    """Of the mail."""
    return _SUBJECTS[kind].format(realtor=_plain(said.realtor), when=_plain(said.when))


def mail(kind: str, said: Said) -> str:
    """The mail; its merge fields are filled when it is sent."""
    facts = [f"With: {said.realtor}, {said.organization}", f"When: {said.when}"]
    facts += [f"Where: {said.place}"] if said.place else []
    ask = "Choose another time" if kind == CANCELED else "Another time, or not at all? Here you can change it"
    parts = [_OPENINGS[kind], _plain("\n".join(facts)), f"{ask}:\n{said.url}", _plain(said.organization)]
    return "\n\n".join(["Hi {first_name|there},", *parts]) + "\n"


def text(kind: str, said: Said) -> str:
    """The same for a phone."""
    return f"{_plain(said.organization)}: {subject(kind, said)}. {said.url}"


def _plain(words: str) -> str:
    """Without what would be read as a merge field."""
    return words.replace("{", "(").replace("}", ")")
