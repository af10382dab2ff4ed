"""Keyset pages show every row once, in order, forwards and backwards, whatever ties there are."""

import base64
import json
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from leadcrm.core import clock
from leadcrm.core.db import db, perform
from leadcrm.core.paging import BadCursor, Order, keyset_page
from leadcrm.core.values import new_id
from leadcrm.leads.models import Lead

ORDERS = [
    Order("score", (Lead.score, Lead.id)),
    Order("name", (Lead.name, Lead.id), descending=False),
    Order("newest", (Lead.created_at, Lead.id)),
]


@pytest.fixture
def leads(acme) -> int:
    base = clock.now()
    rows = [
        {"id": new_id(), "organization_id": acme.id, "name": f"Näme {n % 4}", "score": n % 3, "timezone": "UTC",
         "created_at": base - timedelta(seconds=n // 5)}
        for n in range(23)
    ]  # fmt: skip
    perform(lambda: db.session.execute(insert(Lead), rows))
    return len(rows)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.name)
@pytest.mark.parametrize("limit", [1, 4, 22, 23, 50])
def test_walking_forth_and_back_shows_every_row_once(leads, order, limit):
    directions = [column.desc() if order.descending else column.asc() for column in order.columns]
    expected = list(db.session.scalars(select(Lead.id).order_by(*directions)))
    seen, pages, cursor = [], [], None
    while True:
        page = keyset_page(select(Lead), order, cursor, limit)
        seen += [lead.id for lead in page.items]
        pages.append(page)
        cursor = page.next
        if cursor is None:
            break
    assert seen == expected
    assert pages[0].previous is None
    back = []
    while page.previous:
        page = keyset_page(select(Lead), order, page.previous, limit)
        back.append([lead.id for lead in page.items])
    assert back == [[lead.id for lead in earlier.items] for earlier in reversed(pages[:-1])]


BAD = [
    "x",
    "e30",
    "W10",
    "bnVsbA",
    "WyJzY29yZSIsMCwxXQ",
    "WyJuYW1lIiwwLDEsMl0",
    "A" * 5000,
    "💥",
    "WyJzY29yZSIsMCwiYSIsImIiXQ",
]


def cursor_of(*key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-24T09:00:00", "", 7, None]
)
def test_a_moment_that_is_none_is_refused(leads, moment):
    order = Order("newest", (Lead.created_at, Lead.id))
    with pytest.raises(BadCursor):
        keyset_page(select(Lead), order, cursor_of("newest", 0, {"t": moment}, "x"))


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_a_text_that_no_database_takes_is_refused(leads, text):
    order = Order("name", (Lead.name, Lead.id))
    with pytest.raises(BadCursor):
        keyset_page(select(Lead), order, cursor_of("name", 0, text, "x"))


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**62, 2**63, 10**30])
def test_a_number_wider_than_its_column_is_refused(leads, number):
    with pytest.raises(BadCursor):
        keyset_page(select(Lead), ORDERS[0], cursor_of("score", 0, number, "x"))


@pytest.mark.parametrize("number", [2**31 - 1, -(2**31)])
def test_the_widest_number_of_a_column_is_asked_for(leads, number):
    page = keyset_page(select(Lead), ORDERS[0], cursor_of("score", 0, number, "x"))
    assert len(page.items) == (leads if number > 0 else 0)


@pytest.mark.parametrize("cursor", BAD)
def test_a_foreign_cursor_is_refused(leads, cursor):
    with pytest.raises(BadCursor):
        keyset_page(select(Lead), ORDERS[0], cursor)
