"""No table is forgotten: each is held, or stands in a list with the reason why it is not."""

from leadcrm import tables
from leadcrm.core.db import Base
from leadcrm.privacy.holdings import ABOUT_NOBODY, BY_ADDRESS, COPIES, STAYS, erased_in_order, exported, holdings

EVERY = set(Base.metadata.tables)


def test_every_table_is_held_or_says_why_not():
    assert tables.__all__
    listed = [set(holdings()), set(BY_ADDRESS), set(ABOUT_NOBODY), set(STAYS)]
    assert set.union(*listed) == EVERY
    assert sum(map(len, listed)) == len(EVERY)


def test_reasons_are_given():
    assert all(reason for reasons in (BY_ADDRESS, ABOUT_NOBODY, STAYS, COPIES) for reason in reasons.values())


def test_every_table_that_names_a_lead_is_exported_and_erased():
    naming = {name for name, table in Base.metadata.tables.items() if "lead_id" in table.c} - set(STAYS)
    assert naming <= set(holdings())
    assert {holding.table.name for holding in exported()} == set(holdings()) - set(COPIES)
    assert {holding.table.name for holding in erased_in_order()} == set(holdings()) - {"events"}


def test_what_refers_to_a_row_goes_before_it():
    order = [holding.table for holding in erased_in_order()]
    for position, table in enumerate(order):
        referred = {key.column.table for key in table.foreign_keys} - {table}
        assert not referred & set(order[:position]), table.name
