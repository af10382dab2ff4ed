"""What the soak makes of its figures: lateness is held against fine weather on the same machine, loss never is."""

from types import SimpleNamespace

import pytest

from soak import redis_weather
from soak.redis_weather import Spell

PLACE = SimpleNamespace(name="SQLite")


def spell(*lateness: float, web: float = 0.02, refused: tuple[str, ...] = ()) -> tuple[Spell, dict[str, float]]:
    """A spell with a lead for each lateness, and when each was greeted."""
    acknowledged = {f"{id(lateness)}-{n}": 1000.0 for n in range(len(lateness))}
    seen = Spell(seconds=[web] * len(lateness), acknowledged=acknowledged, refused=list(refused))
    return seen, {email: 1000.0 + late for email, late in zip(acknowledged, lateness, strict=True)}


@pytest.mark.parametrize(
    ("fine", "stormy", "holds"),
    [
        (0.3, 6.0, True),
        (0.3, 7.0, False),  # more than three ticks and a process on top of fine weather
        (10.0, 15.0, True),
        (10.0, 17.0, False),
    ],
)
def test_lateness_is_what_the_weather_added(fine, stormy, holds):
    calm, calm_arrivals = spell(fine)
    storm, arrivals = spell(0.1, stormy)
    assert redis_weather.judge(PLACE, "stalled", storm, [calm], calm_arrivals | arrivals).holds is holds


def test_a_lead_that_was_never_greeted_breaks_it_however_slow_the_machine_is():
    calm, calm_arrivals = spell(60.0)
    storm, arrivals = spell(0.1, 0.2)
    arrivals.popitem()
    assert redis_weather.judge(PLACE, "slow", storm, [calm], calm_arrivals | arrivals).holds is False


def test_a_refusal_and_a_slow_web_break_it():
    calm, calm_arrivals = spell(0.3)
    for storm, arrivals in (spell(0.1, refused=("500",)), spell(0.1, web=0.2)):
        assert redis_weather.judge(PLACE, "refused", storm, [calm], calm_arrivals | arrivals).holds is False


@pytest.mark.parametrize(("late", "load", "holds"), [(2.0, 9.0, True), (9.0, 0.5, False), (9.0, 9.0, None)])
def test_fine_weather_is_held_to_three_ticks_unless_others_keep_the_machine_busy(monkeypatch, late, load, holds):
    monkeypatch.setattr(redis_weather, "_load_per_core", lambda: load)
    assert redis_weather.judge_fine(PLACE, *spell(late)).holds is holds
