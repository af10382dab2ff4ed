"""What the deals of each stage are worth is added up once, and anew after whatever changes it."""

from contextlib import contextmanager
from decimal import Decimal

import pytest
from sqlalchemy import delete

from leadcrm.accounts import operations
from leadcrm.accounts.data import AccountData, OpportunityData
from leadcrm.accounts.models import PipelineVersion
from leadcrm.accounts.stage_sums import stage_sums
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform, writing
from tests.accounts.conftest import again
from tests.conftest import count_queries


@pytest.fixture
def ten(account):
    return perform(operations.create_opportunity, account, OpportunityData(name="Flats", amount=Decimal(10)))


def open_sums(user, **filters):
    """What there is at the first two stages."""
    db.session.rollback()
    sums = stage_sums(user, filters)
    return [(sums[stage][0], int(sums[stage][1])) for stage in ("prospecting", "qualification")]


@contextmanager
def counted_anew(times: int):
    with count_queries() as asked:
        yield
    assert sum("sum(opportunities.amount)" in one for one in asked) == times


def test_it_is_counted_once_for_all_who_see_all_of_it(ten, cast):
    with counted_anew(1):
        assert open_sums(cast.ada) == open_sums(cast.ada) == [(1, 10), (0, 0)]
    with counted_anew(2):
        assert open_sums(cast.ben) == open_sums(cast.mia) == [(1, 10), (0, 0)]


def test_each_change_of_a_deal_counts_at_once(account, ten, cast):
    assert open_sums(cast.ada) == [(1, 10), (0, 0)]
    perform(operations.edit_opportunity, again(ten), OpportunityData(amount=Decimal(12)))
    assert open_sums(cast.ada) == [(1, 12), (0, 0)]
    perform(operations.move_to_stage, again(ten), "qualification")
    assert open_sums(cast.ada) == [(0, 0), (1, 12)]
    assert open_sums(cast.ada, owner_id=cast.ben.id) == [(0, 0), (0, 0)]
    perform(operations.edit_opportunity, again(ten), OpportunityData(owner_id=cast.ben.id))
    assert open_sums(cast.ada, owner_id=cast.ben.id) == [(0, 0), (1, 12)]
    other = perform(operations.create_opportunity, again(account), OpportunityData(name="Shop", amount=Decimal(5)))
    assert open_sums(cast.ada) == [(1, 5), (1, 12)]
    perform(operations.remove_opportunity, again(other))
    assert open_sums(cast.ada) == [(0, 0), (1, 12)]


def test_a_rep_sees_them_come_and_go_with_the_account(account, ten, cast):
    assert open_sums(cast.ben) == open_sums(cast.mia) == [(1, 10), (0, 0)]
    perform(operations.edit_account, again(account), AccountData(owner_id=cast.mia.id))
    assert (open_sums(cast.ben), open_sums(cast.mia)) == ([(0, 0), (0, 0)], [(1, 10), (0, 0)])
    assert open_sums(cast.ada) == [(1, 10), (0, 0)]


def test_each_rep_has_sums_of_their_own(account, ten, cast):
    perform(operations.edit_account, again(account), AccountData(owner_id=cast.ben.id))
    assert (open_sums(cast.ben), open_sums(cast.rosa)) == ([(1, 10), (0, 0)], [(0, 0), (0, 0)])
    perform(operations.edit_account, again(account), AccountData(owner_id=cast.rosa.id))
    assert (open_sums(cast.ben), open_sums(cast.rosa)) == ([(0, 0), (0, 0)], [(1, 10), (0, 0)])


def test_it_is_not_counted_anew_for_what_else_is_said_of_an_account(account, ten, cast):
    assert open_sums(cast.ada) == [(1, 10), (0, 0)]
    perform(operations.set_health, again(account), 7)
    with counted_anew(0):
        assert open_sums(cast.ada) == [(1, 10), (0, 0)]


def test_what_does_not_come_about_was_never_counted(account, ten, cast):
    def make_and_fail() -> None:
        operations.create_opportunity(account, OpportunityData(name="Shop", amount=Decimal(5)))
        assert stage_sums(cast.ada)["prospecting"][0] == 2
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        perform(make_and_fail)
    assert open_sums(cast.ada) == [(1, 10), (0, 0)]


def test_nothing_is_kept_of_who_never_changed_anything(ten, cast):
    with writing() as session:
        session.execute(delete(PipelineVersion))
    with counted_anew(2):
        assert open_sums(cast.ada) == open_sums(cast.ada) == [(1, 10), (0, 0)]


def test_other_organizations_have_their_own(ten, cast):
    assert open_sums(cast.ada) == [(1, 10), (0, 0)]
    with tenancy.organization(cast.rival.id):
        theirs = perform(operations.create_account, AccountData(name="Elsewhere"))
        perform(operations.create_opportunity, theirs, OpportunityData(name="Barn", amount=Decimal(7)))
        assert open_sums(cast.ada) == [(1, 7), (0, 0)]
    assert open_sums(cast.ada) == [(1, 10), (0, 0)]
