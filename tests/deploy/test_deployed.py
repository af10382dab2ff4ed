"""The main journey and the soak's questions, asked of production's own processes through nginx."""

import re

import pytest
import requests
from sqlalchemy import create_engine

from deploy import check
from leadcrm.core import grants
from tests.deploy.visitors import visitor
from tests.installation import post_form
from tests.journeys import test_lead_to_conversation as journey
from tests.journeys.test_lead_to_conversation import test_a_lead_becomes_a_conversation as journey_of_a_lead

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

SECONDS = 8


def test_the_main_journey(deployed, monkeypatch):
    monkeypatch.setattr(journey, "SECRET", deployed.environment["EMAIL_WEBHOOK_SECRET"])
    journey_of_a_lead(deployed, deployed.open_api())


def test_its_processes_can_change_no_fact(deployed):
    engine = create_engine(deployed.site.settings()["DATABASE_URL"])
    with engine.connect() as connection:
        assert not grants.may_change_facts(connection)
    engine.dispose()


def test_sessions_show_the_visitors_own_address_and_cookies_travel_by_https_only(deployed):
    session = visitor("127.0.0.3")
    claims = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "http"}
    owner = deployed.demo[0]["users"][0]
    answer = post_form(session, f"{deployed.url}/login", claims, email=owner["email"], password=owner["password"])
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-leadcrm=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Strict-Transport-Security" in answer.headers
    page = session.get(f"{deployed.url}/settings/security", timeout=15).text
    assert "127.0.0.3" in page
    assert "6.6.6.6" not in page


def test_limits_count_visitors_whatever_they_claim(deployed):
    def reset(source: str, claim: str) -> int:
        session = visitor(source)
        claims = {"X-Forwarded-For": f"6.6.6.{claim}"}
        return post_form(session, f"{deployed.url}/password/reset", claims, email=f"{claim}@nobody.test").status_code

    answers = [reset("127.0.0.4", str(n)) for n in range(11)]
    assert answers[-1] == 429, "ten a minute for one address, over all processes"
    assert 429 not in answers[:10]
    assert reset("127.0.0.5", "1") != 429


def test_static_files_come_with_their_content_in_the_name(deployed):
    page = requests.get(f"{deployed.url}/login", timeout=15).text
    path = re.search(r'href="(/static/[0-9a-f]{12}/[^"]+\.css)"', page)[1]
    answer = requests.get(f"{deployed.url}{path}", timeout=15, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    last_release = re.sub(r"/static/[0-9a-f]{12}/", "/static/0123456789ab/", path)
    assert requests.get(f"{deployed.url}{last_release}", timeout=15, allow_redirects=False).status_code == 404


def test_kills_under_load_lose_nothing_and_say_nothing_twice(deployed):
    verdicts = check.attack(deployed, SECONDS)
    assert [str(verdict) for verdict in verdicts if not verdict.holds] == []
