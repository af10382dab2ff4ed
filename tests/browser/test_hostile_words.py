"""Whatever people typed is text in a real browser too: nothing runs, nothing is fetched, the policy is not needed."""

import pytest
from sqlalchemy import Column, String, Table, Text, literal, text, update

from leadcrm.core import tenancy
from leadcrm.core.db import db, writing
from tests.browser.conftest import Quiet
from tests.frontend.screens import SCREENS, addresses
from tests.strangers.wordless import ADDRESSES_ONLY, MACHINERY, WORDLESS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

SHORT = "<img src=trap onerror=hit()>"
LONG = f"'\"></textarea></title>{SHORT}<svg/onload=hit()><script>hit()</script><a href=javascript:hit()>x</a>"
ROOM_FOR_NUMBER = 8
WATCH = "window.hits = 0; window.hit = () => { window.hits += 1 }; window.alert = window.hit"


@pytest.fixture
def hostile(office):
    """The demo office after a stranger has filled every field in it."""
    office.known = addresses(office)
    filled = 0
    with office.app_context(), tenancy.everyone(), writing() as session:
        for table in db.metadata.sorted_tables:
            for column in filter(lambda column, table=table: holds_words(table, column), table.columns):
                words = LONG if (column.type.length or 1000) >= len(LONG) + ROOM_FOR_NUMBER else SHORT
                numbered = literal(words) + text("rowid")  # names are unique
                filled += session.execute(update(table).where(column != "").values({column: numbered})).rowcount
    assert filled > 1000
    return office


def holds_words(table: Table, column: Column) -> bool:
    if table.name in MACHINERY or column.foreign_keys or not isinstance(column.type, String | Text):
        return False
    is_named = column.name in WORDLESS or f"{table.name}.{column.name}" in ADDRESSES_ONLY
    return not is_named and (column.type.length or 1000) >= len(SHORT) + ROOM_FOR_NUMBER


def test_no_screen_comes_alive(hostile, open_context):
    context = open_context()
    context.add_init_script(WATCH)
    page = context.new_page()
    quiet, asked, problems, shown = Quiet(page), [], [], 0
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (problems.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
    for name, path in SCREENS.items():
        page.goto(path.format(**hostile.known), wait_until="networkidle")
        found = [f"asked for {url}" for url in asked if url.endswith("/trap")]
        found += ["a handler ran"] * bool(page.evaluate("window.hits"))
        found += [said for said in quiet.complaints if "404" not in said]
        shown += "onerror=hit()" in page.inner_text("body")
        asked.clear()
        quiet.complaints.clear()
        problems += [f"{name}: {fault}" for fault in found]
    assert not problems, "\n".join(problems)
    assert shown > len(SCREENS) / 2, "the words were not on the screens"


def test_what_comes_alive_is_seen(open_context):
    page = open_context(person=None).new_page()
    quiet = Quiet(page)
    page.goto("/login")
    with page.expect_request("**/trap"), page.expect_console_message(lambda said: "inline event handler" in said.text):
        page.evaluate("markup => { document.body.innerHTML = markup }", SHORT)
    assert quiet.complaints
