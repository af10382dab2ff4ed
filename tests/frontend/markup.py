"""Is this HTML valid? Parse errors of the HTML5 algorithm, then the rules that a parser forgives.

Attributes of htmx (`hx-…`, with or without `:inherited`) are none of its business.
"""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from xml.etree.ElementTree import Element

from tinyhtml5.parser import HTMLParser

HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
INLINE = {"span", "b", "i", "em", "strong", "small", "kbd", "time", "mark", "label", "button", "output"}
HOLDS_PHRASES = HEADINGS | INLINE | {"p", "pre", "summary", "legend"}
SECTIONS = {"article", "aside", "section", "nav", "main", "header", "footer", "address"}
BLOCKS = {"div", "p", "pre", "hr", "blockquote", "figure", "ul", "ol", "dl", "table"}
FLOW = HEADINGS | SECTIONS | BLOCKS | {"details", "dialog", "fieldset", "form"}
MAY_HOLD_HEADINGS = {"summary", "legend"}
CONTROLS = {"input", "select", "textarea", "button", "output", "meter", "progress"}
CHILDREN = {
    "ul": {"li"},
    "ol": {"li"},
    "dl": {"dt", "dd", "div"},
    "tr": {"th", "td"},
    "select": {"option", "optgroup", "hr"},
}
PARENTS = {
    "li": {"ul", "ol", "menu"},
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "option": {"select", "datalist", "optgroup"},
    "legend": {"fieldset"},
    "summary": {"details"},
}
ARIA = ("labelledby", "describedby", "controls", "owns", "details", "errormessage")
LISTS_OF_IDS = tuple(f"aria-{name}" for name in ARIA)
SINGLE_IDS = ("aria-activedescendant", "popovertarget", "commandfor", "form", "list", "data-opens")
FRAGMENT = "DOCUMENT_FRAGMENT"


def problems(source: str, *, around: frozenset[str] = frozenset()) -> list[str]:
    """What is wrong with a page, or with a fragment of one; `around` holds the ids of the page a fragment goes into."""
    root, errors = parse(source)
    found = [f"line {line}: {code} {details or ''}".rstrip() for (line, _), code, details in errors]
    document = _Document(root, around)
    for rule in (_ids, _references, _nesting, _families, _columns, _names, *([_frame] if is_page(source) else [])):
        found += rule(document)
    return found


def is_page(source: str) -> bool:
    return source.lstrip()[:9].lower() == "<!doctype"


@lru_cache(maxsize=1)  # a crawl asks several questions about the same text
def parse(source: str) -> tuple[Element, list[tuple]]:
    """The tree, and the parse errors as (position, code, details)."""
    parser = HTMLParser(namespace_html_elements=False)
    root = parser.parse(source) if is_page(source) else parser.parse_fragment(source, container=_container(source))
    return root, parser.errors


def ids_of(source: str) -> frozenset[str]:
    """The ids that a page offers to its fragments."""
    return frozenset(element.get("id") for element in parse(source)[0].iter() if element.get("id"))


def _container(source: str) -> str:
    starts = source.lstrip()[:4]
    return {"<tr ": "tbody", "<tr>": "tbody", "<td ": "tr", "<td>": "tr"}.get(starts, "div")


class _Document:
    """A tree whose elements know their parents."""

    def __init__(self, root: Element, around: frozenset[str]):
        self.elements = [element for element in root.iter() if isinstance(element.tag, str)]
        self.parents = {child: element for element in self.elements for child in element}
        self.by_id = {element.get("id"): element for element in self.elements if element.get("id")}
        self.around = around

    def all(self, *tags: str) -> Iterator[Element]:
        return (element for element in self.elements if element.tag in tags)

    def ancestors(self, element: Element) -> Iterator[Element]:
        while (element := self.parents.get(element)) is not None:
            yield element

    def knows(self, identifier: str) -> bool:
        return identifier in self.by_id or identifier in self.around


def _show(element: Element) -> str:
    attributes = "".join(f' {name}="{value[:40]}"' for name, value in list(element.attrib.items())[:4])
    return f"<{element.tag}{attributes}>"


def _ids(document: _Document) -> Iterator[str]:
    ids = [element.get("id") for element in document.elements if "id" in element.attrib]
    yield from (f"id {name!r} stands {count} times" for name, count in Counter(ids).items() if count > 1)
    yield from (f"id {name!r} is empty or has a space" for name in set(ids) if not name or len(name.split()) != 1)


def _references(document: _Document) -> Iterator[str]:
    for element in document.elements:
        named = [(name, one) for name in LISTS_OF_IDS for one in element.get(name, "").split()]
        named += [(name, element.get(name)) for name in SINGLE_IDS if element.get(name)]
        target = element.get("href", "") if element.tag == "a" else ""
        named += [("href", target[1:])] if target.startswith("#") and len(target) > 1 else []
        yield from (f"{_show(element)}: {name} names no {one!r}" for name, one in named if not document.knows(one))
    for label in document.all("label"):
        control = document.by_id.get(label.get("for"))
        if control is None and label.get("for") and not document.knows(label.get("for")):
            yield f"{_show(label)}: for names nothing"
        elif control is not None and control.tag not in CONTROLS:
            yield f"{_show(label)}: for names {_show(control)}, which takes no label"


def _nesting(document: _Document) -> Iterator[str]:
    for element in document.elements:
        around = list(document.ancestors(element))
        if element.tag in FLOW:
            holders = {one.tag for one in around} & HOLDS_PHRASES
            if element.tag in HEADINGS:
                holders -= MAY_HOLD_HEADINGS
            yield from (f"{_show(element)} in <{holder}>" for holder in holders)
        if _takes_clicks(element):
            holder = next((one for one in around if one.tag in ("a", "button")), None)
            yield from [] if holder is None else [f"{_show(element)} in {_show(holder)}"]
        if element.tag == "label":
            yield from (f"{_show(element)} in a label" for one in around if one.tag == "label")
            yield from _labels_of_one_control(element)


def _takes_clicks(element: Element) -> bool:
    if element.tag == "input":
        return element.get("type") != "hidden"
    fixed = {"button", "select", "textarea", "label", "details", "iframe"}
    return element.tag in fixed or (element.tag == "a" and "href" in element.attrib) or "tabindex" in element.attrib


def _labels_of_one_control(label: Element) -> Iterator[str]:
    inside = [one for one in label.iter() if one.tag in CONTROLS and one.get("type") != "hidden"]
    named = label.get("for")
    if len(inside) > 1 or (named and inside and inside[0].get("id") != named):
        yield f"{_show(label)} holds a control that it does not name"


def _families(document: _Document) -> Iterator[str]:
    for element in document.elements:
        allowed = CHILDREN.get(element.tag)
        if allowed:
            strangers = [c for c in element if isinstance(c.tag, str) and c.tag not in allowed | {"script", "template"}]
            yield from (f"{_show(child)} directly in <{element.tag}>" for child in strangers)
        parent = document.parents.get(element)
        expected = PARENTS.get(element.tag)
        if expected and parent is not None and parent.tag not in expected | {FRAGMENT, "hx-partial"}:
            yield f"{_show(element)} directly in <{parent.tag}>"


def _columns(document: _Document) -> Iterator[str]:
    for table in document.all("table"):
        widths = {sum(int(cell.get("colspan", 1)) for cell in row) for row in table.iter("tr")}
        if len(widths) > 1:
            yield f"{_show(table)} has rows of {sorted(widths)} columns"


def _names(document: _Document) -> Iterator[str]:
    named = {label.get("for") for label in document.all("label")}
    for control in document.all("input", "select", "textarea"):
        if control.get("type") in ("hidden", "submit", "button", "image"):
            continue
        wrapped = any(one.tag == "label" for one in document.ancestors(control))
        if not (wrapped or control.get("id") in named or control.get("aria-label") or control.get("aria-labelledby")):
            yield f"{_show(control)} has no label"
    for element in document.all("a", "button"):
        words = "".join(element.itertext()).strip() or element.get("aria-label") or element.get("aria-labelledby")
        if not (words or any(image.get("alt") for image in element.iter("img"))):
            yield f"{_show(element)} has no name"
    yield from (f"{_show(image)} has no alt" for image in document.all("img") if "alt" not in image.attrib)
    yield from (f"{_show(frame)} has no title" for frame in document.all("iframe") if not frame.get("title"))


def _frame(document: _Document) -> Iterator[str]:
    """What a whole page has exactly once."""
    if not next(document.all("html")).get("lang"):
        yield "no language"
    for tag in ("title", "main", "h1"):
        count = len(list(document.all(tag)))
        if count != 1:
            yield f"{count} <{tag}> in the page"
