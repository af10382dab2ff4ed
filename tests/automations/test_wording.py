"""An automation reads as one sentence."""

import pytest

from leadcrm.automations.models import Automation
from leadcrm.automations.names import Names
from leadcrm.automations.wording import sentence


@pytest.mark.parametrize(("note", "end"), [("Call them", "“Call them”."), ("Call them.", "“Call them.”")])
def test_a_sentence_has_one_full_stop(note, end):
    rule = Automation(
        trigger="lead.created",
        conditions={"all": []},
        actions=[{"kind": "create_note", "body": note}],
        quiet_seconds=0,
    )
    assert sentence(rule, Names({}, {})).endswith(f"write a note: {end}")


def test_a_person_who_left_is_said_in_words_not_by_id():
    rule = Automation(
        trigger="lead.created",
        conditions={"all": []},
        actions=[{"kind": "set_field", "field": "owner", "value": "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10"}],
        quiet_seconds=0,
    )
    assert sentence(rule, Names({}, {})).endswith("change the owner to someone who left.")
