"""What stays of the addresses of somebody who is erased: enough not to write to them again, not enough to know them."""

from collections.abc import Collection, Iterator

from sqlalchemy import delete, select

from leadcrm.conversations.models import Message, Suppression
from leadcrm.conversations.operations.consent import ERASED, EVERY_CHANNEL, shapes_of
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db
from leadcrm.core.upserts import upsert
from leadcrm.core.values import new_id
from leadcrm.leads.models import ContactPoint

CHANNELS_OF_KIND = {"email": ("email",), "phone": ("sms", "whatsapp"), "whatsapp": ("whatsapp",)}


def suppress_hashes(lead_id: str | None, further: Collection[str] = ()) -> None:
    """Put the lead's addresses, and further ones, on the list as keyed hashes, and take them off it in clear.

    An address that somebody else has, too, stays as it is: that person was not erased. Without a lead that is whoever
    has it.
    """
    known = {(channel, address) for address in further for channel in CHANNELS_OF_KIND[_kind_of(address)]}
    ways = sorted(known.union(_ways(lead_id)))
    shared = _held_by_others(lead_id, {address for _, address in ways})
    own = [(channel, address) for channel, address in ways if address not in shared]
    of_all = _listed_on_every_channel({address for _, address in own})
    own += [(EVERY_CHANNEL, address) for address in sorted(of_all)]
    addresses = {address for _, address in own}
    clear = delete(Suppression).where(Suppression.address.in_(addresses))
    db.session.execute(clear.execution_options(synchronize_session=False))
    if own:
        db.session.execute(upsert(Suppression).on_conflict_do_nothing(), [_row(*way) for way in own])


def _kind_of(address: str) -> str:
    return "email" if "@" in address else "phone"


def _ways(lead_id: str | None) -> Iterator[tuple[str, str]]:
    """Every channel and address the lead was or could be written to at."""
    points = select(ContactPoint.kind, ContactPoint.value).where(ContactPoint.lead_id == lead_id)
    for kind, value in db.session.execute(points):
        yield from ((channel, value) for channel in CHANNELS_OF_KIND[kind])
    used = select(Message.channel, Message.address).where(Message.lead_id == lead_id, Message.address != "")
    yield from db.session.execute(used.distinct())


def _held_by_others(lead_id: str | None, addresses: set[str]) -> set[str]:
    others = select(ContactPoint.value).where(ContactPoint.value.in_(addresses), ContactPoint.lead_id != lead_id)
    return set(db.session.scalars(others))


def _listed_on_every_channel(addresses: set[str]) -> set[str]:
    listed = select(Suppression.address).where(Suppression.channel == EVERY_CHANNEL, Suppression.address.in_(addresses))
    return set(db.session.scalars(listed))


def _row(channel: str, address: str) -> dict[str, object]:
    return {
        "id": new_id(),
        "created_at": clock.now(),
        "organization_id": tenancy.current_id(),
        "channel": channel,
        "address": shapes_of(address)[1],
        "reason": ERASED,
        "details": {},
    }
