"""What a column of a file may mean, and what its heading most likely means. Pure."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from leadcrm.leads.models import STATUSES

IGNORE = "ignore"
HIGHEST_SCORE = 100
SEVERAL = ("tags", IGNORE)  # meanings that more than one column may have
MEANINGS = {
    "first_name": "First name",
    "last_name": "Last name",
    "name": "Full name",
    "email": "Email",
    "phone": "Phone",
    "company": "Company",
    "interest": "Interest",
    "city": "City",
    "country": "Country",
    "source": "Source",
    "owner": "Owner (name or email)",
    "tags": "Tags",
    "status": "Status",
    "score": "Score",
    "timezone": "Time zone",
    "consent_source": "Consent: where they agreed",
    "consent_on": "Consent: on which day",
    "created": "Created on",
}
SYNONYMS = {
    "first_name": "first name, firstname, given name, forename, first",
    "last_name": "last name, lastname, surname, family name, last",
    "name": "name, full name, person name, contact, contact name, lead name, display name, person, lead",
    "email": (
        "email, e mail, email address, mail, primary email, email 1, e mail address, work email, e mail 1 value, "
        "person email"
    ),
    "phone": (
        "phone, phone number, telephone, tel, mobile, mobile phone, mobile number, cell, cell phone, cellphone, "
        "primary phone, work phone, phone 1, phone 1 value, person phone, business phone, "
        "home phone, whatsapp"
    ),
    "company": (
        "company, company name, organization, organisation, organization name, organisation name, "
        "account, account name, business, employer, firm"
    ),
    "interest": "interest, interested in, looking for, subject, product, property, service",
    "city": "city, town, home city, mailing city, address city, billing city, locality",
    "country": "country, country code, country region, mailing country, address country, billing country",
    "source": "source, lead source, original source, channel, origin, where from",
    "owner": "owner, lead owner, contact owner, assigned to, assignee, agent, sales rep, salesperson, owner email",
    "tags": "tags, tag, labels, label, categories, category, groups, group membership, segments",
    "status": "status, lead status, lifecycle stage, stage",
    "score": "score, lead score, rating",
    "timezone": "time zone, timezone, tz",
    "consent_source": "consent source, opt in source, consent given where, agreed where",
    "consent_on": (
        "consent date, consent on, opt in date, consent given on, agreed on, opt in time, optin time, confirm time"
    ),
    "created": "created, created at, created on, create date, date created, created date, date added, added",
}
_MEANT = {word.strip(): meaning for meaning, words in SYNONYMS.items() for word in words.split(",")}


def guessed(headings: Sequence[str], samples: Sequence[Sequence[str]]) -> list[str]:
    """What each column most likely means, by its heading and the cells of some rows.

    Each meaning goes to the first column that asks for it. Another program's “Status” may be anything: such columns
    have to hold what we would understand.
    """
    meanings: list[str] = []
    for place, heading in enumerate(headings):
        meaning = _MEANT.get(_plain(heading), IGNORE)
        fits = FITS.get(meaning)
        if fits and not all(fits(cells[place]) for cells in samples if cells[place]):
            meaning = IGNORE
        meanings.append(IGNORE if meaning in meanings and meaning not in SEVERAL else meaning)
    return meanings


def doubled(meanings: Sequence[str]) -> list[int]:
    """The places of columns that mean what an earlier one means already."""
    return [
        place
        for place, meaning in enumerate(meanings)
        if meaning not in SEVERAL and meaning in meanings[:place]
    ]  # fmt: skip


def is_score(text: str) -> bool:
    """Whether this is a whole number from 0 to 100."""
    return text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= HIGHEST_SCORE


FITS: Mapping[str, Callable[[str], bool]] = {
    "status": lambda cell: cell.casefold() in STATUSES,
    "score": is_score,
}


def _plain(heading: str) -> str:
    """`E-Mail_Address (1)` → `e mail address 1`."""
    folded = unicodedata.normalize("NFKD", heading.casefold())
    return " ".join(re.sub(r"[^\w]|_", " ", folded).split())
