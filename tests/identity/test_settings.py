"""Settings: what each person may change, what is refused, and that nothing typed is lost."""

import pytest
from sqlalchemy import select

from leadcrm.core.db import db, perform
from leadcrm.identity import operations, queries
from leadcrm.identity.models import ApiToken, Organization, User, UserSession
from tests.conftest import count_queries

PROFILE = {"name": "Ada L.", "theme": "dark", "timezone": "Europe/London", "locale": "en-GB", "shortcuts": "1"}
ORGANIZATION = {
    "name": "Acme Homes",
    "timezone": "Africa/Cairo",
    "country": "EG",
    "currency": "EGP",
    "locale": "en-GB",
    "mail_from": "Team@Acme.example",
}
HARD_TEXTS = ["😀 عادة ‮abc", "<script>alert(1)</script>", 'O\'Neil "Q" {{7*7}}', "x' OR 1=1 --"]
REFUSED_TEXTS = ["", "   ", "x" * 300, "a\0b"]


def row_of(model, row_id):
    db.session.rollback()
    return db.session.scalars(select(model).where(model.id == row_id)).one()


def test_a_person_changes_their_own_profile(app, acme, cast, sign_in):
    answer = sign_in(cast.ben).post("/settings", data=PROFILE)
    assert (answer.status_code, answer.location) == (303, "/settings")
    ben = row_of(User, cast.ben.id)
    assert (ben.name, ben.theme, ben.timezone, ben.locale) == ("Ada L.", "dark", "Europe/London", "en-GB")
    page = sign_in(cast.ben).get("/settings").text
    assert 'data-theme="dark"' in page


def test_an_empty_zone_falls_back_to_the_organizations(app, acme, cast, sign_in):
    sign_in(cast.ben).post("/settings", data=PROFILE | {"timezone": "", "locale": ""})
    ben = row_of(User, cast.ben.id)
    assert (ben.timezone, ben.locale, ben.shortcuts) == (None, None, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", text) for text in REFUSED_TEXTS]
    + [("theme", "pink"), ("timezone", "Mars/Base"), ("timezone", "../etc/passwd"), ("locale", "xx-YY")],
)
def test_a_wrong_profile_is_refused_and_shown_again(app, acme, cast, sign_in, field, value):
    data = PROFILE | {"name": "Typed before"} | {field: value}
    answer = sign_in(cast.ben).post("/settings", data=data, hx=True)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert field == "name" or 'value="Typed before"' in answer.text
    assert row_of(User, cast.ben.id).name == "Ben"


@pytest.mark.parametrize("text", HARD_TEXTS)
def test_hard_but_honest_text_is_kept_as_text(app, acme, cast, sign_in, text):
    client = sign_in(cast.ada)
    assert client.post("/settings", data=PROFILE | {"name": text}).status_code == 303
    assert client.post("/settings/organization", data=ORGANIZATION | {"name": text}).status_code == 303
    assert (row_of(User, cast.ada.id).name, row_of(Organization, cast.acme.id).name) == (text, text)
    for path in ("/settings", "/settings/organization", "/settings/team"):
        page = client.get(path).text
        assert "<script>alert" not in page


def test_columns_no_form_names_stay_as_they_are(app, acme, cast, sign_in):
    client = sign_in(cast.ben)
    before = {column.key: getattr(row_of(User, cast.ben.id), column.key) for column in User.__table__.columns}
    others = {name: "owner" for name in before if name not in PROFILE}
    client.post("/settings", data=PROFILE | others | {"organization_id": cast.rival.id})
    after = row_of(User, cast.ben.id)
    assert all(getattr(after, name) == before[name] for name in others)
    client = sign_in(cast.ada)
    client.post("/settings/organization", data=ORGANIZATION | {"slug": "rival", "id": cast.rival.id})
    assert row_of(Organization, cast.acme.id).slug == "acme"


def test_managers_change_the_organization(app, acme, cast, sign_in):
    assert sign_in(cast.max).post("/settings/organization", data=ORGANIZATION).status_code == 303
    row = row_of(Organization, cast.acme.id)
    assert (row.name, row.country, row.currency, row.mail_from) == ("Acme Homes", "EG", "EGP", "team@acme.example")


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("timezone", "EST5"), ("country", "XX"), ("currency", "ZZZ"), ("locale", "")]
    + [("mail_from", text) for text in ("nobody", "a@b\r\nBcc: x@y.z", "a b@c.de", "<a@b.de>", "x" * 260 + "@b.de")],
)
def test_a_wrong_organization_is_refused(app, acme, cast, sign_in, field, value):
    answer = sign_in(cast.ada).post("/settings/organization", data=ORGANIZATION | {field: value}, hx=True)
    assert answer.status_code == 422
    assert row_of(Organization, cast.acme.id).name == "Acme"


def test_two_organizations_cannot_receive_at_one_address(app, acme, cast, sign_in):
    sign_in(cast.rita).post("/settings/organization", data=ORGANIZATION)
    answer = sign_in(cast.ada).post("/settings/organization", data=ORGANIZATION)
    assert answer.status_code == 422
    assert "Another organization uses this address." in answer.text


@pytest.mark.parametrize("path", ["/settings/organization", "/settings/team"])
@pytest.mark.parametrize("person", ["ben", "mia", "pat"])
def test_others_do_not_run_the_team(app, acme, cast, sign_in, path, person):
    client = sign_in(getattr(cast, person))
    assert client.get(path).status_code == 403
    assert path not in client.get("/settings").text


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/settings/organization", ORGANIZATION),
        ("/settings/team/invitations", {"email": "x@acme.test", "role": "rep"}),
        ("/settings/team/{ada}/role", {"role": "rep"}),
        ("/settings/team/{ada}/access", {"access": "disabled"}),
    ],
)
def test_a_rep_changes_nothing_of_the_team(app, acme, cast, sign_in, path, data):
    assert sign_in(cast.ben).post(path.format(ada=cast.ada.id), data=data).status_code == 403
    assert row_of(User, cast.ada.id).role == "owner"
    assert queries.open_invitations() == []


@pytest.mark.parametrize("path", ["/settings/team/{ben}/role", "/settings/team/{ben}/access"])
def test_another_organizations_people_are_not_found(app, acme, cast, sign_in, path):
    data = {"role": "owner", "access": "disabled"}
    assert sign_in(cast.rita).post(path.format(ben=cast.ben.id), data=data).status_code == 404
    assert (row_of(User, cast.ben.id).role, row_of(User, cast.ben.id).disabled_at) == ("rep", None)


def test_who_invited_goes_on_with_the_next_address(acme, cast, sign_in):
    client = sign_in(cast.ada)
    invited = client.post("/settings/team/invitations", data={"email": "zoe@acme.test", "role": "rep"}).location
    assert "autofocus" in client.get(invited).text
    assert "autofocus" not in client.get("/settings/team").text


def test_an_owner_invites_changes_and_disables(app, acme, cast, sign_in):
    client = sign_in(cast.ada)
    assert client.post("/settings/team/invitations", data={"email": "Zoe@Acme.test", "role": "rep"}).status_code == 303
    (invitation,) = queries.open_invitations()
    assert invitation.email == "zoe@acme.test"
    client.post(f"/settings/team/{cast.ben.id}/role", data={"role": "marketing"})
    client.post(f"/settings/team/{cast.mia.id}/access", data={"access": "disabled"})
    assert row_of(User, cast.ben.id).role == "marketing"
    assert not row_of(User, cast.mia.id).is_active
    page = client.get("/settings/team").text
    assert "zoe@acme.test" in page
    assert "Disabled" in page
    client.post(f"/settings/team/{cast.mia.id}/access", data={"access": "enabled"})
    client.post(f"/settings/team/invitations/{invitation.id}/revocation")
    assert row_of(User, cast.mia.id).is_active
    assert queries.open_invitations() == []


@pytest.mark.parametrize(
    "data",
    [{"email": "nobody", "role": "rep"}, {"email": "x@acme.test", "role": "admin"}, {"email": "ben@acme.test"}, {}],
)
def test_a_wrong_invitation_is_refused(app, acme, cast, sign_in, data):
    assert sign_in(cast.ada).post("/settings/team/invitations", data={"role": "rep"} | data, hx=True).status_code == 422
    assert queries.open_invitations() == []


def test_a_manager_makes_no_owners(app, acme, cast, sign_in):
    client = sign_in(cast.max)
    assert client.post("/settings/team/invitations", data={"email": "x@y.test", "role": "owner"}).status_code == 422
    client.post(f"/settings/team/{cast.ben.id}/role", data={"role": "owner"})
    client.post(f"/settings/team/{cast.ada.id}/access", data={"access": "disabled"})
    assert row_of(User, cast.ben.id).role == "rep"
    assert row_of(User, cast.ada.id).is_active
    assert "cannot" not in client.get("/settings/team").text


def test_a_token_is_shown_once_and_revoked(app, acme, cast, sign_in):
    client = sign_in(cast.ben)
    answer = client.post("/settings/tokens", data={"name": "Website"}, hx=True)
    assert answer.headers["Cache-Control"] == "no-store"
    secret = answer.text.split("<code>")[1].split("</code>")[0]
    assert queries.user_by_token(secret)[0].id == cast.ben.id
    page = client.get("/settings/tokens").text
    assert "Website" in page
    assert secret not in page
    (token,) = db.session.scalars(select(ApiToken))
    assert sign_in(cast.ada).post(f"/settings/tokens/{token.id}/revocation").status_code == 404
    client.post(f"/settings/tokens/{token.id}/revocation")
    db.session.rollback()
    assert queries.user_by_token(secret) is None


@pytest.mark.parametrize("name", ["", "x" * 81, "a\0b"])
def test_a_token_needs_a_name(app, acme, cast, sign_in, name):
    assert sign_in(cast.ben).post("/settings/tokens", data={"name": name}, hx=True).status_code == 422
    assert db.session.scalars(select(ApiToken)).all() == []


def test_one_ends_ones_own_sessions_only(app, acme, cast, sign_in):
    here, there = sign_in(cast.ben), sign_in(cast.ben)
    newest = queries.sessions_of(cast.ben)
    assert here.get("/settings/security").text.count("This browser") == 1
    for row in newest:
        assert sign_in(cast.ada).post(f"/settings/security/sessions/{row.id}/end").status_code == 404
        assert sign_in(cast.rita).post(f"/settings/security/sessions/{row.id}/end").status_code == 404
    other = max(newest, key=lambda row: row.id)
    here.post(f"/settings/security/sessions/{other.id}/end")
    assert there.get("/settings").status_code == 302
    assert here.get("/settings").status_code == 200
    assert row_of(UserSession, other.id).ended_at is not None


@pytest.mark.parametrize("path", ["/settings", "/settings/security", "/settings/tokens", "/settings/team"])
def test_pages_take_a_fixed_number_of_queries(app, acme, cast, sign_in, path):
    client = sign_in(cast.ada)
    counts = []
    for number in range(2):
        with count_queries() as seen:
            assert client.get(path).status_code == 200
        counts.append(len(seen))
        for n in range(5):
            perform(operations.create_token, cast.ada, f"token {number} {n}")
            perform(operations.open_session, cast.ada.id)
            perform(operations.invite, f"new{number}{n}@acme.test", "rep", by=cast.ada, base_url="")
    assert counts[0] == counts[1] <= 6


@pytest.mark.parametrize(
    "path",
    [
        "/settings",
        "/settings/organization",
        "/settings/security/password",
        "/settings/security/two-factor",
        "/settings/security/two-factor/removal",
        "/settings/security/sessions/x/end",
        "/settings/team/invitations",
        "/settings/team/invitations/x/revocation",
        "/settings/team/x/role",
        "/settings/team/x/access",
        "/settings/tokens",
        "/settings/tokens/x/revocation",
        "/notifications/read",
        "/logout",
    ],
)
def test_every_change_needs_the_pages_token(app, acme, cast, sign_in, path):
    client = sign_in(cast.ada)
    for headers in ({"X-CSRFToken": ""}, {"X-CSRFToken": "0" * 56}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(path, headers=headers).status_code == 403


@pytest.mark.parametrize("path", ["/settings/security", "/settings/tokens"])
def test_times_in_a_sentence_are_moments(app, acme, cast, sign_in, path):
    perform(operations.create_token, cast.ada, "Website")
    page = sign_in(cast.ada).get(path).text
    assert 'data-style="moment"' in page
    assert 'data-style="ago"' not in page.partition("<main")[2]
