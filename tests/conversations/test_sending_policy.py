"""When a message may leave: who keeps which rule, the gap, what is late, and leads whose zone is not certain."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadcrm.conversations import sending_policy
from leadcrm.conversations.sending_policy import EVERY_DAY, SEND, Policy, Verdict, Window, decide, departure
from tests.clock_changes import FIRST, LAST, ZONES, shown, utc

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
MONDAY_TO_FRIDAY = frozenset(range(5))
HOUR = timedelta(hours=1)
NIGHT = Window(time(21), time(8))
OFFICE_DAYS = Window(days=MONDAY_TO_FRIDAY)
POLICY = Policy({"sms": Window(time(21), time(8), MONDAY_TO_FRIDAY), "email": OFFICE_DAYS}, gap=4 * HOUR)


def asked(policy=POLICY, **changes) -> Verdict:
    """The verdict on an automatic text for a London noon in the middle of a winter's week, but for `changes`."""
    meant = changes.get("scheduled_for", utc("2026-01-14 12:00"))
    case = {
        "channel": "sms",
        "scheduled_for": meant,
        "now": meant,
        "zones": [LONDON],
        "automatic": True,
        "last_sent_at": None,
        "when_late": "next_window",
        "waived": False,
    }
    return decide(policy, **(case | changes))


def test_in_the_open_it_leaves():
    assert asked() == SEND


@pytest.mark.parametrize(
    ("at", "opens", "reason"),
    [
        ("2026-01-14 20:59:59", None, ""),
        ("2026-01-14 21:00", "2026-01-15 08:00", sending_policy.QUIET),
        ("2026-01-14 07:59:59", "2026-01-14 08:00", sending_policy.QUIET),
        ("2026-01-16 22:00", "2026-01-19 08:00", sending_policy.QUIET),  # Friday night: Monday morning
        ("2026-01-17 12:00", "2026-01-19 08:00", sending_policy.CLOSED_DAY),
    ],
)
def test_an_automatic_text_waits_for_its_window(at, opens, reason):
    expected = Verdict("wait", utc(opens), reason) if opens else SEND
    assert asked(scheduled_for=utc(at)) == expected


@pytest.mark.parametrize(
    ("channel", "at", "expected"),
    [
        ("sms", "2026-01-17 12:00", SEND),  # on a Saturday, because a person says so
        ("sms", "2026-01-17 22:00", Verdict("wait", utc("2026-01-18 08:00"), sending_policy.QUIET)),
        ("email", "2026-01-17 22:00", SEND),
    ],
)
def test_what_a_person_wrote_keeps_the_quiet_hours_of_texts_alone(channel, at, expected):
    just_now = utc(at) - timedelta(minutes=1)
    assert asked(channel=channel, scheduled_for=utc(at), automatic=False, last_sent_at=just_now) == expected


def test_what_is_waived_keeps_no_rule():
    night = utc("2026-01-17 23:00")
    assert asked(scheduled_for=night, automatic=False, waived=True) == SEND
    assert asked(scheduled_for=night, waived=True, last_sent_at=night, when_late="skip", now=night + HOUR) == SEND


def test_a_channel_without_a_window_is_always_open():
    assert asked(channel="whatsapp", scheduled_for=utc("2026-01-17 23:00")) == SEND


def test_mail_keeps_a_window_it_was_given():
    saturday = utc("2026-01-17 12:00")
    monday = Verdict("wait", utc("2026-01-19 00:00"), sending_policy.CLOSED_DAY)
    assert asked(channel="email", scheduled_for=saturday) == monday


def test_two_automatic_messages_keep_their_distance():
    before = utc("2026-01-14 11:00")
    assert asked(last_sent_at=before) == Verdict("wait", before + 4 * HOUR, sending_policy.TOO_SOON)
    assert asked(last_sent_at=before, now=before + 4 * HOUR) == SEND


def test_a_distance_that_ends_at_night_ends_in_the_morning():
    evening = utc("2026-01-14 20:00")
    verdict = asked(scheduled_for=evening, last_sent_at=evening - HOUR)
    assert verdict == Verdict("wait", utc("2026-01-15 08:00"), sending_policy.TOO_SOON)


@pytest.mark.parametrize("when_late", ["next_window", "skip"])
def test_within_the_grace_nothing_is_late(when_late):
    assert asked(now=utc("2026-01-14 14:00"), when_late=when_late) == SEND


def test_what_is_late_leaves_as_its_step_says():
    too_late = utc("2026-01-14 14:00:01")
    assert asked(now=too_late) == SEND
    assert asked(now=too_late, when_late="skip") == Verdict("skip", reason=sending_policy.TOO_LATE)


def test_what_is_late_at_night_waits_for_the_next_window():
    assert asked(now=utc("2026-01-14 23:00")) == Verdict("wait", utc("2026-01-15 08:00"), sending_policy.QUIET)


@pytest.mark.parametrize(
    ("scheduled_for", "now", "expected"),
    [
        ("2026-01-14 22:00", "2026-01-15 08:00", SEND),  # ten hours of its own window's waiting
        ("2026-01-16 22:00", "2026-01-19 10:00", SEND),  # a weekend of it
        ("2026-01-14 22:00", "2026-01-15 10:00:01", Verdict("skip", reason=sending_policy.TOO_LATE)),
        ("2026-01-14 20:30", "2026-01-15 09:30", SEND),  # half an hour in the evening, and an hour and a half
        ("2026-01-14 20:30", "2026-01-15 09:31", Verdict("skip", reason=sending_policy.TOO_LATE)),
    ],
)
def test_only_hours_in_which_it_could_have_left_make_it_late(scheduled_for, now, expected):
    assert asked(scheduled_for=utc(scheduled_for), now=utc(now), when_late="skip") == expected


def test_waiting_for_the_gap_is_not_lateness():
    last, after = utc("2026-01-14 11:59"), utc("2026-01-14 15:59")
    assert asked(last_sent_at=last, now=after, when_late="skip") == SEND
    assert asked(last_sent_at=last, now=after + 3 * HOUR, when_late="skip").action == "skip"


def test_what_a_person_wrote_is_never_too_late():
    assert asked(automatic=False, now=utc("2026-01-16 12:00"), when_late="skip") == SEND


def test_a_text_leaves_when_every_zone_the_lead_may_be_in_allows_it():
    noon_in_london = utc("2026-01-14 12:00")  # 7:00 in New York
    verdict = asked(zones=[LONDON, NEW_YORK], scheduled_for=noon_in_london)
    assert verdict == Verdict("wait", utc("2026-01-14 13:00"), sending_policy.QUIET_SOMEWHERE)
    assert asked(zones=[LONDON, NEW_YORK], scheduled_for=utc("2026-01-14 20:59")) == SEND
    tomorrow = Verdict("wait", utc("2026-01-15 13:00"), sending_policy.QUIET)
    assert asked(zones=[LONDON, NEW_YORK], scheduled_for=utc("2026-01-14 21:00")) == tomorrow


def test_mail_goes_by_the_likeliest_zone():
    sydney = ZoneInfo("Australia/Sydney")
    friday_evening = utc("2026-01-16 20:00")  # Saturday morning in Sydney
    assert asked(channel="email", zones=[LONDON, sydney], scheduled_for=friday_evening) == SEND
    assert asked(channel="email", zones=[sydney, LONDON], scheduled_for=friday_evening).action == "wait"


@pytest.mark.parametrize("automatic", [True, False])
def test_without_an_hour_for_every_zone_a_text_is_skipped(automatic):
    an_hour_at_noon = Policy({"sms": Window(time(13), time(12))})
    verdict = asked(an_hour_at_noon, zones=[LONDON, NEW_YORK], automatic=automatic)
    assert verdict == Verdict("skip", reason=sending_policy.NO_HOUR)
    meant = {"channel": "sms", "scheduled_for": utc("2026-01-14 12:00"), "automatic": automatic}
    assert departure(an_hour_at_noon, zones=[LONDON, NEW_YORK], **meant) is None


@pytest.mark.parametrize("days", [frozenset(), frozenset({7}), frozenset({-1, 3})])
def test_a_window_that_never_opens_is_refused(days):
    with pytest.raises(ValueError, match="sending days"):
        Window(days=days)


instants = st.integers(int(FIRST.timestamp()), int(LAST.timestamp())).map(lambda at: datetime.fromtimestamp(at, UTC))
clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
windows = st.builds(Window, clocks, clocks, st.frozensets(st.integers(0, 6), min_size=1))
zones = st.sampled_from(ZONES).map(ZoneInfo)
gaps = st.sampled_from([timedelta(0), timedelta(minutes=30), 4 * HOUR, 48 * HOUR])


@st.composite
def cases(draw) -> tuple[Policy, dict]:
    policy = Policy({"sms": draw(windows), "email": draw(windows)}, draw(gaps))
    scheduled_for = draw(instants)
    last = st.none() | st.integers(-(72 * 60), 72 * 60).map(lambda minutes: scheduled_for + timedelta(minutes=minutes))
    return policy, {
        "channel": draw(st.sampled_from(["email", "sms", "whatsapp"])),
        "scheduled_for": scheduled_for,
        "zones": draw(st.lists(zones, min_size=1, max_size=3)),
        "automatic": draw(st.booleans()),
        "last_sent_at": draw(last),
        "waived": draw(st.booleans()),
    }


@settings(max_examples=200)
@given(cases(), st.integers(0, 10 * 24 * 60), st.sampled_from(["next_window", "skip"]))
def test_what_leaves_keeps_every_rule_that_concerns_it(case, minutes, when_late):
    policy, meant = case
    now = meant["scheduled_for"] + timedelta(minutes=minutes)
    if decide(policy, now=now, when_late=when_late, **meant) != SEND or meant["waived"]:
        return
    last, channel = meant["last_sent_at"], meant["channel"]
    if meant["automatic"] and policy.gap and last is not None:
        assert now - last >= policy.gap
    window = policy.windows.get(channel)
    if window is None or (channel == "email" and not meant["automatic"]):
        return
    for local in meant["zones"] if channel != "email" else meant["zones"][:1]:
        wall = shown(now, local)
        assert not is_between(wall.time(), window.quiet_from, window.quiet_until)
        assert wall.weekday() in (window.days if meant["automatic"] else EVERY_DAY)


@settings(max_examples=200)
@given(cases(), st.integers(0, 10 * 24 * 60), st.sampled_from(["next_window", "skip"]))
def test_what_waits_leaves_when_it_is_asked_anew(case, minutes, when_late):
    policy, meant = case
    verdict = decide(policy, now=meant["scheduled_for"] + timedelta(minutes=minutes), when_late=when_late, **meant)
    if verdict.action == "wait":
        assert verdict.reason
        assert decide(policy, now=verdict.at, when_late=when_late, **meant) == SEND


@settings(max_examples=200)
@given(cases(), st.sampled_from(["next_window", "skip"]))
def test_who_is_never_late_sends_at_the_departure(case, when_late):
    policy, meant = case
    expected = departure(policy, **meant)
    verdict = decide(policy, now=meant["scheduled_for"], when_late=when_late, **meant)
    if verdict == SEND:
        assert expected == meant["scheduled_for"]
    else:
        assert verdict.at == expected


def is_between(clock: time, start: time, end: time) -> bool:
    return start <= clock < end if start <= end else clock >= start or clock < end
