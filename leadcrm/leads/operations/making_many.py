"""Many new leads in a handful of statements: what `make_lead` does for one. A part of verbs, not a verb."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.events import Event, record_all
from leadcrm.leads.data import Beginnings, LeadData
from leadcrm.leads.events import ConsentNoted, LeadCreated, LeadScored, LeadStatusChanged
from leadcrm.leads.operations import contact_points
from leadcrm.leads.operations.capturing import Submission, insert_inquiry, row_of_inquiry
from leadcrm.leads.operations.changing import found_or_made
from leadcrm.leads.operations.contact_points import Address
from leadcrm.leads.operations.creating import insert_lead, insert_lead_tags, row_of_lead

Rows = list[dict[str, Any]]


class NewLeads:
    """Leads on their way into the database; `addresses` are those of them that are not written yet."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self.addresses: set[Address] = set()
        self.leads: Rows = []
        self.points: Rows = []
        self.texts: Rows = []
        self.inquiries: Rows = []
        self.tags: list[tuple[str, str]] = []  # of a lead, its name
        self.facts: list[Event] = []

    def add(
        self, submission: Submission, beginnings: Beginnings, owner_id: str | None, held: Mapping[Address, str]
    ) -> str:
        """One more, with its inquiry; gives its id. `held` is what `contact_points.holders` says of its addresses."""
        data, said = submission.data, submission.addresses
        lead = row_of_lead(data, said, zone=submission.zone, owner_id=owner_id)
        lead_id = lead["id"]
        begun = {name: value for name, value in asdict(beginnings).items() if value is not None}
        self.leads.append({**lead, "status": "new", "score": 0, "created_at": clock.now(), **begun})
        consent = {"consent_source": None, "consent_on": None}
        if data.consent is not None:
            consent = {"consent_source": data.consent.source, "consent_on": data.consent.on}
        self.points += [point | consent for point in contact_points.rows_of_first(lead_id, said, held)]
        values = [value for _, value in said]
        self.texts.append(contact_points.row_of_search(lead_id, lead["name"], lead["company"], values))
        self.inquiries.append(row_of_inquiry(lead_id, data, {}))
        self.tags += [(lead_id, name) for name in data.tags or ()]
        self.addresses.update(said)
        self._tell(lead, data, beginnings, tuple(sorted({kind for kind, _ in said})))
        return lead_id

    def write(self) -> None:
        """Write those that are not yet."""
        connection = db.session.connection()
        tagged = self._tagged()
        for statement, rows in (
            (insert_lead, self.leads),
            (contact_points.insert_points, self.points),
            (contact_points.insert_search, self.texts),
            (insert_lead_tags, tagged),
            (insert_inquiry, self.inquiries),
        ):
            if rows:
                connection.execute(statement, rows)
        record_all(self.facts)
        self._forget()

    def _tagged(self) -> Rows:
        if not self.tags:
            return []
        found = found_or_made({name.casefold(): name for _, name in self.tags})
        db.session.flush()
        return [{"lead_id": lead_id, "tag_id": found[name.casefold()].id} for lead_id, name in self.tags]

    def _tell(self, lead: dict[str, Any], data: LeadData, beginnings: Beginnings, kinds: tuple[str, ...]) -> None:
        lead_id = lead["id"]
        self.facts.append(LeadCreated(lead_id=lead_id, source=lead["source"], owner_id=lead["owner_id"]))
        if beginnings.status not in (None, "new"):
            self.facts.append(LeadStatusChanged(lead_id=lead_id, old="new", new=beginnings.status))
        if beginnings.score:
            self.facts.append(LeadScored(lead_id=lead_id, old=0, new=beginnings.score))
        if kinds and data.consent is not None and data.consent.on is not None:
            on = data.consent.on.isoformat()
            self.facts.append(ConsentNoted(lead_id=lead_id, kinds=kinds, source=data.consent.source, on=on))
