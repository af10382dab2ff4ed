"""Nobody learns what exists: what is another's, what is gone and what never was get the same answer."""

import re
from datetime import timedelta

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import update

from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.values import new_id
from leadcrm.identity import operations as identity
from leadcrm.identity import passwords, queries
from leadcrm.identity.models import Invitation, PasswordReset, User
from tests.conftest import PASSWORD
from tests.identity.people import browser, post, sign_in
from tests.strangers.cases import CASES, mixes, routes

# What differs between two askings of the same: request tokens, ids and keys of forms, new secrets, the time.
ITS_OWN = re.compile(
    r"\b[0-9a-f]{56}\b|[0-9a-f]{8}-[0-9a-f-]{27}|\b999999999\d*\b|lc_[\w-]+|\b[A-Z2-7]{32}\b"
    r"|\d{4}-\d\d-\d\dT[\d:.]+|\d+(\.\d+)? s (ago|late)|never used|used <time .*?</time>|<time .*?</time>"
)
GUARDED = [name for name, case in CASES.items() if not case.open]


def plain(answer) -> tuple[int, str]:
    return answer.status_code, ITS_OWN.sub("~", answer.get_data(as_text=True))


def nowhere(ids: dict[str, str]) -> dict[str, str]:
    """Well-made ids of nothing."""
    return {name: new_id() if len(value) > 20 else "9999999990" for name, value in ids.items()} | {"revision": "1"}


@pytest.mark.parametrize("name", GUARDED)
@pytest.mark.parametrize(("caller", "own"), [("rita", "rival"), ("ben", "bens")])
def test_anothers_and_nobodys_get_the_same_answer(houses, name, caller, own):
    rule, asker, mine = routes(houses.app)[name], getattr(houses, caller), getattr(houses, own)
    same = {key: mine[key] for key in mine if mine[key] == houses.acme[key]}
    foreign = mixes(rule, name, mine, houses.acme)
    absent = mixes(rule, name, mine, {**nowhere(houses.acme), **same})
    for (_, theirs), (_, nobodys) in zip(foreign, absent, strict=True):
        first, second = answers(houses, asker, theirs, nobodys)
        if first != second:  # a word like “in 3 s” may have changed between the two; what is a hole stays one
            first, second = answers(houses, asker, theirs, nobodys)
        assert first[0] == second[0], theirs
        assert not first[1] ^ second[1], theirs


def answers(houses, asker, *asks) -> list[tuple[int, set[str]]]:
    """Status and lines of each answer, from a house as it was before."""
    found = []
    for ask in asks:
        status, text = plain(asker.send(ask, hx=True))
        houses.changes()
        found.append((status, set(text.splitlines())))
    return found


def masked(answer, *words: str) -> tuple[int, str]:
    status, text = plain(answer)
    for word in words:
        text = text.replace(word, "~")
    return status, text


def test_signing_in_says_the_same_of_every_address(app, cast):
    with tenancy.organization(cast.acme.id):
        perform(identity.set_disabled, cast.ben, True, by=cast.ada)
    tries = [("ada@acme.test", "wrong"), ("nobody@acme.test", "wrong"), ("ben@acme.test", PASSWORD), ("mia", "wrong")]
    said = {masked(sign_in(browser(app), email, password), email) for email, password in tries}
    assert len(said) == 1


def test_signing_in_costs_one_hash_of_every_address(app, cast, monkeypatch):
    """Else the time an answer takes tells who is known: a hash takes far longer than all the rest."""
    hasher = CountingHasher(passwords._hasher)
    monkeypatch.setattr(passwords, "_hasher", hasher)
    with tenancy.organization(cast.acme.id):
        perform(identity.set_disabled, cast.ben, True, by=cast.ada)
    perform(_forget_password, cast.mia)
    for who in ("ada", "nobody", "ben", "mia", "max"):
        for password in ("wrong", PASSWORD):
            sign_in(browser(app), f"{who}@acme.test", password)
            assert len(hasher.costs) == 1, (who, password)
            assert hasher.costs.pop() == extract_parameters(passwords.hash("x")), (who, password)


class CountingHasher:
    """Notes what each look at a hash costs."""

    def __init__(self, hasher: PasswordHasher):
        self.hasher, self.costs = hasher, []

    def __getattr__(self, name: str):
        return getattr(self.hasher, name)

    def verify(self, stored: str, password: str) -> bool:
        self.costs.append(extract_parameters(stored))
        return self.hasher.verify(stored, password)


def _forget_password(user: User) -> None:
    db.session.merge(user).password_hash = None


def test_a_reset_says_the_same_of_every_address_however_often_it_is_asked_for(app, cast):
    with tenancy.organization(cast.acme.id):
        perform(identity.set_disabled, cast.ben, True, by=cast.ada)
    said = {}
    for n, email in enumerate(("ada@acme.test", "MAX@Acme.test", "nobody@acme.test", "ben@acme.test", "pat@acme.test")):
        place = {"REMOTE_ADDR": f"192.0.2.{n}"}
        answers = [post(browser(app), "/password/reset", {"email": email}, environ_base=place) for _ in range(7)]
        said[email] = [masked(answer, email, email.lower()) for answer in answers]
    assert [status for status, _ in said["ada@acme.test"]] == [200] * 5 + [429] * 2
    assert len({tuple(one) for one in said.values()}) == 1


def test_who_guesses_passwords_is_stopped_alike_at_every_address(app, cast):
    said = []
    for n, email in enumerate(("ada@acme.test", "nobody@acme.test")):
        place = {"REMOTE_ADDR": f"192.0.2.{n}"}
        tries = [post(browser(app), "/login", {"email": email, "password": "wrong"}, environ_base=place)
                 for _ in range(12)]  # fmt: skip
        said.append([masked(answer, email) for answer in tries])
    assert [status for status, _ in said[0]] == [422] * 10 + [429] * 2
    assert said[0] == said[1]


def test_every_dead_link_says_the_same(app, cast):
    with tenancy.organization(cast.acme.id):
        invitation = perform(identity.invite, "zoe@acme.test", "rep", by=cast.ada, base_url="")
        perform(identity.revoke_invitation, invitation)
        perform(identity.invite, "zoe@acme.test", "rep", by=cast.ada, base_url="")
        perform(identity.request_reset, "ben@acme.test", base_url="")
    with writing() as session, tenancy.everyone():
        past = clock.real_now() - timedelta(seconds=1)
        session.execute(update(Invitation).values(expires_at=past))
        session.execute(update(PasswordReset).values(expires_at=past))
    for path in ("/invitations/", "/password/reset/"):
        said = {plain(browser(app).get(path + secret)) for secret in (*links_of(cast), "never-was", invitation.id)}
        assert len(said) == 1
        assert said.pop()[0] == 404


def links_of(cast) -> list[str]:
    """The secrets in all mails to the team."""
    with tenancy.organization(cast.acme.id):
        bodies = " ".join(mail.body for mail in queries.sandbox_staff_mails())
    return re.findall(r"/(?:invitations|reset)/([\w-]{43})", bodies)


def test_a_dead_token_and_an_unknown_one_are_refused_alike(app, cast):
    token, secret = perform(identity.create_token, cast.ada, "gone")
    with tenancy.organization(cast.acme.id):
        perform(identity.revoke_token, token, cast.ada)
        _, disabled = perform(identity.create_token, cast.ben, "disabled")
        perform(identity.set_disabled, cast.ben, True, by=cast.ada)
    headers = [{"Authorization": f"Bearer {word}"} for word in (secret, disabled, "lc_never-was", "x")]
    assert len({plain(app.test_client().get("/api/flows", headers=header)) for header in headers}) == 1
