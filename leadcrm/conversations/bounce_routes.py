"""A person decides to write again to an address that mail came back from."""

from flask import request

from leadcrm.conversations import operations, thread_queries
from leadcrm.conversations.blueprint import CHANGED, RESTORED, blueprint, changed, me
from leadcrm.core.db import perform

LOOK_AGAIN = f"{CHANGED}, {RESTORED}, lead-changed"  # the thread, the composer, the lead


@blueprint.post("/leads/<lead_id>/mail-permission")
def allow_mail(lead_id: str):
    """Mail to `address`, one of the lead's, is sent again."""
    lead = thread_queries.lead(me(), lead_id)
    perform(operations.allow_mail_again, lead, request.form.get("address", ""))
    return changed("Mail to this address is sent again.", events=LOOK_AGAIN, back=f"/leads/{lead.id}")
