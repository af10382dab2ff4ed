"""What came of the crowd's leads: tasks, meetings that are over, and the accounts of those who were converted.

Rows alone, without the facts that tell of them.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Table

from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.accounts.naming import folded
from leadcrm.accounts.pipeline import CLOSED, STAGES
from leadcrm.bookings.models import Booking
from leadcrm.core.bulk import Row
from leadcrm.core.values import new_id
from leadcrm.demo import words
from leadcrm.leads.models import Conversion
from leadcrm.tasks.models import KINDS, Task

ACCOUNTS, CONTACTS, DEALS = Account.__table__, Contact.__table__, Opportunity.__table__
CONVERSIONS, TASKS, MEETINGS = Conversion.__table__, Task.__table__, Booking.__table__
BEFORE_LEADS = (ACCOUNTS,)
AFTER_LEADS = (CONTACTS, DEALS, CONVERSIONS, TASKS, MEETINGS)  # in the order they may be filled

WITH_A_TASK, WITH_A_MEETING = 0.2, 0.1  # shares of the leads
DONE = 0.9  # of the tasks that were due
CALLED_OFF = 0.15  # of the meetings
FORTNIGHT = timedelta(days=14)
GRID = timedelta(minutes=30)


def follow_ups(
    lead: Row, email: str, phone: str, realtors: Sequence[str], now: datetime, chance: random.Random
) -> Iterator[tuple[Table, Row]]:
    """The rows about one lead; a converted one is linked to its account. `realtors` are ids of users."""
    if chance.random() < WITH_A_TASK:
        yield TASKS, _task(lead, now, chance)
    if realtors and chance.random() < WITH_A_MEETING:
        start = _on_the_grid(lead["created_at"] + FORTNIGHT * chance.random())
        if start + GRID < now:  # nobody's coming hours are taken away
            yield MEETINGS, _meeting(lead, chance.choice(realtors), start, chance)
    if lead["status"] == "converted":
        yield from _customer(lead, email, phone, now, chance)


def _task(lead: Row, now: datetime, chance: random.Random) -> Row:
    due = lead["created_at"] + FORTNIGHT * chance.random()
    done = due < now and chance.random() < DONE
    return {
        "id": new_id(),
        "lead_id": lead["id"],
        "title": f"Ask about {lead['interest']}",
        "kind": chance.choice(KINDS),
        "due_at": due,
        "priority": lead["priority"],
        "assignee_id": lead["owner_id"],
        "state": "done" if done else "open",
        "done_at": due if done else None,
        "done_by_id": lead["owner_id"] if done else None,
        "created_at": lead["created_at"],
    }


def _meeting(lead: Row, realtor_id: str, start: datetime, chance: random.Random) -> Row:
    off = chance.random() < CALLED_OFF
    return {
        "id": new_id(),
        "lead_id": lead["id"],
        "realtor_id": realtor_id,
        "starts_at": start,
        "ends_at": start + GRID,
        "timezone": lead["timezone"],
        "state": "canceled" if off else "booked",
        "canceled_at": lead["created_at"] if off else None,
        "created_at": lead["created_at"],
    }


def _on_the_grid(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 30 * 30, second=0, microsecond=0)


def _customer(lead: Row, email: str, phone: str, now: datetime, chance: random.Random) -> Iterator[tuple[Table, Row]]:
    """An account, the lead as its main contact, a deal, and that all three were made of the lead."""
    at = min(lead["last_activity_at"] + FORTNIGHT * chance.random(), now)
    common = {"created_at": at, "updated_at": at}
    name = lead["company"] or f"{lead['last_name']} & {chance.choice(words.LAST_NAMES)}"
    account = {
        "id": new_id(),
        "name": name,
        "folded_name": folded(name),
        "health": chance.randint(0, 100),
        "owner_id": lead["owner_id"],
        **common,
    }
    contact = {
        "id": new_id(),
        "account_id": account["id"],
        "lead_id": lead["id"],
        **{part: lead[part] for part in ("first_name", "last_name", "name")},
        "email": email,
        "phone": phone,
        "is_primary": True,
        **common,
    }
    deal = _deal(lead, account["id"], contact["id"], chance) | common | {"stage_since": at}
    deal["closed_at"] = at if deal["stage"] in CLOSED else None
    lead["account_id"] = account["id"]
    yield ACCOUNTS, account
    yield CONTACTS, contact
    yield DEALS, deal
    yield CONVERSIONS, _conversion(lead, contact, deal, at)


def _deal(lead: Row, account_id: str, contact_id: str, chance: random.Random) -> Row:
    stage = chance.choice(list(STAGES))
    return {
        "id": new_id(),
        "account_id": account_id,
        "contact_id": contact_id,
        "name": lead["interest"],
        "stage": stage,
        "amount": chance.randint(50, 2_000) * 100_000,  # hundredths, as they are stored
        "lost_reason": "Bought elsewhere" if stage == "closed_lost" else "",
        "source": lead["source"],
        "owner_id": lead["owner_id"],
    }


def _conversion(lead: Row, contact: Row, deal: Row, at: datetime) -> Row:
    return {
        "lead_id": lead["id"],
        "account_id": contact["account_id"],
        "contact_id": contact["id"],
        "opportunity_id": deal["id"],
        "made_account": True,
        "made_contact": True,
        "linked_contact": True,
        "old_account_id": None,
        "converted_at": at,
    }
