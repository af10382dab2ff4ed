"""Killed one after the other under load: what was acknowledged is there, each word left once or is `unknown`.

The short form of P1 to P4, P6 and P15, by the soak's own clients, kills and witnesses.
"""

import random
import time

import pytest

from soak import kills
from soak.checker import is_settled
from soak.crowd import Crowd
from soak.stage import Stage, end_leases
from tests.installation import wait_for

pytestmark = [pytest.mark.process, pytest.mark.each_database, pytest.mark.timeout(300)]

ACKNOWLEDGED = 180
AGAIN = ("worker's child", "web worker", "worker's child")  # of each kind one, of these more


def test_nothing_is_lost_and_nothing_is_said_twice(place):
    with place.office() as office:
        if place.is_postgresql:
            place.databases.make_durable(office.environment["DATABASE_URL"])
        office.start_all()
        rng = random.Random(20)
        killer = kills.Killer(office, place, rng, unknown_before=office.ready()["unknown_messages"])
        crowd = Crowd(office, kills.CLIENTS, pause=kills.PAUSE)
        crowd.start()
        for kind in rng.sample([*killer.kinds, *AGAIN], len(killer.kinds) + len(AGAIN)):
            time.sleep(rng.uniform(kills.SHORTEST_PAUSE, kills.LONGEST_PAUSE))
            wait_for(lambda kind=kind: killer.strike(kind))
        wait_for(lambda: sum(client.record.acknowledged for client in crowd.clients) > ACKNOWLEDGED)
        record, stage = crowd.stop(), Stage(office)

        def settled() -> bool:
            stage.run(lambda say: end_leases())  # what a kill broke off is known to be unknown only when 400 s are over
            return is_settled(office, record)

        wait_for(settled, 120, pause=2)
        assert [str(verdict) for verdict in kills.judge(killer, record) if not verdict.holds] == []
