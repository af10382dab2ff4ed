"""How leads can be written to by a flow: addresses, and who must not be."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Row, select

from leadcrm.conversations.models import CHANNELS, Suppression
from leadcrm.conversations.operations.consent import BOUNCED, EVERY_CHANNEL, REASON_BOUNCED
from leadcrm.core.db import db
from leadcrm.flows import queries
from leadcrm.flows.document import StepDocument
from leadcrm.flows.models import CHANNEL_OF_TYPE, FlowStep
from leadcrm.flows.reasons import OPTED_OUT
from leadcrm.leads.models import ContactPoint


@dataclass(frozen=True)
class Reach:
    """A lead's addresses by channel, and why the lead must not be written to, by channel."""

    addresses: Mapping[str, str]
    barred: Mapping[str, str]


def reach_of(lead_ids: Collection[str], steps: Iterable[FlowStep | StepDocument]) -> dict[str, Reach]:
    """By lead id, on the channels of these steps; one query for each channel and one more, however many leads.

    Whoever opted out of one channel is not written to by flows on another. Hashes of erased people are left to the
    delivery, which looks at them before anything leaves.
    """
    by_channel = queries.reachable(lead_ids, {CHANNEL_OF_TYPE[step.type] for step in steps})
    refusals = _refusals(lead_ids)
    reach = {}
    for lead_id in lead_ids:
        addresses = {channel: found[lead_id] for channel, found in by_channel.items() if lead_id in found}
        reach[lead_id] = Reach(addresses, _barred(addresses, refusals.get(lead_id, ())))
    return reach


def _barred(addresses: Mapping[str, str], refusals: Collection[Row]) -> dict[str, str]:
    if any(row.reason != BOUNCED for row in refusals):
        return dict.fromkeys(addresses, OPTED_OUT)
    bounced = {(row.channel, row.address) for row in refusals}
    return {channel: REASON_BOUNCED for channel, address in addresses.items() if (channel, address) in bounced}


def _refusals(lead_ids: Collection[str]) -> dict[str, list[Row]]:
    """(lead_id, channel, address, reason) of all that is refused at any address of these leads, by lead."""
    found: dict[str, list[Row]] = {}
    refused = (
        select(ContactPoint.lead_id, Suppression.channel, Suppression.address, Suppression.reason)
        .join(Suppression, Suppression.address == ContactPoint.value)
        .where(ContactPoint.lead_id.in_(lead_ids), Suppression.channel.in_((*CHANNELS, EVERY_CHANNEL)))
    )
    for row in db.session.execute(refused):
        found.setdefault(row.lead_id, []).append(row)
    return found
