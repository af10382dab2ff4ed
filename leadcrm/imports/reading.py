"""A row of a file as what it says about a lead, by the plan. Pure but for what the organization's country decides."""

import re
from collections.abc import Iterable, Mapping, Sequence

from leadcrm.core.csv_cells import safe_cell
from leadcrm.core.errors import DomainError
from leadcrm.core.forms import has_control_characters, tidy
from leadcrm.identity.models import User
from leadcrm.identity.permissions import is_staff
from leadcrm.imports.columns import HIGHEST_SCORE, IGNORE, MEANINGS, is_score
from leadcrm.imports.csv_files import Record
from leadcrm.imports.data import Plan, Reading, RowRefused
from leadcrm.imports.dates import NotADay, day_of, moment_of
from leadcrm.leads.data import Beginnings, Consent, LeadData
from leadcrm.leads.operations import checked_beginnings, read_submission
from leadcrm.leads.operations.changing import LONGEST_TAG, MOST_TAGS
from leadcrm.leads.operations.creating import shown_name

LONGEST = {
    "first_name": 120, "last_name": 120, "company": 160, "interest": 200, "city": 120, "country": 80, "source": 60,
    "timezone": 60,
}  # fmt: skip
ADDRESSES = {"email", "phone"}
SEVERAL = re.compile(r"\s*(?::::|[;,\n])\s*")  # what divides addresses in one cell; of several the first is taken
LABELS = {**MEANINGS, "owner_id": "Owner"}


class RowReader:
    """Reads rows by one plan."""

    def __init__(self, plan: Plan, headings: Sequence[str], colleagues: Iterable[User]):
        self.plan = plan
        self.names = payload_names(headings)
        self.owners: dict[str, list[str]] = {}
        for user in colleagues:
            if is_staff(user):
                for key in {user.name.casefold(), user.email.casefold()}:
                    self.owners.setdefault(key, []).append(user.id)

    def read(self, record: Record) -> Reading:
        """What the row says. Raises RowRefused."""
        said = self._said(record.cells)
        try:
            submission = read_submission(self._lead(said, record), zone_source="chosen")
            first = next(iter(submission.addresses), ("", ""))
            shown_name(submission.data, first[1])
            return Reading(submission, checked_beginnings(self._beginnings(said)))
        except DomainError as error:
            label = LABELS.get(error.field or "")
            raise RowRefused(f"{label}: {error.message}" if label else error.message) from None

    def _said(self, cells: Sequence[str]) -> dict[str, str]:
        said: dict[str, str] = {}
        for meaning, cell in zip(self.plan.columns, cells, strict=False):
            if meaning != IGNORE and (text := plain(cell)):
                if has_control_characters(text) or "\ufffd" in text:
                    raise RowRefused(f"{LABELS[meaning]}: This contains characters that cannot be read.")
                said[meaning] = f"{said[meaning]},{text}" if meaning in said else text
        for kind in ADDRESSES & said.keys():
            said[kind] = SEVERAL.split(said[kind])[0]
        return said

    def _lead(self, said: Mapping[str, str], record: Record) -> LeadData:
        texts = {name: " ".join(said.get(name, "").split()) for name in LONGEST} | _names(said)
        for name, longest in LONGEST.items():
            if len(texts[name]) > longest:
                raise DomainError(f"At most {longest} characters.", name)
        cells = [it for it in zip(self.names, self.plan.columns, record.cells, strict=False) if it[2]]
        return LeadData(
            **{name: text or None for name, text in texts.items() if name != "source"},
            source=texts["source"] or self.plan.source,
            email=said.get("email"),
            phone=said.get("phone"),
            owner_id=self._owner(said.get("owner")),
            tags=self._tags(said.get("tags", "")),
            consent=self._consent(said),
            answers={name: tidy(cell) for name, meaning, cell in cells if meaning == IGNORE},
            payload={name: cell for name, _, cell in cells},
        )

    def _owner(self, name: str | None) -> str | None:
        if name is None:
            return self.plan.owner_id
        found = self.owners.get(name.casefold(), [])
        if len(found) != 1:
            who = "Nobody" if not found else "More than one"
            raise DomainError(f"{who} of your team is called “{name[:60]}”.", "owner")
        return found[0]

    def _tags(self, text: str) -> list[str]:
        tags = [name for part in text.replace(";", ",").split(",") if (name := " ".join(part.split()))]
        tags = list({name.casefold(): name for name in [*tags, *self.plan.tags]}.values())
        if len(tags) > MOST_TAGS or any(len(name) > LONGEST_TAG for name in tags):
            raise DomainError(f"At most {MOST_TAGS} tags of {LONGEST_TAG} characters.", "tags")
        return tags

    def _consent(self, said: Mapping[str, str]) -> Consent | None:
        written = said.get("consent_on")
        try:
            on = day_of(written, self.plan.dates) if written else self.plan.consent_on
        except NotADay:
            raise DomainError(f"“{written[:40]}” is no day.", "consent_on") from None
        if on is None and "consent_source" not in said and "consent_on" in self.plan.columns:
            return None  # the others agreed on a day, this one never did
        source = " ".join(said.get("consent_source", self.plan.consent_source).split())
        return Consent(source, on) if source or on else None

    def _beginnings(self, said: Mapping[str, str]) -> Beginnings:
        created, score = said.get("created"), said.get("score")
        try:
            created_at = moment_of(created, self.plan.dates) if created else None
        except NotADay:
            raise DomainError(f"“{created[:40]}” is no day.", "created") from None
        if score and not is_score(score):
            raise DomainError(f"A score is a number from 0 to {HIGHEST_SCORE}.", "score")
        status = said.get("status", "").casefold() or None
        return Beginnings(status=status, score=int(score) if score else None, created_at=created_at)


def plain(cell: str) -> str:
    """The cell as it was before a program guarded it against formulas: `'=SUM(A1)` → `=SUM(A1)`."""
    text = tidy(cell)
    return text[1:] if text.startswith("'") and safe_cell(text[1:]) == text else text


def payload_names(headings: Sequence[str]) -> list[str]:
    """What each cell of a row is kept under: its heading, made different where two are alike."""
    names: list[str] = []
    for place, heading in enumerate(headings, 1):
        name = heading or f"Column {place}"
        names.append(f"{name} ({place})" if name in names else name)
    return names


def _names(said: Mapping[str, str]) -> dict[str, str]:
    """First and last name; what stands in a full name's place for somebody without one is none."""
    first, last = (" ".join(said.get(name, "").split()) for name in ("first_name", "last_name"))
    name = " ".join(said.get("name", "").split())
    stand_ins = {said.get(other, "").casefold() for other in ("company", "email", "phone")}
    if not first and not last and name.casefold() not in stand_ins:
        first, _, last = name.partition(" ")
    return {"first_name": first, "last_name": last}
