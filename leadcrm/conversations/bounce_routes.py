"""A person decides to write again to an address that mail came back from."""

from flask import request

from leadcrm.conversations import operations, thread_queries
from leadcrm.conversations.blueprint import CHANGED, RESTORED, blueprint, changed
from leadcrm.core.db import perform
from leadcrm.identity.permissions import me

LOOK_AGAIN = f"{CHANGED}, {RESTORED}, lead-changed"  # the thread, the composer, the lead


@blueprint.post("/leads/<lead_id>/mail-permission")
def allow_mail(lead_id: str):
    """Mail to `address`, one of the lead's, is sent again."""
    lead = thread_queries.lead(me(), lead_id)
    has_more = perform(operations.allow_mail_again, lead, request.form.get("address", ""))
    words = "Mail to this address is sent again."
    if has_more:
        words += " What was planned for later and still holds goes out, too."
    return changed(words, events=LOOK_AGAIN, back=f"/leads/{lead.id}")
