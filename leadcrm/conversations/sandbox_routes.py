"""Where messages of channels without credentials go: shown as the lead sees them, with a box to answer as the lead.

Mails to the team stay here, too. They hold links that sign in, so only owners read them, and nobody in production.
"""

from collections.abc import Sequence

from flask import Blueprint, current_app, request, url_for
from flask_login import current_user
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from leadcrm.adapters import registry
from leadcrm.conversations import operations, sandbox_queries, wording
from leadcrm.conversations.composer import lead_clock, reply_subject
from leadcrm.conversations.models import CHANNELS, Conversation
from leadcrm.core import clock
from leadcrm.core.db import perform
from leadcrm.core.errors import NotFound
from leadcrm.core.forms import Form
from leadcrm.core.values import new_id
from leadcrm.core.web import fragment, go, is_partial, render
from leadcrm.identity.queries import ShownMail, sandbox_staff_mails

blueprint = Blueprint("sandbox", __name__)

LONGEST_ANSWER = 10_000


class AnswerForm(Form):
    content = TextAreaField(
        "Answer as the lead",
        [DataRequired("Write what the lead would say."), Length(max=LONGEST_ANSWER)],
    )


@blueprint.before_request
def _only_where_something_is_sandboxed() -> None:
    settings = current_app.settings
    if settings.is_production and not any(registry.is_sandbox(settings, channel) for channel in CHANNELS):
        raise NotFound


@blueprint.context_processor
def _for_templates() -> dict:
    return {"wording": wording}


@blueprint.get("/sandbox")
def index():
    """`?c=` is the conversation that is open, `?team=1` the mails to the team; `?cursor=` a further page of people."""
    people = sandbox_queries.conversations(current_user, request.args.get("cursor"))
    opened = request.args.get("c")
    context = _thread(sandbox_queries.conversation(current_user, opened)) if opened else {"conversation": None}
    if "team" in request.args:
        context["letters"] = _letters()
    reads_letters = _may_read_letters()
    return render("sandbox/index.html", "sandbox/_people.html", people=people, reads_letters=reads_letters, **context)


@blueprint.get("/sandbox/<conversation_id>")
def thread(conversation_id: str):
    """The messages as the lead sees them: what a poll asks for."""
    conversation = sandbox_queries.conversation(current_user, conversation_id)
    if not is_partial():
        return go(url_for("sandbox.index", c=conversation_id))
    return fragment("sandbox/_messages.html", **_thread(conversation))


@blueprint.post("/sandbox/<conversation_id>/answers")
def answer(conversation_id: str):
    """Say something as the lead; it comes in by the same verb as a webhook's message."""
    conversation = sandbox_queries.conversation(current_user, conversation_id)
    form = AnswerForm(request.form)
    if not form.validate():
        return fragment("sandbox/_thread.html", status=422, **_thread(conversation, form))
    perform(
        operations.receive,
        conversation.channel,
        sandbox_queries.address_of(conversation),
        form.content.data,
        f"sandbox-{new_id()}",
        clock.now(),
        subject=reply_subject(sandbox_queries.newest_subject(conversation)),
        sender_name=conversation.lead.name,
        reply_token=conversation.reply_token,
    )
    if not is_partial():
        return go(url_for("sandbox.index", c=conversation_id))
    return fragment("sandbox/_thread.html", **_thread(conversation))


def _may_read_letters() -> bool:
    settings = current_app.settings
    stays_here = registry.is_sandbox(settings, "email") and not settings.is_production
    return stays_here and current_user.role == "owner"


def _letters() -> Sequence[ShownMail]:
    if not _may_read_letters():
        raise NotFound
    return sandbox_staff_mails()


def _thread(conversation: Conversation, form: AnswerForm | None = None) -> dict:
    return {
        "conversation": conversation,
        "messages": sandbox_queries.messages(conversation),
        "form": form or AnswerForm(),
        "lead_clock": lead_clock(conversation.lead, conversation.channel, ""),
    }
