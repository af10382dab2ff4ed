"""Who must not be written to."""

from typing import Any

from sqlalchemy import delete, exists, select

from leadcrm.conversations.events import LeadOptedIn, LeadOptedOut
from leadcrm.conversations.models import CHANNELS, Suppression
from leadcrm.conversations.operations.skipping import skip_waiting_of_lead
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db
from leadcrm.core.events import record
from leadcrm.core.models import EventRow
from leadcrm.core.security import keyed_hashes
from leadcrm.core.upserts import upsert
from leadcrm.core.values import new_id
from leadcrm.leads import queries as leads
from leadcrm.leads.models import ContactPoint
from leadcrm.leads.operations.bouncing import note_bounce

EVERY_CHANNEL = "all"
REPLIED_STOP, ASKED_IN_WORDS, CONFIRMED = "replied_stop", "asked_in_words", "confirmed_by_hand"
ASKED_FOR = ("unsubscribed", REPLIED_STOP, ASKED_IN_WORDS, CONFIRMED)  # by the lead, who may take it back
COMPLAINED = "complained"  # their mail provider told us that they call our mail spam; START does not undo it
CONFIRMS = "opt-out:"  # how the intent key begins of the one message that may follow an opt-out
BOUNCED = "bounced"  # mail came back; the one reason that is not the lead's wish
HASHED = "suppressed address"  # what the hashes are for
ERASED = "erased"  # the person was; only a hash of the address is left
REASON_BOUNCED = "mail to this address came back"  # why a message is skipped


def suppress(channel: str, address: str, reason: str, details: dict[str, Any] | None = None) -> bool:
    """Never write to this address on this channel (`all` for every one) again. False when that was known.

    A wish of the lead takes the place of a bounce, which a person may lift; a complaint takes the place of both.
    """
    row = {
        "id": new_id(),
        "created_at": clock.now(),
        "organization_id": tenancy.current_id(),
        "channel": channel,
        "address": address,
        "reason": reason,
        "details": details or {},
    }
    statement = (
        upsert(Suppression)
        .values(row)
        .on_conflict_do_update(
            index_elements=["organization_id", "channel", "address"],
            set_={"reason": row["reason"], "details": row["details"]},
            where=Suppression.reason.in_(_weaker_than(reason)),
        )
    )
    return db.session.scalar(statement.returning(Suppression.id)) is not None


def lift_suppression(channel: str, address: str) -> bool:
    """Allow writing to the address on this channel again. False when it was allowed."""
    if channel == "email":
        note_bounce(address, None)
    statement = delete(Suppression).where(Suppression.channel == channel, Suppression.address.in_(shapes_of(address)))
    return db.session.execute(statement.execution_options(synchronize_session=False)).rowcount > 0


def is_suppressed(channel: str, address: str) -> bool:
    """Whether the address must not be written to on the channel."""
    on_channel = Suppression.channel.in_([channel, EVERY_CHANNEL])
    listed = exists().where(on_channel, Suppression.address.in_(shapes_of(address)))
    return bool(db.session.scalar(select(listed)))


def why_suppressed(channel: str, address: str) -> str | None:
    """The reason why the address must not be written to on the channel; None when it may be."""
    listed = Suppression.channel.in_([channel, EVERY_CHANNEL])
    statement = select(Suppression.reason).where(listed, Suppression.address.in_(shapes_of(address)))
    return db.session.scalar(statement.order_by(Suppression.channel).limit(1))


def shapes_of(address: str) -> list[str]:
    """How an address may stand in the list: as it is, or as a keyed hash when its person was erased."""
    return [address, *keyed_hashes(address, f"{HASHED} {tenancy.current_id()}")]


def lift_erasure(channel: str, address: str) -> None:
    """Who was erased and writes to us again may be answered there."""
    listed = (Suppression.channel == channel, Suppression.address.in_(shapes_of(address)), Suppression.reason == ERASED)
    db.session.execute(delete(Suppression).where(*listed).execution_options(synchronize_session=False))


def opt_out(lead_id: str, channel: str, address: str, how: str) -> bool:
    """The lead asked not to be written to on a channel: nothing waiting goes out, and it is recorded once.

    It holds for `address`, from which they asked or which they were written to at, and for every other address the
    lead has there: people answer from an alias, and mean themselves. On channel `all` it holds for each address on
    its own channel, so that START on one of them takes back that one. False when it was known.
    """
    new = [suppress(on, one, how) for on, one in _ways_to(lead_id, channel, address)]
    if not any(new) and _has_opted_out(lead_id, channel):  # the address may be known of someone who shares it
        return False
    skip_waiting_of_lead(lead_id, "opted out", None if channel == EVERY_CHANNEL else channel)
    record(LeadOptedOut(lead_id=lead_id, channel=channel, how=how))
    return True


def opt_in(lead_id: str, channel: str, address: str) -> bool:
    """The lead takes back what they asked for, never a bounce or a complaint. False when there was nothing."""
    theirs = Suppression.address.in_(_addresses(lead_id, channel, address))
    asked = delete(Suppression).where(Suppression.channel == channel, theirs, Suppression.reason.in_(ASKED_FOR))
    is_news = db.session.execute(asked.execution_options(synchronize_session=False)).rowcount > 0
    if is_news:
        record(LeadOptedIn(lead_id=lead_id, channel=channel))
    return is_news


def _has_opted_out(lead_id: str, channel: str) -> bool:
    """Whether the last this lead said of the channel was no."""
    said = select(EventRow.name, EventRow.data).where(
        EventRow.lead_id == lead_id, EventRow.name.in_([LeadOptedOut.name, LeadOptedIn.name])
    )
    newest_first = db.session.execute(said.order_by(EventRow.id.desc()))
    last = next((name for name, data in newest_first if data["channel"] in (channel, EVERY_CHANNEL)), None)
    return last == LeadOptedOut.name


def _weaker_than(reason: str) -> tuple[str, ...]:
    """The reasons whose place this one takes."""
    if reason == COMPLAINED:
        return (BOUNCED, *ASKED_FOR)
    return () if reason == BOUNCED else (BOUNCED,)


def _ways_to(lead_id: str, channel: str, address: str) -> list[tuple[str, str]]:
    """(channel, address) of all that an opt-out is about."""
    if channel != EVERY_CHANNEL:
        return [(channel, one) for one in _addresses(lead_id, channel, address)]
    is_mail = "@" in address
    return [
        (on, one) for on in CHANNELS for one in _addresses(lead_id, on, address if is_mail == (on == "email") else None)
    ]


def _addresses(lead_id: str, channel: str, address: str | None) -> list[str]:
    """`address` in its one shape, then all the others the lead has on the channel."""
    kinds = leads.KINDS_OF_CHANNEL[channel]
    others = select(ContactPoint.value).where(ContactPoint.lead_id == lead_id, ContactPoint.kind.in_(kinds))
    asking = [] if address is None else [leads.normal_or_raw(kinds[0], address)]
    return list(dict.fromkeys([*asking, *db.session.scalars(others)]))
