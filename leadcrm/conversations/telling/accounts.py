"""What happened to the account that a lead belongs to, to its people and its deals, as the lead's timeline tells it."""

from collections.abc import Callable

from leadcrm.accounts.wording import STAGE_WORDS
from leadcrm.conversations.telling.base import Telling, done_by, fields

_ENDS = {"closed_won": "won", "closed_lost": "lost"}


def _changed(what: str) -> Callable[[Telling], str]:
    def tell(telling: Telling) -> str:
        names = fields(telling.words("fields")) or "details"
        were = "were" if " and " in names or names.endswith("s") else "was"
        return telling.done(f"changed the {names} of {what}", f"The {names} of {what} {were} changed")

    return tell


def _given(what: str) -> Callable[[Telling], str]:
    def tell(telling: Telling) -> str:
        return telling.handed(
            "owner_id",
            nobody=(f"left {what} without an owner", f"Nobody looks after {what} any more"),
            took=f"took {what} over",
            gave=lambda owner: (f"gave {what} to {owner}", f"{owner[:1].upper()}{owner[1:]} looks after {what}"),
        )

    return tell


def _health(telling: Telling) -> str:
    change = f"from {telling.get('old', '0')} to {telling.get('new', '0')}"
    return telling.done(f"changed the account's health {change}", f"The account's health changed {change}")


def _stage(telling: Telling) -> str:
    new = telling.get("new")
    if new in _ENDS:
        return telling.done(f"noted that an opportunity was {_ENDS[new]}", f"An opportunity was {_ENDS[new]}")
    stage = STAGE_WORDS.get(new, new)
    return telling.done(f"moved an opportunity to {stage}", f"An opportunity moved to {stage}")


def _converted(telling: Telling) -> str:
    return telling.done(f"made {telling.lead} a customer", f"{telling.lead} became a customer")


def _linked(telling: Telling) -> str:
    if not telling.get("account_id"):
        return telling.done("took the lead out of its account", "The lead belongs to no account any more")
    return telling.done("added the lead to an account", "The lead was added to an account")


SENTENCES: dict[str, Callable[[Telling], str]] = {
    "lead.converted": _converted,
    "lead.conversion_undone": done_by("took the conversion back", "The conversion was taken back"),
    "lead.linked": _linked,
    "account.created": done_by("made an account for the lead", "An account was made for the lead"),
    "account.edited": _changed("the account"),
    "account.assigned": _given("the account"),
    "account.health_changed": _health,
    "account.archived": done_by("archived the account", "The account was archived"),
    "account.restored": done_by("brought the account back from the archive", "The account came back from the archive"),
    "contact.added": done_by("added the lead to the account's contacts", "The lead is a contact of the account"),
    "contact.edited": _changed("the contact"),
    "contact.made_primary": done_by("made the lead the main contact", "The lead is the account's main contact"),
    "contact.left": done_by("noted that they left the company", "They left the company"),
    "contact.returned": done_by("noted that they are at the company again", "They are at the company again"),
    "opportunity.created": done_by("began an opportunity", "An opportunity was begun"),
    "opportunity.edited": _changed("an opportunity"),
    "opportunity.assigned": _given("an opportunity"),
    "opportunity.stage_changed": _stage,
}
