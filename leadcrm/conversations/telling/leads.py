"""What happened to a lead itself, and what it did on the organization's site."""

from collections.abc import Callable

from leadcrm.conversations.telling.base import Telling, begin, done_by, fields, listed

_VISITS = {"pricing": "looked at your pricing page", "demo_request": "asked for a demo on your site"}


def _source(telling: Telling) -> str:
    source = telling.get("source").replace("_", " ")
    return f", source: {begin(source)}" if source else ""


def _created(telling: Telling) -> str:
    return telling.done("added the lead", f"{telling.lead} came in as a new lead") + _source(telling)


def _inquired(telling: Telling) -> str:
    differs = telling.words("differs")
    told = f"; they gave another {fields(differs)} than we have" if differs else ""
    return f"{telling.lead} got in touch again{_source(telling)}{told}"


def _imported(telling: Telling) -> str:
    filled, differs = telling.words("filled"), telling.words("differs")
    found = f"{telling.lead} was in an imported file"
    gave = f", which filled the {fields(filled)}" if filled else ""
    return found + gave + (f"; it gives another {fields(differs)} than we have" if differs else "")


def _edited(telling: Telling) -> str:
    names = telling.words("fields")
    if not names:
        return telling.done("changed the details", "The details were changed")
    were = "were" if len(names) > 1 else "was"
    return telling.done(f"changed the {fields(names)}", f"{begin(fields(names))} {were} changed")


def _status(telling: Telling) -> str:
    change = f"from {begin(telling.get('old'))} to {begin(telling.get('new'))}"
    return telling.done(f"changed the status {change}", f"The status changed {change}")


def _scored(telling: Telling) -> str:
    reason = f": {telling.get('reason')}" if telling.get("reason") else ""
    change = f"from {telling.get('old', '0')} to {telling.get('new', '0')}{reason}"
    return telling.done(f"changed the score {change}", f"The score changed {change}")


def _assigned(telling: Telling) -> str:
    return telling.handed(
        "owner_id",
        nobody=("left the lead without an owner", "The lead has no owner any more"),
        took="took the lead over",
        gave=lambda owner: (f"made {owner} the owner", f"{begin(owner)} became the owner"),
    )


def _tagged(telling: Telling) -> str:
    tags = {verb: listed(f"“{tag}”" for tag in telling.words(verb)) for verb in ("added", "removed")}
    change = " and ".join(f"{verb} {words}" for verb, words in tags.items() if words)
    if not change:
        return telling.done("changed the tags", "The tags were changed")
    return telling.done(f"changed the tags: {change}", f"The tags changed: {change}")


SENTENCES: dict[str, Callable[[Telling], str]] = {
    "lead.created": _created,
    "lead.inquired": _inquired,
    "lead.imported": _imported,
    "lead.edited": _edited,
    "lead.status_changed": _status,
    "lead.scored": _scored,
    "lead.assigned": _assigned,
    "lead.tagged": _tagged,
    "lead.archived": done_by("archived the lead", "The lead was archived"),
    "lead.restored": done_by("brought the lead back from the archive", "The lead came back from the archive"),
    "lead.exported": done_by("exported all personal data", "All personal data was exported"),
    "lead.erased": done_by("erased the personal data", "The personal data was erased"),
    "lead.follow_up_requested": done_by("asked for a follow-up email", "A follow-up email was asked for"),
    "lead.recognised": lambda telling: f"{telling.lead} was recognised as a visitor of your site",
    "lead.visited": lambda telling: f"{telling.lead} {_VISITS.get(telling.get('kind'), 'visited your site')}",
    "note.added": lambda telling: f"{telling.someone} wrote a note",
}
