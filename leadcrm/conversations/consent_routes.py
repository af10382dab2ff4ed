"""What a person decides about a message that may be an opt-out."""

from flask import request, url_for

from leadcrm.conversations import thread_queries
from leadcrm.conversations.blueprint import blueprint, changed
from leadcrm.conversations.operations.opting_out import answer_opt_out_question
from leadcrm.core.db import perform
from leadcrm.identity.permissions import me


@blueprint.post("/conversations/<conversation_id>/opt-out")
def answer_opt_out(conversation_id: str):
    """`wants_out=1`: they meant it. Anything else: they did not."""
    thread = thread_queries.conversation(me(), conversation_id)
    wants_out = request.form.get("wants_out") == "1"
    perform(answer_opt_out_question, thread, wants_out=wants_out)
    toast = "Opted out. They hear so once, then nothing more." if wants_out else "Noted: they still want messages."
    return changed(toast, back=url_for("conversations.inbox", c=thread.id))
