"""Settings → Sending: when messages may leave, and what that means right now."""

from flask import Blueprint, flash, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from leadcrm.conversations import operations
from leadcrm.conversations.sending_forms import SendingForm
from leadcrm.conversations.sending_policy import Policy
from leadcrm.conversations.sending_queries import sending_rules, texts_per_day
from leadcrm.conversations.wording import CHANNEL_WORDS
from leadcrm.core import clock
from leadcrm.core.db import perform
from leadcrm.core.web import TimeTeller, fragment, go, render, user_locale
from leadcrm.core.zones import zone
from leadcrm.identity.permissions import MANAGERS, requires
from leadcrm.leads.zone_words import city_of

PAGE = ("sending/index.html", "sending/_form.html")

blueprint = Blueprint("sending", __name__)


@blueprint.get("/settings/sending")
@requires(*MANAGERS)
def rules() -> Response:
    """The rules there are."""
    return _page(SendingForm.of(sending_rules(), texts_per_day()))


@blueprint.post("/settings/sending")
@requires(*MANAGERS)
def change() -> Response:
    """Save them."""
    form = SendingForm.posted(request.form)
    if not form.validate():
        return _page(form, 422)
    perform(operations.change_sending_rules, form.policy.windows, form.policy.gap, form.per_day)
    flash("Sending rules saved.", "success")
    return go(url_for(".rules"))


@blueprint.post("/settings/sending/preview")
@requires(*MANAGERS)
def preview() -> Response:
    """What the rules would mean as they are typed; nothing while they are not whole."""
    form = SendingForm.posted(request.form)
    return fragment("sending/_meaning.html", meaning=_meaning(form.policy) if form.validate() else None)


def _page(form: SendingForm, status: int = 200) -> Response:
    meaning = _meaning(form.policy) if form.gap.data and status == 200 else None
    return render(*PAGE, status=status, form=form, channel_words=CHANNEL_WORDS, meaning=meaning)


def _meaning(policy: Policy) -> dict[str, object]:
    """For each channel, when an automatic message to a lead on the organization's clock would leave."""
    here, now = zone(current_user.organization.timezone), clock.now()
    told = TimeTeller(here, user_locale(), now)
    channels = {}
    for channel in policy.windows:
        hours = policy.hours(channel, [here], automatic=True)
        opens = hours.opening(now)
        closes = hours.closing(opens)
        channels[CHANNEL_WORDS[channel]] = {
            "is_open": opens <= now,
            "opens": told.moment(opens),
            "closes": told.moment(closes) if closes else "",
            "opens_again": told.moment(hours.opening(closes)) if closes else "",
        }
    return {"place": city_of(current_user.organization.timezone), "now": told.clock(now), "channels": channels}
