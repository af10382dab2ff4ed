"""One message: stop it, try it again, say what became of it, look inside."""

from flask import current_app, request, url_for

from leadcrm.conversations import operations, thread_queries
from leadcrm.conversations.blueprint import CHANGED, RESTORED, blueprint, changed
from leadcrm.conversations.operations.composing import take_back
from leadcrm.core.db import perform
from leadcrm.core.errors import NotFound
from leadcrm.core.recent import facts_named
from leadcrm.core.web import fragment
from leadcrm.identity.permissions import me

ORIGINAL_CSP = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)


@blueprint.post("/messages/<message_id>/cancellation")
def cancel_message(message_id: str):
    """Do not send it; its author finds the words in the composer again."""
    message = thread_queries.message(me(), message_id)
    perform(take_back, message, me())
    return changed("It will not be sent.", events=f"{CHANGED}, {RESTORED}", back=_back(message))


@blueprint.post("/messages/<message_id>/retry")
def retry_message(message_id: str):
    """Try a message that was not sent again, now."""
    message = thread_queries.message(me(), message_id)
    perform(operations.retry_message, message)
    return changed("Trying again now.", back=_back(message))


@blueprint.post("/messages/<message_id>/dispatch")
def send_message_now(message_id: str):
    """Do not wait for its time."""
    message = thread_queries.message(me(), message_id)
    perform(operations.send_now, message)
    return changed("Sending it now.", back=_back(message))


@blueprint.post("/messages/<message_id>/verdict")
def resolve_message(message_id: str):
    """A person knows what nobody could tell: `verdict` is `arrived` or `resend`."""
    message = thread_queries.message(me(), message_id)
    verdict = request.form.get("verdict", "")
    fact_id = perform(operations.resolve_unknown, message, verdict)
    if verdict != "arrived":
        return changed("Sending it again.", back=_back(message))
    undo = url_for("conversations.take_back_arrival", message_id=message.id, facts=fact_id)
    return changed("Noted: it arrived.", undo=undo, back=_back(message))


@blueprint.post("/messages/<message_id>/verdict/undo")
def take_back_arrival(message_id: str):
    """Take back what the last toast said."""
    message = thread_queries.message(me(), message_id)
    perform(operations.take_back_arrival, message, facts_named(request.args.get("facts", "")), me())
    return changed("We cannot tell again whether it arrived.", back=_back(message))


@blueprint.get("/messages/<message_id>/attempts")
def attempts(message_id: str):
    """Every try to send it, with what came of each."""
    message = thread_queries.message(me(), message_id)
    return fragment("inbox/_attempts.html", message=message, attempts=thread_queries.attempts(message))


@blueprint.get("/messages/<message_id>/original")
def original(message_id: str):
    """The mail's own HTML for a sandboxed frame: no script, form or request in it, and it shares nothing with us."""
    message = thread_queries.message(me(), message_id)
    if not message.html:
        raise NotFound
    response = current_app.make_response(message.html)
    response.mimetype = "text/html"
    response.headers["Content-Security-Policy"] = ORIGINAL_CSP
    return response


def _back(message) -> str:
    if message.conversation_id:
        return url_for("conversations.inbox", c=message.conversation_id)
    return f"/leads/{message.lead_id}"
