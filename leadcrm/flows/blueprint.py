"""What the pages of flows share: their blueprint, who may edit, and where a flow is."""

from typing import Any

from flask import Blueprint, request, url_for
from flask_login import current_user

from leadcrm.conversations import merge
from leadcrm.conversations.sending_words import days_words
from leadcrm.core import clock
from leadcrm.core.web import TimeTeller, user_locale
from leadcrm.core.zones import zone
from leadcrm.flows.models import Flow
from leadcrm.flows.wording import (
    ENTER_WORDS,
    PASSAGES,
    change_words,
    fate_words,
    reason_words,
    save_words,
    step_time,
    wall_clock,
)
from leadcrm.identity.permissions import requires

blueprint = Blueprint("flows", __name__)

EDITORS = ("owner", "manager", "marketing")
editors_only = requires(*EDITORS)


@blueprint.context_processor
def _for_templates() -> dict[str, Any]:
    return for_steps() | {
        "wall_clock": wall_clock,
        "change_words": change_words,
        "save_words": save_words,
        "enter_words": ENTER_WORDS,
        "days_words": days_words,
    }


def for_steps() -> dict[str, Any]:
    """What templates need that show steps and leads in them, a campaign's, too."""
    fields = [{"label": words, "attrs": {"data-insert": f"{{{name}}}"}} for name, words in merge.FIELDS.items()]
    return {
        "may_edit": may_edit(),
        "merge_fields": fields,
        "reason_words": reason_words,
        "step_time": step_time,
        "fate_words": fate_words,
        "passage_words": PASSAGES,
        "teller_of": teller_of,
    }


def teller_of(timezone: str) -> TimeTeller:
    """Words for moments on a lead's own clock, as the reader writes them."""
    return TimeTeller(zone(timezone), user_locale(), clock.now())


def may_edit() -> bool:
    """Whether the reader of this page may change flows."""
    return current_user.role in EDITORS


def flow_url(flow: Flow, **query: Any) -> str:
    """The address of a flow's builder."""
    return url_for("flows.show", flow_id=flow.id, **query)


def posted_revision() -> int:
    """Which state of the draft the person saw; 0 before there ever was one."""
    return request.values.get("revision", 0, type=int)
