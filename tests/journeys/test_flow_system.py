"""sources/flow-system.md from end to end: a lead created on Monday at 15:00 hears from us at the lead's own times."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.installation import wait_for

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

ZONE = ZoneInfo("Africa/Johannesburg")
TO_SEND = ("scheduled", "held", "claimed", "sending")


def next_monday_at_three() -> datetime:
    today = datetime.now(ZONE)
    monday = (today + timedelta(days=7 - today.weekday())).date()
    return datetime(monday.year, monday.month, monday.day, 15, tzinfo=ZONE)


def set_clock(installation, moment: datetime) -> None:
    offset = int((moment - datetime.now(UTC)).total_seconds())
    installation.environment["CLOCK_OFFSET_SECONDS"] = str(offset)


def restart(installation) -> None:
    for name in ("web", "worker"):
        if name in installation.processes:
            installation.end(name)
    installation.start_web()
    installation.start_worker()


def flow_messages(api, lead: str) -> list[dict]:
    rows = [row for row in api.get("/api/messages", lead_id=lead)["items"] if row["origin"] == "flow"]
    return sorted(rows, key=lambda row: row["scheduled_for"])


def test_monday_three_o_clock(installation, demo):
    monday = next_monday_at_three()
    set_clock(installation, monday)
    installation.start_sink()
    restart(installation)
    owner = next(user for user in demo["users"] if user["role"] == "owner")
    api = installation.api(owner["api_token"])
    response = api.post(
        "/api/leads", first_name="Mandla", email="mandla@leads.test", phone="+27821234567", timezone=ZONE.key
    )
    assert response.status_code == 201, response.text
    lead = response.json()["id"]
    rows = wait_for(lambda: flow_messages(api, lead))
    local = [datetime.fromisoformat(row["scheduled_for"]).astimezone(ZONE) for row in rows]
    assert [moment.strftime("%A %H:%M") for moment in local[1:]] == ["Tuesday 09:00", "Wednesday 14:00"]
    assert timedelta(0) <= local[0] - monday < timedelta(minutes=2), "the first leaves at once"
    assert [row["channel"] for row in rows] == ["email", "sms", "email"]

    def sent(count: int) -> bool:
        states = [row["status"] for row in flow_messages(api, lead)]
        return states == ["sent"] * count + ["scheduled"] * (len(rows) - count)

    wait_for(lambda: sent(1))
    for count, moment in ((2, local[1]), (3, local[2])):
        set_clock(installation, moment + timedelta(seconds=5))
        restart(installation)
        wait_for(lambda count=count: sent(count))
    mails = [mail for mail in installation.mails() if mail["rcpt"] == "mandla@leads.test"]
    assert len(mails) == 2
    assert len({mail["message_id"] for mail in mails}) == 2
