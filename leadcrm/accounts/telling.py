"""The sentences of an account's timeline: one for each fact that may stand in it. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from leadcrm.accounts.wording import STAGE_WORDS
from leadcrm.core.models import EventRow

FIELDS = {"close_date": "expected close", "contact_id": "contact", "first_name": "first name", "last_name": "last name"}


@dataclass(frozen=True)
class Background:
    """What the sentences of one page need to know: names by id."""

    people: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[str, str] = field(default_factory=dict)
    deals: Mapping[str, str] = field(default_factory=dict)
    automations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Telling:
    """One fact with who did it: `who` is empty for what happened by itself."""

    row: EventRow
    who: str
    background: Background

    def get(self, name: str) -> str:
        return str(self.row.told.get(name) or "")

    @property
    def owner(self) -> str:
        return self.background.people.get(self.get("owner_id"), "someone who left")

    @property
    def contact(self) -> str:
        return self.background.contacts.get(self.get("contact_id"), "a contact")

    @property
    def deal(self) -> str:
        name = self.background.deals.get(self.get("opportunity_id"))
        return f"“{name}”" if name else "an opportunity"

    @property
    def automation(self) -> str:
        return _called(self.background.automations.get(self.get("automation_id")))

    @property
    def fields(self) -> str:
        *most, last = [FIELDS.get(name, name.replace("_", " ")) for name in self.row.told.get("fields") or ["details"]]
        return f"{', '.join(most)} and {last}" if most else last

    def done(self, active: str, passive: str) -> str:
        """`Ada did it`, or `It was done` when nobody in particular did."""
        return f"{self.who} {active}" if self.who else passive[:1].upper() + passive[1:]


def sentence_of(row: EventRow, background: Background) -> str:
    """What the fact says on the timeline; one that another version wrote is told by its name."""
    telling = Telling(row, _who_did(row, background), background)
    tell = SENTENCES.get(row.name) or WITHOUT_LEAD.get(row.name)
    return tell(telling) if tell else row.name.replace(".", " ").replace("_", " ").capitalize()


def _who_did(row: EventRow, background: Background) -> str:
    """Who acted, as a sentence begins with it; empty for the machine."""
    kind, _, row_id = row.actor.partition(":")
    if kind == "user":
        return background.people.get(row_id, "Someone who left")
    if kind == "automation":
        return _called(background.automations.get(row_id))
    return "The API" if kind == "token" else ""


def _called(automation: str | None) -> str:
    """As a sentence begins with it; one that is gone has no name."""
    return f"The automation “{automation}”" if automation else "An automation"


def _plain(active: str, passive: str) -> Callable[[Telling], str]:
    return lambda telling: telling.done(active, passive)


def _changed(what: Callable[[Telling], str]) -> Callable[[Telling], str]:
    """`Ada changed the amount of “Roof”`."""

    def tell(telling: Telling) -> str:
        change = f"the {telling.fields} of {what(telling)}"
        were = "were" if " and " in telling.fields or telling.fields.endswith("s") else "was"
        return telling.done(f"changed {change}", f"{change} {were} changed")

    return tell


def _given(what: Callable[[Telling], str]) -> Callable[[Telling], str]:
    """`Ada gave the account to Ben`, `Ben took the account`."""

    def tell(telling: Telling) -> str:
        thing = what(telling)
        if not telling.get("owner_id"):
            return telling.done(f"left {thing} without an owner", f"{thing} has no owner any more")
        if telling.owner == telling.who:
            return f"{telling.who} took {thing}"
        return telling.done(f"gave {thing} to {telling.owner}", f"{telling.owner} became the owner of {thing}")

    return tell


def _contact(active: str, passive: str) -> Callable[[Telling], str]:
    return lambda telling: telling.done(active.format(telling.contact), passive.format(telling.contact))


def _health(telling: Telling) -> str:
    change = f"from {telling.get('old') or 0} to {telling.get('new') or 0}"
    return telling.done(f"changed the account’s health {change}", f"the account’s health changed {change}")


def _stage(telling: Telling) -> str:
    stage = STAGE_WORDS.get(telling.get("new"), telling.get("new"))
    verbs = {"closed_won": ("won {}", "{} was won"), "closed_lost": ("closed {} as lost", "{} was lost")}
    active, passive = verbs.get(telling.get("new"), (f"moved {{}} to {stage}", f"{{}} moved to {stage}"))
    return telling.done(active.format(telling.deal), passive.format(telling.deal))


def _the_account(_: Telling) -> str:
    return "the account"


SENTENCES: dict[str, Callable[[Telling], str]] = {
    "account.created": _plain("added the account", "the account was added"),
    "account.edited": _changed(_the_account),
    "account.assigned": _given(_the_account),
    "account.health_changed": _health,
    "account.archived": _plain("archived the account", "the account was archived"),
    "account.restored": _plain("brought the account back from the archive", "the account came back from the archive"),
    "contact.added": _contact("added {} to the contacts", "{} was added to the contacts"),
    "contact.edited": _changed(lambda telling: telling.contact),
    "contact.made_primary": _contact("made {} the main contact", "{} became the main contact"),
    "contact.left": _contact("noted that {} left the company", "{} left the company"),
    "contact.returned": _contact("noted that {} is at the company again", "{} is at the company again"),
    "opportunity.created": lambda telling: telling.done(f"began {telling.deal}", f"{telling.deal} was begun"),
    "opportunity.edited": _changed(lambda telling: telling.deal),
    "opportunity.assigned": _given(lambda telling: telling.deal),
    "opportunity.stage_changed": _stage,
    "lead.converted": _plain("converted a lead into this account", "a lead was converted into this account"),
    "lead.conversion_undone": _plain("took a lead’s conversion back", "a lead’s conversion was taken back"),
    "lead.linked": _plain("linked a lead", "a lead was linked"),
}
WITHOUT_LEAD: dict[str, Callable[[Telling], str]] = {  # where there never was one: in no lead's timeline
    "contact.exported": _contact("exported what is held about {}", "what is held about {} was exported"),
    "contact.erased": _plain("erased a contact on request", "a contact was erased on request"),
    "automation.ran": lambda telling: f"{telling.automation} ran",
    "automation.call_given_up": lambda telling: f"{telling.automation} could not tell another program",
}
