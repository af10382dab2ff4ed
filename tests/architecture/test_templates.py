"""Templates obey the content security policy, speak htmx 4, and name what they use."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# Mails are read by mail programs, which know neither our scripts nor our styles.
PAGES = [path for path in TEMPLATES if "mail" not in path.relative_to(ROOT / "templates").parts]

# What breaks the policy in core/security.py, or works only where it is loose.
BANNED = {
    "inline handler (hx-on)": r"\bhx-on\b",
    "inline handler (onclick=)": r"\son[a-z]+\s*=\s*[\"']",
    "trigger filter": r"hx-trigger\s*[=:'\"\s]+[^'\"<>]*\w\[",
    "script value": r"hx-[\w:-]+[\"']?\s*[=:]\s*[\"'](?:js|javascript):",
    "style attribute": r"\sstyle\s*=",
    "inline style": r"<style\b",
    "inline script": r"<script\b(?![^>]*\bsrc=)",
    "unescaped value": r"\|\s*safe\b",
    "escaping switched off": r"autoescape\s+false",
    "foreign host": r"\b(?:src|href)=[\"']https?://",
}
HTMX_2 = {
    "renamed or gone attribute": (
        r"\bhx-(?:disabled-elt|ext|vars|params|prompt|disinherit|inherit|request|history)\b(?!-)"
    ),
    "old event name": r"htmx:[a-z]+[A-Z]\w*",
    "status target this": r"hx-status:\w+=[\"'][^\"']*target:this",
    "trigger that listens nowhere": r"from:(?:closest|find|next|previous)\s",  # htmx 4 wants quotes, and says nothing
}
FIELDS = r"\b(?:field|input|select|filter_fields)\(|\brequired\b|\btype=\"(?:email|number|url|date|time|tel)\b"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_obeys_the_policy_and_speaks_htmx_4(path):
    source = without_comments(path.read_text())
    for name, pattern in {**BANNED, **HTMX_2}.items():
        found = re.search(pattern, source)
        assert not found, f"{name}: {found.group(0)}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_button_says_what_it_does_in_a_form(path):
    for tag in re.findall(r"<button\b(?:[^>{]|\{\{.*?\}\}|\{%.*?%\})*>", without_comments(path.read_text()), re.DOTALL):
        assert "type=" in tag or 'value="' in tag, tag


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_named_icon_is_in_the_sprite(path):
    calls = re.findall(r"\b(?:icon|_glyph)\(\s*'([\w-]+)'", path.read_text())
    keyed = re.findall(r"[\"']?\bicon[\"']?\s*[:=]\s*'([\w-]+)'", path.read_text())
    missing = {name for name in calls + keyed if name not in sprite_icons()}
    assert not missing


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_form_lets_the_browser_say_what_is_wrong(path):
    """Its bubbles stand elsewhere than our words, one at a time, and in the browser's language."""
    for form in re.findall(r"<form\b.*?</form>", without_comments(path.read_text()), re.DOTALL):
        if re.search(FIELDS, form) and path.parent.name != "kit":
            assert re.search(r"\bnovalidate\b", form), form[:200]


def test_scripts_speak_htmx_4():
    for path in (ROOT / "leadcrm" / "static" / "js").glob("*.js"):
        found = re.search(HTMX_2["old event name"], path.read_text())
        assert not found, f"{path.name}: {found.group(0)}"


def test_the_rules_catch_what_they_are_for():
    bad = {
        "inline handler (hx-on)": '<a hx-on:click="x()">',
        "inline handler (onclick=)": "<a onclick='x()'>",
        "trigger filter": """<input hx-trigger="keyup[key=='Enter']">""",
        "script value": "<a hx-vals='js:{a: 1}'>",
        "style attribute": '<p style="color: red">',
        "inline style": "<style>",
        "inline script": "<script>alert(1)</script>",
        "unescaped value": "{{ body|safe }}",
        "escaping switched off": "{% autoescape false %}",
        "foreign host": '<script src="https://cdn.example/x.js">',
        "renamed or gone attribute": '<button hx-disabled-elt="this">',
        "old event name": "htmx:afterSwap",
        "status target this": '<form hx-status:422="target:this">',
        "trigger that listens nowhere": '<i hx-trigger="input from:closest form">',
    }
    assert bad.keys() == {**BANNED, **HTMX_2}.keys()
    for name, source in bad.items():
        assert re.search({**BANNED, **HTMX_2}[name], source), name


def test_the_rules_let_our_own_spelling_pass():
    fine = """<script src="{{ asset('js/app.js') }}" defer></script> <div hx-trigger="every 3s" hx-history-elt></div>
        <input hx-trigger="input delay:80ms from:'closest form'" name="ids[]"> {'hx-trigger': 'change', 'x': rows[0]}"""
    for name, pattern in {**BANNED, **HTMX_2}.items():
        assert not re.search(pattern, fine), name


def without_comments(source: str) -> str:
    return re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)


def sprite_icons() -> set[str]:
    manifest = tomllib.loads((ROOT / "leadcrm" / "static" / "vendor" / "vendor.toml").read_text())
    return {name for package in manifest["package"] for file in package["file"] for name in file.get("icons", [])}
