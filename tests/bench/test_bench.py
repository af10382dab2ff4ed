"""Each part of the benchmark runs whole at a tiny size and says what it found."""

import pytest

from bench import builder, databases, enrol, pages, reactions, serving, workers
from bench.figures import Growth, Ratio
from tests.databases import BACKEND

NAME = databases.NAMES[BACKEND]


@pytest.fixture(autouse=True)
def one_short_round(monkeypatch):
    monkeypatch.setattr(serving, "SECONDS", 0.3)
    for module in (serving, workers, reactions, enrol, builder):
        monkeypatch.setattr(module, "ROUNDS", 1)


@pytest.fixture
def furnished(monkeypatch, seeded):
    """New databases have the demo office already, which a benchmark else makes each time."""
    new = databases.Files.create

    def create(files: databases.Files, name: str, like: str | None = None) -> str:
        return new(files, name, like or f"sqlite:///{seeded}")

    monkeypatch.setattr(databases.Files, "create", create)


def said(figures) -> dict[str, str]:
    found = {figure.name: figure for figure in figures}
    assert all(str(figure).startswith(name) for name, figure in found.items())
    return found


@pytest.mark.timeout(300)  # six servers are started
def test_every_page_is_held_beside_its_limit_and_beside_a_smaller_house(tmp_path, furnished):
    found = said(pages.measure_pages(tmp_path, BACKEND, (20, 40), 3))
    assert {name for name in found if "beside" not in name} == {
        *(f"{page}, {size} leads on {NAME}" for page in pages.OF_THE_LIMIT for size in (20, 40)),
        *(f"capture by {writers} writers, {size} leads on {NAME}" for writers in pages.WRITERS for size in (20, 40)),
    }
    assert {name for name in found if "beside" in name} == {
        f"{name}, 40 beside 20 on {NAME}" for name in (*pages.PAGES, "capture")
    }


def test_several_workers_send_each_mail_once(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "WORKERS", (1, 2))
    found = said(workers.measure_workers(tmp_path, BACKEND, 25))
    slow, quick = found.values()
    assert (slow.at_least, slow.ours > 0, quick.limit > 0) == (workers.TWO_AT_LEAST, True, True)


def test_reactions_are_held_beside_the_same_changes(tmp_path, furnished):
    [found] = said(reactions.measure_reactions(tmp_path, BACKEND, 5)).values()
    assert 0 < found.ours < found.limit


@pytest.mark.timeout(120)
def test_enrolment_is_held_beside_a_bare_insert_of_the_same_rows(tmp_path, furnished):
    [found] = said(enrol.measure_enrolment(tmp_path, BACKEND, 40)).values()
    assert (found.ours > 0, found.at_least) == (True, enrol.AT_LEAST)


@pytest.mark.timeout(120)
def test_the_builder_is_held_beside_itself_with_nobody_inside(tmp_path, furnished):
    page, *previews = said(builder.measure_builder(tmp_path, BACKEND, 20)).values()
    assert (page.at_most, [preview.ours > 0 for preview in previews]) == (builder.AT_MOST, [True, True])


@pytest.mark.parametrize(
    ("figure", "passes", "goal"),
    [
        (Growth("list", 12, 10, 1.2), True, "at most 1.2 times"),
        (Growth("list", 12.1, 10, 1.2), False, "at most 1.2 times"),
        (Ratio("drain", 16, 10, 1.6), True, "at least 160%"),
        (Ratio("drain", 15, 10, 1.6), False, "at least 160%"),
        (Ratio("drain", 1, 10, None), True, "=   10%"),
    ],
)
def test_a_verdict_says_what_it_is_held_to(figure, passes, goal):
    assert figure.passes is passes
    assert str(figure).endswith(goal)
