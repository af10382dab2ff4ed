"""The validator finds what it is for, and lets our own spelling pass."""

import pytest

from tests.frontend.markup import problems

PAGE = '<!doctype html><html lang="en"><head><title>t</title></head><body><main><h1>h</h1>{}</main></body></html>'

INVALID = {
    "nested link": "<a href='/x'><a href='/y'>y</a></a>",
    "link in a button": "<button type='button'><a href='/x'>x</a></button>",
    "button in a link": "<a href='/x'><button type='button'>x</button></a>",
    "focusable in a button": "<button type='button'>a<span tabindex='0'>x</span></button>",
    "unclosed": "<div><span></div>",
    "twice the same attribute": "<p class='a' class='b'>x</p>",
    "void slash": "<div/>",
    "block in a paragraph": "<p><div>x</div></p>",
    "block in a span": "<span><div>x</div></span>",
    "heading in a button": "<button type='button'><h2>x</h2></button>",
    "block in a table": "<table><div>x</div><tr><td>1</td></tr></table>",
    "rows of different width": "<table><tr><td>1</td></tr><tr><td>1</td><td>2</td></tr></table>",
    "form in a form": "<form><form></form></form>",
    "doubled id": "<p id='a'>x</p><p id='a'>y</p>",
    "id with a space": "<p id='a b'>x</p>",
    "label for nothing": "<label for='gone'>x</label>",
    "label for a paragraph": "<label for='p'>x</label><p id='p'>y</p>",
    "label in a label": "<label>x <label>y</label></label>",
    "label of two controls": "<label>x <input name='a'><input name='b'></label>",
    "described by nothing": "<p aria-describedby='gone'>x</p>",
    "opens nothing": "<button type='button' data-opens='gone'>x</button>",
    "popover of nothing": "<button type='button' popovertarget='gone'>x</button>",
    "anchor to nothing": "<a href='#gone'>x</a>",
    "field without a label": "<input name='a'>",
    "button without a name": "<button type='button'><svg></svg></button>",
    "image without words": "<img src='/x'>",
    "paragraph in a list": "<ul><p>x</p></ul>",
    "item outside of a list": "<div><li>x</li></div>",
    "term outside of a list": "<section><dt>x</dt></section>",
    "second heading": "<h1>x</h1>",
}
VALID = """
  <form><label for="a">A</label><input id="a" name="a" aria-describedby="help"><p id="help">x</p>
    <label><input type="checkbox" name="b"> B</label><input type="hidden" name="c"></form>
  <a href="/x"><span>x</span></a><a href="#a">a</a><button type="button" hx-headers:inherited='{"a": 1}'>x</button>
  <dl><div><dt>x</dt><dd>y</dd></div></dl><details><summary><h2>x</h2></summary><p>y</p></details>
  <table><tbody><tr><td colspan="2">1</td></tr><tr><td>1</td><td>2</td></tr></tbody></table>"""


@pytest.mark.parametrize("name", INVALID)
def test_what_is_invalid_is_found(name):
    assert problems(PAGE.format(INVALID[name]))


def test_what_is_valid_passes():
    assert problems(PAGE.format(VALID)) == []


def test_a_fragment_may_name_what_its_page_holds():
    fragment = '<tr><td><button type="button" data-opens="palette">x</button></td></tr>'
    assert problems(fragment) == ['<button type="button" data-opens="palette">: data-opens names no \'palette\'']
    assert problems(fragment, around=frozenset({"palette"})) == []


def test_a_page_without_a_language_is_found():
    assert problems(PAGE.format("").replace(' lang="en"', "")) == ["no language"]
