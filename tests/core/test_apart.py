"""One organization's trouble does not stop a drain's work for the others."""

import logging

import pytest

from leadcrm.core import tenancy
from leadcrm.core.apart import in_turns, on_its_own
from leadcrm.core.db import db


def test_trouble_is_told_and_ends_with_its_piece(app, cast, caplog):
    done = []
    for organization in (cast.acme, cast.rival):
        with on_its_own(organization.id, "a piece"):
            db.session.connection()
            if organization is cast.acme:
                raise ValueError("quixotic")
            done.append(tenancy.current_id())
    assert done == [cast.rival.id]
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert f"a piece of organization {cast.acme.id} broke off" in record.message
    assert "quixotic" in str(record.exc_info[1])


def test_what_a_broken_piece_held_is_let_go(app, cast):
    with on_its_own(cast.acme.id, "a piece"):
        db.session.connection()
        raise ValueError
    assert not db.session().in_transaction()
    assert tenancy.scoped_id() is None


def test_the_end_of_the_process_is_no_trouble_of_a_piece(app, cast):
    with pytest.raises(KeyboardInterrupt), on_its_own(cast.acme.id, "a piece"):
        raise KeyboardInterrupt


def test_batches_are_done_in_turns_and_trouble_ends_one_piece_alone(app, cast):
    left, done = {"long": 3, "short": 1}, []

    def do_a_batch(piece: str) -> bool:
        if piece == "broken":
            raise ValueError
        left[piece] -= 1
        done.append((piece, tenancy.current_id()))
        return left[piece] >= 0

    pieces = [(cast.acme.id, "broken"), (cast.acme.id, "long"), (cast.rival.id, "short")]
    assert in_turns(lambda: pieces, do_a_batch, "piece", lambda: False) == 4
    of_acme, of_rival = ("long", cast.acme.id), ("short", cast.rival.id)
    assert done == [of_acme, of_rival, of_acme, of_rival, of_acme, of_acme]


def test_nothing_more_is_begun_once_it_is_to_stop(app, cast):
    done = []
    assert in_turns(lambda: [(cast.acme.id, "a piece")], done.append, "piece", lambda: True) == 0
    assert not done
