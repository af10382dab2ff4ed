"""Every method of every route against everybody who has no business there: no answer with data, no changed row."""

import pytest

from tests.strangers.cases import CASES, FOR_VISITORS, ask, mixes, routes
from tests.strangers.conftest import BENS_WORD, Houses
from tests.strangers.house import words_of

REFUSED = (401, 403, 404)
GUARDED = [name for name, case in CASES.items() if not case.open and name not in FOR_VISITORS]
OPEN = [name for name, case in CASES.items() if case.open]
VISITORS = sorted(FOR_VISITORS)
SHOWS_THE_TEAM = {"GET thanks.of_realtor", "GET booking_page.page", "POST booking_page.book"}
ACMES = words_of("acme")


def rule_of(houses: Houses, name: str) -> str:
    return routes(houses.app)[name]


def read(response) -> str:
    """Everything an answer says, its head included."""
    return f"{response.headers}\n{response.get_data().decode(errors='replace')}"


def styles(name: str) -> tuple[bool, ...]:
    """Pages are asked for whole and as fragments."""
    return (False, True) if name.startswith("GET") else (False,)


def test_every_route_has_its_case_and_is_guarded_open_or_a_door_for_visitors(houses):
    assert set(routes(houses.app)) == set(CASES)
    assert sorted((*GUARDED, *OPEN, *FOR_VISITORS)) == sorted(CASES)


@pytest.mark.parametrize("name", GUARDED)
def test_without_a_sign_in_there_is_nothing(houses, name):
    asked = ask(rule_of(houses, name), name, houses.acme)
    for hx in (False, True):
        answer = houses.nobody.send(asked, hx=hx)
        if asked.is_safe and not asked.is_api and not hx:
            assert answer.status_code == 302
            assert answer.location.startswith("/login?next=")
        else:
            assert answer.status_code == 401
        assert not any(word in read(answer) for word in ACMES)
    assert not houses.changes()


@pytest.mark.parametrize("name", OPEN)
@pytest.mark.parametrize("caller", ["nobody", "rita", "ben", "pat"])
def test_what_is_open_to_all_gives_nothing_away(houses, name, caller):
    answer = getattr(houses, caller).send(ask(rule_of(houses, name), name, houses.acme))
    expected = CASES[name].works
    assert answer.status_code == expected if expected else answer.status_code < 400
    assert name in SHOWS_THE_TEAM or not any(word in read(answer) for word in ACMES)
    assert not houses.changes()


@pytest.mark.parametrize("name", GUARDED)
def test_another_organizations_owner_sees_and_changes_nothing_of_ours(houses, name):
    for is_about_ours, asked in mixes(rule_of(houses, name), name, houses.rival, houses.acme):
        for hx in styles(name):
            answer = houses.rita.send(asked, hx=hx)
            assert answer.status_code < 500
            assert not any(word in read(answer) for word in ACMES), asked
            changed = houses.changes()
            if is_about_ours:
                assert answer.status_code in REFUSED, asked
                assert not changed
            assert not mentioned(changed, houses.acme, houses.rival, ACMES), asked


@pytest.mark.parametrize("name", VISITORS)
def test_a_door_for_visitors_is_closed_to_another_organizations_token(houses, name):
    """The ids stand in its body: it is the realtor's or the lead's that is ours, or both."""
    ours = {houses.acme["realtor"], houses.acme["lead"]}
    for _, asked in mixes(rule_of(houses, name), name, houses.rival, houses.acme):
        if ours & {*asked.body.values(), *asked.query.values()}:
            answer = houses.rita.send(asked)
            assert answer.status_code == 404, asked
            assert not any(word in read(answer) for word in ACMES), asked
            assert not houses.changes(), asked


def test_a_visitor_brings_no_lead_to_a_realtor_of_another_organization(houses):
    name = "POST bookings_api.book"
    for mixed in (houses.acme | {"lead": houses.rival["lead"]}, houses.rival | {"lead": houses.acme["lead"]}):
        answer = houses.nobody.send(ask(rule_of(houses, name), name, mixed))
        assert answer.status_code == 404
        assert not any(word in read(answer) for word in (*ACMES, *words_of("rival")))
        assert not houses.changes()


@pytest.mark.parametrize("name", VISITORS)
def test_a_visitor_is_served_and_reads_nothing_of_a_lead(houses, name):
    answer = houses.nobody.send(ask(rule_of(houses, name), name, houses.acme))
    assert answer.status_code < 300
    assert ACMES[1] not in read(answer)
    assert not mentioned(houses.changes(), houses.rival, houses.acme, words_of("rival"))


@pytest.mark.parametrize("name", VISITORS)
def test_a_door_for_visitors_is_none_to_anothers_lead_for_a_rep_and_closed_to_a_provider(houses, name):
    asked = ask(rule_of(houses, name), name, houses.acme)
    assert houses.pat.send(asked).status_code == 403
    if "lead_id" in asked.body:
        assert houses.ben.send(asked).status_code == 404
    assert not houses.changes()


@pytest.mark.parametrize("name", GUARDED)
def test_a_rep_sees_and_changes_nothing_of_anothers_lead(houses, name):
    case = CASES[name]
    for is_about_another, asked in mixes(rule_of(houses, name), name, houses.bens, houses.acme):
        for hx in styles(name):
            answer = houses.ben.send(asked, hx=hx)
            assert answer.status_code < 500
            assert ACMES[1] not in read(answer), asked
            changed = houses.changes()
            if "rep" not in case.roles:
                assert answer.status_code == 403
                assert not changed
            elif case.binds == "lead" and is_about_another:
                assert answer.status_code == 404
                assert not changed
            assert not mentioned(changed, houses.acme, houses.bens, ACMES[1:]), asked


@pytest.mark.parametrize("name", [name for name in GUARDED if "marketing" not in CASES[name].roles])
def test_marketing_does_not_run_the_team(houses, name):
    assert houses.mia.send(ask(rule_of(houses, name), name, houses.acme)).status_code == 403
    assert not houses.changes()


@pytest.mark.parametrize("name", GUARDED)
def test_a_provider_sees_no_lead_and_changes_only_what_is_the_providers(houses, name):
    for hx in styles(name):
        answer = houses.pat.send(ask(rule_of(houses, name), name, houses.acme), hx=hx)
        assert ACMES[1] not in read(answer)
        changed = houses.changes()
        if "provider" not in CASES[name].roles:
            assert answer.status_code == 403
            assert not changed
        assert not mentioned(changed, houses.acme, {"organization": houses.acme["organization"]}, ACMES[1:])


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.binds == "person"])
@pytest.mark.parametrize("caller", ["max", "ben"])
def test_what_is_one_persons_is_nobody_elses(houses, name, caller):
    answer = getattr(houses, caller).send(ask(rule_of(houses, name), name, houses.acme))
    assert answer.status_code == 404
    assert not houses.changes()


@pytest.mark.parametrize("name", CASES)
def test_the_owner_of_it_all_is_served_and_looking_changes_nothing(houses, name):
    """Else a refusal above would prove nothing: the same request works for whom it may work."""
    case = CASES[name]
    for hx in styles(name):
        asked = ask(rule_of(houses, name), name, houses.acme)
        answer = houses.ada.send(asked, hx=hx)
        assert answer.status_code == case.works if case.works else answer.status_code < 400, asked
        expected = case.changes if case.changes is not None else not asked.is_safe and not case.works
        assert bool(houses.changes()) == expected


def test_a_rep_finds_his_own_lead(houses):
    name = "GET leads.index"
    answer = houses.ben.send(ask(rule_of(houses, name), name, houses.bens).saying("owner", "me"))
    assert answer.status_code == 200
    assert BENS_WORD in read(answer)


def mentioned(changed, foreign: dict[str, str], own: dict[str, str], words: tuple[str, ...]) -> set[str]:
    """What changed rows say of the other house: its ids and its marked words."""
    strange = {key: value for key, value in foreign.items() if len(value) > 10 and value not in own.values()}
    strange.pop("form_key", None)  # names no row: it is what a browser calls its form
    said = " ".join(row for _, row in changed)
    return {value for value in (*strange.values(), *words) if value in said}
