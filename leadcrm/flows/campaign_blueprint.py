"""What the pages of campaigns share: their blueprint, and words for what they show."""

from typing import Any

from flask import Blueprint

from leadcrm.conversations import merge
from leadcrm.flows.blueprint import may_edit, teller_of
from leadcrm.flows.campaign_wording import STATE_WORDS
from leadcrm.flows.wording import PASSAGES, fate_words, reason_words, step_time

blueprint = Blueprint("campaigns", __name__)


@blueprint.context_processor
def _for_templates() -> dict[str, Any]:
    fields = [{"label": words, "attrs": {"data-insert": f"{{{name}}}"}} for name, words in merge.FIELDS.items()]
    return {
        "may_edit": may_edit(),
        "merge_fields": fields,
        "step_time": step_time,
        "state_words": STATE_WORDS,
        "reason_words": reason_words,
        "fate_words": fate_words,
        "passage_words": PASSAGES,
        "teller_of": teller_of,
    }
