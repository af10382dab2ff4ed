"""Redis only reminds: flushed or absent, work goes on."""

import pytest
from redis import Redis

from leadcrm.core.jobs import redis_url
from tests.conftest import make_settings
from tests.installation import wait_for

pytestmark = [pytest.mark.process, pytest.mark.each_database, pytest.mark.timeout(300)]


def own_redis(installation) -> Redis:
    settings = make_settings(installation.environment["DATABASE_URL"], installation.folder, redis_url=None)
    return Redis.from_url(redis_url(settings))


def new_lead(installation, demo, n: int) -> str:
    owner = next(user for user in demo["users"] if user["role"] == "owner")
    response = installation.api(owner["api_token"]).post(
        "/api/leads", first_name="Flora", last_name=f"Flush {n}", email=f"flora{n}@leads.test"
    )
    assert response.status_code == 201, response.text
    return response.json()["id"]


def welcomed(installation, n: int) -> bool:
    return any(mail["rcpt"] == f"flora{n}@leads.test" for mail in installation.mails())


def test_a_flushed_redis_delays_at_most_two_ticks(installation, demo):
    installation.start_sink()
    installation.start_web()
    installation.start_worker()
    new_lead(installation, demo, 0)
    wait_for(lambda: welcomed(installation, 0))
    redis = own_redis(installation)
    for n in range(1, 6):
        new_lead(installation, demo, n)
        redis.flushall()
    wait_for(lambda: all(welcomed(installation, n) for n in range(1, 6)), 10)


def test_without_redis_messages_leave_all_the_same(installation, demo):
    installation.start_sink()
    installation.environment["REDIS_URL"] = f"unix://{installation.folder}/nobody-listens.sock"
    installation.start_web()
    installation.start_worker()
    new_lead(installation, demo, 7)
    wait_for(lambda: welcomed(installation, 7), 30)
