"""Redis only reminds: not there, stalled, slow or flushed, work goes on and the web stays quick (short form of P7)."""

import pytest

from soak.redis_weather import arrivals, is_whole, judge_end, lateness, redis_on_a_line, suffer
from soak.verdicts import percentile
from tests.installation import wait_for

pytestmark = [pytest.mark.process, pytest.mark.each_database, pytest.mark.timeout(300)]

# Seconds until everybody is greeted, at most. Slow not beside those after which the web rings no bell for 5 s.
WEATHERS = {"refused": 30, "flushed": 10, "slow": 30, "stalled": 30}
SPELL_SECONDS = 2
LONGEST_SECONDS = 5


def test_in_every_weather_mail_leaves_and_the_web_is_quick(place):
    """Refused from the beginning: web and worker are started without Redis, and find it later.

    In the end nobody waits for one that stalls (P15).
    """
    with redis_on_a_line() as (port, line), place.office(REDIS_URL=line.url) as office:
        line.turn("refused")
        office.web_processes = 1
        office.start_sink()
        office.start_web()
        office.start_worker()
        for weather, latest in WEATHERS.items():
            spell = suffer(office, port, line, weather, SPELL_SECONDS)
            arrived = arrivals(office)
            assert is_whole(spell, arrived), (weather, spell.refused)
            assert lateness(spell, arrived) < latest, weather
            assert percentile(spell.seconds, 0.25) < 2 * line.delay_seconds, f"{weather}: they wait for an answer of it"
            assert max(spell.seconds) < LONGEST_SECONDS, weather
            wait_for(office.lanes_are_up)
        assert judge_end(place, office, line).holds
