"""What happened to the account that a lead belongs to, as the account's own timeline tells it, but without its names.

The reader may not see the account: deals and other people are told as “an opportunity” and “a contact”.
"""

from collections.abc import Callable

from leadcrm.accounts import telling as account_telling
from leadcrm.conversations.telling.base import Telling, done_by


def _converted(telling: Telling) -> str:
    return telling.done(f"made {telling.lead} a customer", f"{telling.lead} became a customer")


def _linked(telling: Telling) -> str:
    if not telling.get("account_id"):
        return telling.done("took the lead out of its account", "The lead belongs to no account any more")
    return telling.done("added the lead to an account", "The lead was added to an account")


def _of_account(telling: Telling) -> str:
    known = telling.background
    names = {telling.get("contact_id"): telling.lead}  # of their contacts, only the lead's own facts stand here
    background = account_telling.Background(people=known.people, contacts=names, automations=known.named)
    return account_telling.sentence_of(telling.row, background)


SENTENCES: dict[str, Callable[[Telling], str]] = {
    **dict.fromkeys(account_telling.SENTENCES, _of_account),
    "lead.converted": _converted,
    "lead.conversion_undone": done_by("took the conversion back", "The conversion was taken back"),
    "lead.linked": _linked,
}
