"""Settings → Tracking: what is noted of mails, and of which site."""

import pytest
from sqlalchemy import select

from leadcrm.core.db import db, perform
from leadcrm.identity.models import Organization
from leadcrm.tracking import operations
from leadcrm.tracking.models import TrackedSite
from tests.tracking.conftest import facts

SITE = {"is_on": "y", "origins": "https://Shop.example/\nhttps://www.shop.example", "pricing_paths": "/prices*"}


def site() -> TrackedSite | None:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalar(select(TrackedSite))


def test_clicks_are_noted_from_the_start_and_opens_are_not(acme, cast, sign_in):
    assert (acme.follows_clicks, acme.follows_opens, acme.follows_letters) == (True, False, False)
    page = sign_in(cast.ada).get("/settings/tracking").text
    assert "Note clicks on links" in page
    assert "data-key" not in page, "there is no line to copy before there is a site"


def test_what_is_noted_of_mails_can_be_changed(acme, cast, sign_in):
    answer = sign_in(cast.ada).post("/settings/tracking/mails", data={"follows_opens": "y"}, hx=True)
    assert answer.headers["HX-Redirect"] == "/settings/tracking"
    db.session.expire_all()
    changed = db.session.scalar(select(Organization).where(Organization.id == acme.id))
    assert (changed.follows_clicks, changed.follows_opens, changed.follows_letters) == (False, True, False)
    assert set(facts("organization.changed")[0]["fields"]) == {"follows_clicks", "follows_opens"}


def test_a_site_is_set_up_and_its_line_can_be_copied(acme, cast, sign_in):
    client = sign_in(cast.ada)
    assert client.post("/settings/tracking/site", data=SITE, hx=True).status_code == 200
    kept = site()
    assert kept.is_on
    assert kept.origins == ["https://shop.example", "https://www.shop.example"]
    assert (kept.pricing_paths, kept.demo_paths) == (["/prices*"], [])
    assert set(facts("tracking.changed")[0]["fields"]) == {"is_on", "origins", "pricing_paths", "demo_paths"}
    page = client.get("/settings/tracking").text
    assert f"http://127.0.0.1:8000/t.js&#34; data-key=&#34;{kept.key}" in page


def test_the_key_stays_when_the_site_changes(acme, cast, sign_in):
    key = perform(operations.save_site, {"origins": ["https://shop.example"]}).key
    sign_in(cast.ada).post("/settings/tracking/site", data={**SITE, "origins": "https://new.example"}, hx=True)
    assert (site().key, site().origins) == (key, ["https://new.example"])


@pytest.mark.parametrize(
    ("field", "typed", "complaint"),
    [
        ("origins", "shop.example", "is not the address of a site"),
        ("origins", "https://a@shop.example", "is not the address of a site"),
        ("origins", "javascript:alert(1)", "is not the address of a site"),
        ("origins", "", "Type the address of your site"),
        ("origins", "\n".join(f"https://s{n}.example" for n in range(21)), "At most 20 lines"),
        ("pricing_paths", "pricing", "is not a path"),
        ("pricing_paths", "/a*b", "is not a path"),
        ("demo_paths", "/demo?x=1", "is not a path"),
        ("demo_paths", "/" + "x" * 200, "is not a path"),
    ],
)
def test_what_cannot_be_right_is_said_beside_the_field_and_nothing_typed_is_lost(
    acme, cast, sign_in, field, typed, complaint
):
    answer = sign_in(cast.ada).post("/settings/tracking/site", data={**SITE, field: typed}, hx=True)
    assert answer.status_code == 422
    assert complaint in answer.text
    assert f'id="{field}-error"' in answer.text
    assert not typed or typed.splitlines()[0] in answer.text
    assert site() is None


@pytest.mark.parametrize("person", ["ben", "mia"])
def test_only_those_who_run_the_team_decide(cast, sign_in, person):
    client = sign_in(getattr(cast, person))
    assert client.get("/settings/tracking").status_code == 403
    assert client.post("/settings/tracking/mails", data={}).status_code == 403
    assert client.post("/settings/tracking/site", data=SITE).status_code == 403
