"""What the style sheets write can be read on each ground they write it on, in both themes (WCAG 1.4.3, 1.4.11).

The pairs are read from the rules: a rule that names ink and ground is a pair; ink alone stands on any ground that
GROUNDS_OF says, and ink that is not in it fails.
"""

import re
from itertools import product

import pytest

from tests.architecture.test_static import CSS, STATIC, TONES, contrast, token

TEXT, LINE = 4.5, 3.0
SHEETS = [re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S) for path in sorted((STATIC / "css").glob("*.css"))]
RULES = [(rule[1].strip(), rule[2]) for sheet in SHEETS for rule in re.finditer(r"([^{};]+)\{([^{}]*)\}", sheet)]

PAGE = ("canvas", "surface", "raised", "sunken", "hover", "accent-soft")
FILLS = ("accent-fill", "accent-press", "danger-fill", "danger-press", "float")
TONE = ("tone-ground",)
GROUNDS_OF = {
    "text": (*PAGE, "pressed", "bubble", "note", "marked"),
    "text-2": (*PAGE, "pressed", "note"),
    "text-3": PAGE,
    "accent-text": PAGE,
    "danger-text": PAGE,
    "success-text": PAGE,
    "on-fill": FILLS,
    "float-link": ("float",),
    "tone-ink": TONE,
    "tone-face-ink": ("tone-face",),
}
RINGS = {"accent": PAGE, "float-link": ("float", "danger-fill")}


def inks_and_grounds() -> set[tuple[str, str | None]]:
    """(ink, ground) of each rule that sets ink by a token; the ground is None where another rule sets it."""
    found = set()
    for _, body in RULES:
        ink = re.search(r"(?<![\w-])color: var\(--([\w-]+)\)", body)
        ground = re.search(r"background(?:-color)?: var\(--([\w-]+)\)", body)
        if ink:
            found.add((ink[1], ground[1] if ground else None))
    return found


def ratio(one: str, other: str, theme: int, tone: str | None) -> float:
    return contrast(token(one, theme, tone), token(other, theme, tone))


def too_faint(pairs: set[tuple[str, str]], least: float) -> list[str]:
    """The pairs below that ratio, in words."""
    found = []
    for (one, other), theme in product(sorted(pairs), (0, 1)):
        tones = TONES if "tone" in one + other else [None]
        worst = min(tones, key=lambda tone: ratio(one, other, theme, tone))
        value = ratio(one, other, theme, worst)
        if value < least:
            found.append(f"{one} on {other} ({('light', 'dark')[theme]}, {worst}): {value:.2f}")
    return found


def test_ink_and_ground_of_one_rule_can_be_read():
    pairs = {(ink, ground) for ink, ground in inks_and_grounds() if ground}
    assert len(pairs) >= 12
    assert too_faint(pairs, TEXT) == []


def test_ink_alone_can_be_read_on_every_ground_it_may_stand_on():
    inks = {ink for ink, _ in inks_and_grounds()}
    assert inks == set(GROUNDS_OF)
    assert too_faint({(ink, ground) for ink in inks for ground in GROUNDS_OF[ink]}, TEXT) == []


def test_every_ring_of_the_focus_can_be_seen():
    rings = {name for _, body in RULES for name in re.findall(r"outline(?:-color)?: [^;]*var\(--([\w-]+)\)", body)}
    assert rings == set(RINGS)
    assert too_faint({(ring, ground) for ring in rings for ground in RINGS[ring]}, LINE) == []


@pytest.mark.parametrize("part", [".checkbox", ".switch", ".field"])
def test_the_edge_of_a_control_can_be_seen(part):
    rule = next(body for selector, body in RULES if part in re.split(r",\s*", selector))
    edge = re.search(r"(?:border|background): [^;]*var\(--([\w-]+)\)", rule)[1]
    assert too_faint({(edge, ground) for ground in ("canvas", "surface", "raised", "sunken")}, LINE) == []


def test_the_tokens_were_found():
    assert "--accent-fill" in CSS
    assert len(RULES) > 300
