"""The bell: told once, counted, read, and nobody else's."""

import pytest

from leadcrm.core.db import db, perform
from leadcrm.notifications import operations, queries
from leadcrm.notifications.models import Notification
from tests.conftest import count_queries


def tell(user, count=1, start=0):
    for number in range(start, start + count):
        perform(operations.notify, [user.id], f"reply:{number}", f"Reply {number}", f"/leads/{number}", "reply")


def test_a_person_is_told_once_per_key(acme, cast):
    for _ in range(2):
        perform(operations.notify, [cast.ada.id, None, cast.ada.id, cast.ben.id], "k", "Hello", "/leads")
    assert queries.unread_count(cast.ada) == queries.unread_count(cast.ben) == 1
    assert queries.unread_count(cast.max) == 0


def test_a_long_title_is_cut(acme, cast):
    perform(operations.notify, [cast.ada.id], "k", "x" * 500, "/leads")
    assert len(queries.notifications_of(cast.ada).items[0].title) == 200


def test_the_bell_counts_and_is_empty_at_zero(app, acme, cast, sign_in):
    client = sign_in(cast.ada)
    assert client.get("/notifications/count").text == ""
    tell(cast.ada, 3)
    assert client.get("/notifications/count").text == "3"
    tell(cast.ada, 120, start=3)
    assert client.get("/notifications/count").text == "99+"


def test_the_polled_count_pops_no_dialog_up(app, cast):
    answer = app.test_client().get("/notifications/count", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.text) == (401, "")


def test_opening_one_leads_on_and_reads_it(app, acme, cast, sign_in):
    tell(cast.ada)
    row = queries.notifications_of(cast.ada).items[0]
    answer = sign_in(cast.ada).get(f"/notifications/{row.id}")
    assert answer.location == "/leads/0"
    assert queries.unread_count(cast.ada) == 0


@pytest.mark.parametrize("stranger", ["ben", "rita"])
def test_nobody_opens_anothers(app, acme, cast, sign_in, stranger):
    tell(cast.ada)
    row = queries.notifications_of(cast.ada).items[0]
    assert sign_in(getattr(cast, stranger)).get(f"/notifications/{row.id}").status_code == 404
    assert queries.unread_count(cast.ada) == 1


def test_marking_all_read_leaves_other_peoples(app, acme, cast, sign_in):
    tell(cast.ada, 2)
    tell(cast.ben, 2)
    answer = sign_in(cast.ada).post("/notifications/read", hx=True)
    assert answer.status_code == 200
    assert 'id="notifications"' in answer.text
    assert "Nothing is unread now." in answer.text
    assert (queries.unread_count(cast.ada), queries.unread_count(cast.ben)) == (0, 2)


def test_without_script_marking_leads_back_to_the_page(app, acme, cast, sign_in):
    answer = sign_in(cast.ada).post("/notifications/read")
    assert (answer.status_code, answer.location) == (303, "/notifications")


def test_the_page_takes_the_same_queries_for_one_and_for_many(app, acme, cast, sign_in):
    client = sign_in(cast.ada)
    counts = []
    for number in (1, 60):
        tell(cast.ada, number, start=number)
        with count_queries() as seen:
            assert client.get("/notifications").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 6


def test_pages_follow_each_other_without_gap(app, acme, cast, sign_in):
    tell(cast.ada, 7)
    first = queries.notifications_of(cast.ada, limit=4)
    second = queries.notifications_of(cast.ada, first.next, limit=4)
    assert [row.title for row in (*first.items, *second.items)] == [f"Reply {n}" for n in reversed(range(7))]
    assert queries.notifications_of(cast.ada, second.previous, limit=4).items == first.items


def test_a_wrong_cursor_is_refused(app, cast, sign_in):
    assert sign_in(cast.ada).get("/notifications?cursor=nonsense").status_code == 400


def test_a_title_is_text(app, acme, cast, sign_in):
    perform(operations.notify, [cast.ada.id], "k", "<img src=x onerror=alert(1)>", "/leads")
    assert "<img src=x" not in sign_in(cast.ada).get("/notifications").text


def test_a_notification_dies_with_its_person(acme, cast):
    tell(cast.ben)

    def leave():
        db.session.delete(db.session.get_one(type(cast.ben), cast.ben.id))

    perform(leave)
    assert db.session.query(Notification).count() == 0
