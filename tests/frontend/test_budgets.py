"""What a cold page costs: bytes on the wire, requests, elements; measured on real answers."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from tests.frontend.markup import parse
from tests.frontend.screens import SCREENS, SIGNED_OUT, addresses

pytestmark = [pytest.mark.timeout(120)]

KB = 1024
BUDGETS = {"html": 12, "css": 12, "js": 20, "svg": 6, "woff2": 22}  # KB on the wire of a cold page, by kind
SCREEN, PUBLIC_PAGE, FRAGMENT = 75, 45, 8  # KB in all
DRAGGING = 15  # KB more of scripts, and in all
DRAG_SCREENS = {"flow", "flow step", "flow simulation"}
REQUESTS = 9
TAB_ICON = "/img/icon.svg"  # asked for once by a browser, after everything else
ELEMENTS = 1500
OURS = [name for name in SCREENS if name != "kit"]
FRAGMENTS = ["leads", "leads filtered", "thread", "flow step", "new lead"]


@dataclass(frozen=True)
class Cost:
    """Bytes on the wire of each address a page asks for, and how many elements it has."""

    sizes: dict[str, int]
    elements: int

    def of(self, kind: str) -> int:
        return sum(size for address, size in self.sizes.items() if _kind(address) == kind)


def _kind(address: str) -> str:
    name = urlsplit(address).path.rpartition("/")[2]
    is_file = address.startswith("/static/")
    return name.rpartition(".")[2] if is_file else "html"


def cost_of(client, address: str) -> Cost:
    page = client.get(address, headers={"Accept-Encoding": "br"})
    elements = list(parse(client.get(address).text)[0].iter())
    asked = {element.get("src") or element.get("href") for element in elements if _loads(element)}
    files = {address.partition("#")[0] for address in asked}
    return Cost({address: len(page.data)} | {file: _size(client, file) for file in files}, len(elements))


def _loads(element) -> bool:
    name = element.tag.rpartition("}")[2]  # a drawing's elements carry their namespace
    return name in ("link", "script", "img", "use") and bool(element.get("src") or element.get("href"))


def _size(client, address: str) -> int:
    answer = client.get(address, headers={"Accept-Encoding": "br"})
    assert answer.status_code == 200, address
    return len(answer.data)


@pytest.mark.parametrize("name", OURS)
def test_a_screen_keeps_to_its_budget(office, ada, name):
    cost = cost_of(ada, SCREENS[name].format(**addresses(office)))
    more = DRAGGING * (name in DRAG_SCREENS)
    for kind, limit in BUDGETS.items():
        allowed = (limit + more if kind == "js" else limit) * KB
        assert cost.of(kind) <= allowed, f"{kind}: {cost.of(kind)} bytes of {allowed}"
    assert sum(cost.sizes.values()) <= (SCREEN + more) * KB
    requests = [one for one in cost.sizes if not one.endswith(TAB_ICON)]
    assert len(requests) <= REQUESTS, requests
    assert cost.elements <= ELEMENTS


@pytest.mark.parametrize("address", SIGNED_OUT.values())
def test_a_page_for_strangers_keeps_to_its_budget(office, address):
    cost = cost_of(office.test_client(), address.format(**addresses(office)))
    assert sum(cost.sizes.values()) <= PUBLIC_PAGE * KB, cost.sizes


@pytest.mark.parametrize("name", FRAGMENTS)
def test_a_swap_keeps_to_its_budget(office, ada, name):
    path = SCREENS[name].format(**addresses(office))
    answer = ada.get(path, hx=True, headers={"Accept-Encoding": "br"})
    assert answer.headers["Content-Encoding"] == "br"
    assert len(answer.data) <= FRAGMENT * KB
