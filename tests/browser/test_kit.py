"""The component kit in real Chromium: accessible in every state, and the scripts do what docs/kit.md promises."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_login import LoginManager
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from leadcrm.core import kit, web
from leadcrm.core.security import CSP, csrf_token
from leadcrm.settings import ROOT
from tests.browser.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

PAGES = [
    "components",
    "leads",
    "leads?open=1",
    "inbox",
    "inbox?open=1",
    "flow?open=1",
    "settings",
    "sign-in",
    "error",
    "public",
]
EXPIRED = """<hx-partial hx-target="#dialog" hx-swap="beforeend">
  <dialog id="sign-in" aria-label="Your session has ended" data-modal>
    <form hx-post="/_kit/sign-in-again" hx-swap="none"><button type="submit">Sign in</button></form>
  </dialog></hx-partial>"""
SIGNED_IN_AGAIN = {"HX-Trigger": '{"token-renewed": {"token": "fresh"}, "close-dialog": {}}'}
FOR_AXE = {"bypass_csp": True, "reduced_motion": "reduce"}  # colours that fade would be measured on their way
SCREENS = {"wide": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def app() -> Flask:
    """Nothing but the kit and the four small answers its scripts ask for: no database, no sign-in."""
    app = Flask("kit", template_folder=str(ROOT / "templates"), static_folder=None)
    app.secret_key = "for this test only"
    app.jinja_env.globals["csrf_token"] = csrf_token
    web.init_app(app)
    LoginManager(app).user_loader(lambda _: None)
    app.register_blueprint(kit.blueprint)
    app.add_url_rule("/palette", "palette", kit.palette_options)
    app.add_url_rule("/notifications/count", "count", lambda: "3")
    app.add_url_rule("/_kit/undo", "undo", lambda: web.toast_partial("Lead is back"), methods=["POST"])
    app.add_url_rule("/_kit/send", "send", lambda: "", methods=["POST"])
    app.add_url_rule("/_kit/expired", "expired", lambda: (EXPIRED, 401))
    app.add_url_rule("/_kit/sign-in-again", "again", lambda: ("", 200, SIGNED_IN_AGAIN), methods=["POST"])
    app.add_url_rule("/_kit/nowhere", "nowhere", lambda: (web.toast_partial("No"), 500), methods=["POST"])
    app.after_request(lambda response: response.headers.set("Content-Security-Policy", CSP) or response)
    return app


@pytest.fixture(scope="module")
def address(app) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/_kit/"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> Browser:
    """The run's one Chromium: Playwright starts only once in a process."""
    return chromium


@pytest.fixture
def page(browser) -> Iterator[Page]:
    """A page whose console must stay empty: policy violations and script errors fail the test."""
    context = browser.new_context(viewport=SCREENS["wide"])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    expected = (
        "401 (UNAUTHORIZED)",
        "500 (INTERNAL SERVER ERROR)",
        "net::ERR_INTERNET_DISCONNECTED",
        "htmx: htmx:error",
    )
    assert [text for text in said if not any(part in text for part in expected)] == []


def visit(page: Page, url: str) -> None:
    """Open a page and wait until htmx has read it, which it does one task after its script ran."""
    page.goto(url)
    page.locator("[data-htmx-powered]").first.wait_for(state="attached")


@pytest.mark.parametrize("screen", SCREENS)
def test_every_kit_page_is_accessible_and_fits(browser, address, screen):
    phone = screen == "phone"
    context = browser.new_context(viewport=SCREENS[screen], has_touch=phone, is_mobile=phone, **FOR_AXE)
    page = context.new_page()
    for name in PAGES:
        page.goto(address + name)
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= SCREENS[screen]["width"], name
    context.close()


@pytest.mark.parametrize("state", ["palette", "dialog", "menu", "confirm", "shortcuts"])
def test_what_opens_is_accessible(browser, address, state):
    context = browser.new_context(viewport=SCREENS["wide"], **FOR_AXE)
    page = context.new_page()
    visit(page, address + "components")
    if state == "palette":
        page.keyboard.press("Control+k")
        page.locator("#palette [role=option]").first.wait_for()
    elif state == "shortcuts":
        page.keyboard.press("?")
    else:
        names = {"dialog": "Open dialog", "menu": "Row actions", "confirm": "Ask first"}
        page.get_by_role("button", name=names[state]).click()
    page.locator("dialog[open], .menu:popover-open").first.wait_for()
    page.wait_for_timeout(200)  # the entrance animation fades
    assert violations(page) == []
    context.close()


def test_the_palette_searches_and_follows(page, address):
    visit(page, address + "components")
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search or jump to")
    expect(box).to_be_focused()
    box.fill("oliver")
    option = page.locator("#palette").get_by_role("option")
    expect(option).to_have_count(1)
    expect(box).to_have_attribute("aria-activedescendant", option.get_attribute("id"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/_kit/leads?open=1")


def test_a_dialog_opens_from_a_key_and_gives_the_focus_back(page, address):
    visit(page, address + "leads")
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New lead")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")  # its sample of an error might be what somebody typed: once is asked
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_question_is_asked_in_our_own_dialog_and_no_sends_nothing(page, address):
    visit(page, address + "components")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    asks = page.get_by_role("button", name="Ask first")
    asks.click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(asks).to_be_focused()
    assert "POST" not in sent
    asks.click()
    page.locator("#confirm").get_by_role("button", name="Delete").click()
    expect(page.locator("#toasts .toast")).to_have_text("No")  # a toast arrives even with a 500
    expect(asks).to_be_visible()


def test_a_menu_moves_by_arrows(page, address):
    visit(page, address + "components")
    button = page.get_by_role("button", name="Row actions")
    button.click()
    expect(page.get_by_role("menuitem", name="Edit")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Assign")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Edit")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_undo_answers_and_toasts_leave_unless_pointed_at(page, address):
    page.clock.install()
    visit(page, address + "components")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Lead is back")
    expect(page.get_by_text("Lead archived")).to_have_count(0)
    page.locator("#toasts .toast").hover()
    page.clock.run_for(15_000)
    expect(page.locator("#toasts .toast")).to_have_count(1)
    page.mouse.move(5, 5)
    page.clock.run_for(11_000)
    expect(page.locator("#toasts .toast")).to_have_count(0)
    expect(page.get_by_text("The server refused this.")).to_have_count(1)  # bad news waits to be read


def test_the_list_works_by_keys(page, address):
    visit(page, address + "leads")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Ingrid Shah")).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Lead: Ingrid Shah")
    expect(panel).to_be_focused()
    expect(page.locator("#lead-2")).to_have_attribute("aria-current", "true")
    page.keyboard.press("j")
    expect(page.get_by_role("complementary", name="Lead: Mateo Mokoena")).to_be_visible()
    expect(page.locator("#lead-3")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_empty()
    expect(page.get_by_role("link", name="Mateo Mokoena")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search leads")).to_be_focused()
    page.keyboard.type("nj")  # letters are letters while typing
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_selecting_all_counts_and_clears(page, address):
    visit(page, address + "leads")
    page.get_by_role("checkbox", name="Select all on this page").check()
    expect(page.get_by_text("7 selected")).to_be_visible()
    page.get_by_role("button", name="Clear selection").click()
    expect(page.locator(".bulk-bar")).to_be_hidden()


def test_offline_shows_retry_and_keeps_what_was_typed(page, address):
    visit(page, address + "inbox?open=1")
    page.get_by_role("textbox", name="Message").fill("Half a thought")
    page.context.set_offline(True)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("could not be reached")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("Half a thought")
    page.context.set_offline(False)
    with page.expect_request("**/_kit/send"):
        page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("alert")).to_be_hidden()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a" * 160, "160 / 160"),
        ("a" * 161, "161 characters, 2 segments"),
        ("a" * 306, "306 characters, 2 segments"),
        ("a" * 307, "307 characters, 3 segments"),
        ("€" * 80, "160 / 160"),
        ("ж" * 70, "70 / 70"),
        ("ж" * 71, "71 characters, 2 segments"),
        ("👍" * 36, "72 characters, 2 segments"),
    ],
)
def test_text_messages_are_counted_as_they_are_billed(page, address, text, words):
    visit(page, address + "inbox?open=1")
    page.get_by_role("textbox", name="Message").fill(text)
    expect(page.locator("#composer-count")).to_have_text(words)


def test_a_step_moves_by_keys_across_days_and_goes_back_on_escape(page, address):
    visit(page, address + "flow")
    page.evaluate("document.addEventListener('reorder', (e) => { document.title = e.target.id; })")
    handle = page.get_by_role("button", name="Move Welcome email")
    handle.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#live")).to_have_text("Day 1, position 1 of 2")
    page.keyboard.press("Escape")
    expect(page.locator("[data-day='0'] #step-welcome")).to_have_count(1)
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#live")).to_have_text("Dropped. Day 1, position 2 of 2")
    expect(handle).to_be_focused()
    expect(page).to_have_title("step-welcome")


def test_a_step_is_dragged_by_mouse(page, address):
    visit(page, address + "flow")
    handle = page.get_by_role("button", name="Move Welcome email")
    handle.drag_to(page.locator("#step-reminder .step-body"))
    expect(page.locator("[data-day='2'] #step-welcome")).to_have_count(1)


def test_the_theme_is_seen_before_it_is_saved(page, address):
    visit(page, address + "settings")
    page.get_by_text("Dark", exact=True).click()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.get_by_text("System", exact=True).click()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light dark"


def test_a_form_is_sent_once(page, address):
    visit(page, address + "settings")
    page.evaluate(
        """() => { window.sent = 0; const form = document.querySelector('.page form');
        form.addEventListener('submit', (event) => { window.sent += 1; event.preventDefault(); });
        form.requestSubmit(); form.requestSubmit(); }"""
    )
    assert page.evaluate("window.sent") == 1


def test_a_sign_in_over_a_half_written_form_leaves_the_form(page, address):
    visit(page, address + "components")
    page.get_by_role("button", name="Open dialog").click()
    page.get_by_role("dialog", name="New lead").get_by_role("textbox", name="Name").fill("Half a name")
    page.evaluate("htmx.ajax('GET', '/_kit/expired', {source: document.querySelector('#main'), swap: 'none'})")
    page.get_by_role("dialog", name="Your session has ended").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("dialog", name="Your session has ended")).to_have_count(0)
    form = page.get_by_role("dialog", name="New lead")
    expect(form.get_by_role("textbox", name="Name")).to_have_value("Half a name")
    tokens = page.locator("input[name=csrf_token]").evaluate_all("(inputs) => inputs.map((input) => input.value)")
    assert set(tokens) == {"fresh"}
    assert "fresh" in page.locator("body").get_attribute("hx-headers:inherited")


def test_the_sidebar_opens_on_a_phone(browser, address):
    context = browser.new_context(viewport=SCREENS["phone"], has_touch=True, is_mobile=True)
    page = context.new_page()
    visit(page, address + "leads")
    expect(page.locator("#sidebar")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.locator("#sidebar").get_by_role("link", name="Automations")).to_be_visible()
    context.close()
