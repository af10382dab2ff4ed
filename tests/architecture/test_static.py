"""Static files: vendored ones are what npm gave, the wire budget holds, and every pair of colours can be read."""

import base64
import gzip
import hashlib
import math
import re
import tomllib
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "leadcrm" / "static"
MANIFEST = tomllib.loads((STATIC / "vendor" / "vendor.toml").read_text())
VENDORED = [file for package in MANIFEST["package"] for file in package["file"]]

# Wire size of a cold page in KB (gzip -9).
BUDGETS = {
    "css": (12, ["css/app.css", "css/screens.css"]),
    "scripts of every page": (20, ["vendor/htmx.org-4.0.1/htmx.min.js", "js/app.js", "js/keys.js"]),
    "our own scripts": (8, ["js/app.js", "js/keys.js"]),
    "scripts of the inbox": (4, ["js/log.js", "js/inbox.js", "js/composer.js"]),
    "scripts of a writer": (5, ["js/writing.js", "js/picker.js", "js/files.js"]),
    "scripts of a drag page": (17, ["vendor/sortablejs-1.15.7/Sortable.min.js", "js/sort.js"]),
    "icons": (6, ["vendor/lucide-static-1.62.0/icons.svg"]),
}


@pytest.mark.parametrize("file", VENDORED, ids=lambda file: file["path"])
def test_a_vendored_file_has_the_promised_hash(file):
    digest = hashlib.sha384((STATIC / "vendor" / file["path"]).read_bytes()).digest()
    assert file["sha384"] == "sha384-" + base64.b64encode(digest).decode()


def test_no_vendored_file_is_missing_from_the_manifest():
    found = {str(path.relative_to(STATIC / "vendor")) for path in (STATIC / "vendor").rglob("*") if path.is_file()}
    assert found == {file["path"] for file in VENDORED} | {"vendor.toml"}


def test_every_package_brings_its_licence():
    for package in MANIFEST["package"]:
        assert package["licence"]
        assert any(file["path"].endswith("/LICENSE") for file in package["file"]), package["name"]


@pytest.mark.parametrize("name", BUDGETS)
def test_the_wire_budget_holds(name):
    limit, paths = BUDGETS[name]
    size = sum(len(gzip.compress((STATIC / path).read_bytes(), 9)) for path in paths)
    assert size <= limit * 1024, f"{name}: {size} bytes of {limit} KB"


def test_the_font_is_small():
    assert (STATIC / "vendor" / "inter-5.3.0" / "inter.woff2").stat().st_size <= 22 * 1024


def test_scripts_need_no_eval_and_no_inner_html():
    for path in (STATIC / "js").glob("*.js"):
        found = re.findall(r"\beval\b|new Function|innerHTML|insertAdjacentHTML|document\.write", path.read_text())
        assert not found, f"{path.name}: {found}"


def test_colours_are_written_in_the_tokens_layer_only():
    screens = (STATIC / "css" / "screens.css").read_text()
    assert not re.findall(r"#[0-9a-f]{3,8}\b(?=[ ;,)])|\brgb|\bhsl|\boklch", screens)


# ---- Contrast: OKLCH to sRGB to WCAG, for each pair of tokens that meets on a screen ------------------------

GROUNDS = ("canvas", "surface", "raised", "sunken", "hover", "accent-soft")
TEXTS = ("text", "text-2", "text-3", "accent-text", "danger-text")
PAIRS = [(text, ground) for text in TEXTS for ground in GROUNDS]
PAIRS += [("text", "pressed"), ("text-2", "pressed"), ("success-text", "raised"), ("success-text", "surface")]
PAIRS += [("on-fill", "accent-fill"), ("on-fill", "accent-press"), ("on-fill", "danger-fill")]
PAIRS += [("on-fill", "danger-press"), ("on-fill", "float"), ("float-link", "float")]
PAIRS += [("text", "note"), ("text-2", "note"), ("text", "bubble"), ("text", "marked")]
LINES = [("control-line", ground) for ground in ("canvas", "surface", "raised", "sunken")]
LINES += [("accent", ground) for ground in ("canvas", "surface", "raised", "sunken", "hover", "accent-soft")]
TONE_PAIRS = [("tone-ink", "tone-ground", 4.5), ("tone-face-ink", "tone-face", 4.5)]
TONE_PAIRS += [("tone-solid", "tone-ground", 3.0)]

CSS = (STATIC / "css" / "app.css").read_text()
ROOT_TOKENS = dict(re.findall(r"--([\w-]+): (light-dark\(oklch\([^;]+|oklch\([^;]+);", CSS))
TONES = {
    name: (float(hue), float(chroma))
    for name, hue, chroma in re.findall(r"\.tone-(\w+) \{ --hue: ([\d.]+); --chroma: ([\d.]+); \}", CSS)
}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS, ids="-on-".join)
def test_text_can_be_read(text, ground, theme):
    assert contrast(token(text, theme), token(ground, theme)) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), LINES, ids="-on-".join)
def test_control_lines_can_be_seen(line, ground, theme):
    assert contrast(token(line, theme), token(ground, theme)) >= 3.0


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("tone", TONES)
def test_every_tone_can_be_read(tone, theme):
    for ink, ground, least in TONE_PAIRS:
        assert contrast(token(ink, theme, tone), token(ground, theme, tone)) >= least, ink


def test_there_are_eight_tones():
    assert set(TONES) == {"gray", "blue", "green", "amber", "red", "violet", "teal", "pink"}


def token(name: str, theme: int, tone: str | None = None) -> tuple[float, float, float]:
    """Return the linear RGB of a token in a theme (0 light, 1 dark)."""
    colours = re.findall(r"oklch\(((?:[^()]|\([^()]*(?:\([^()]*\))?[^()]*\))+)\)", ROOT_TOKENS[name])
    return linear_rgb(*numbers(colours[theme] if len(colours) == 2 else colours[0], tone))


def numbers(colour: str, tone: str | None) -> tuple[float, float, float]:
    """Return lightness 0-1, chroma and hue in degrees of `51% 0.19 265`, with a tone's variables filled in."""
    if tone:
        hue, chroma = TONES[tone]
        scaled = re.sub(r"calc\(var\(--chroma\) \* ([\d.]+)\)", lambda m: str(chroma * float(m[1])), colour)
        colour = scaled.replace("var(--chroma)", str(chroma)).replace("var(--hue)", str(hue))
    lightness, chroma_text, hue_text = colour.split()[:3]
    return float(lightness.rstrip("%")) / 100, float(chroma_text), float(hue_text)


def linear_rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """Convert OKLCH to linear sRGB, clipped to what a screen shows."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return tuple(min(1.0, max(0.0, channel)) for channel in (red, green, blue))


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """Return the WCAG contrast ratio of two linear colours."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: tuple[float, float, float]) -> float:
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def test_contrast_is_measured_as_wcag_says():
    white, black = linear_rgb(1, 0, 0), linear_rgb(0, 0, 0)
    assert contrast(white, black) == pytest.approx(21, abs=0.01)
    grey = linear_rgb(0.5659, 0, 0)  # #767676, the lightest grey that passes on white
    assert contrast(white, grey) == pytest.approx(4.54, abs=0.01)
