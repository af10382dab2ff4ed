"""What the pages of campaigns share: their blueprint, and words for what they show."""

from typing import Any

from flask import Blueprint

from leadcrm.flows.blueprint import for_steps
from leadcrm.flows.campaign_wording import STATE_WORDS

blueprint = Blueprint("campaigns", __name__)


@blueprint.context_processor
def _for_templates() -> dict[str, Any]:
    return {**for_steps(), "state_words": STATE_WORDS}
