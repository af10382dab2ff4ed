"""Organizations and people: who may be made, changed and locked out."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select

from leadcrm.core.db import db, perform
from leadcrm.core.errors import DomainError, Forbidden
from leadcrm.core.models import EventRow
from leadcrm.identity import operations, passwords, queries
from leadcrm.identity.operations.accounts import slug_of


def test_a_short_name_is_made_from_the_name():
    assert slug_of("Acme & Söhne, Inc.") == "acme-sohne-inc"
    assert slug_of("房产") == "organization"
    assert len(slug_of("x" * 200)) == 60


def test_an_organization_keeps_what_it_was_given(app):
    row = perform(
        operations.create_organization, name="Homes", timezone="Africa/Johannesburg", country="ZA", currency="ZAR"
    )
    assert (row.slug, row.timezone, row.country, row.currency) == ("homes", "Africa/Johannesburg", "ZA", "ZAR")


def test_a_short_name_is_taken_once(app, cast):
    with pytest.raises(DomainError) as refusal:
        perform(operations.create_organization, name="Acme again", slug="acme")
    assert refusal.value.field == "slug"


def test_a_person_joins_with_an_address_in_lower_case(app, cast):
    user = perform(
        operations.create_user,
        organization_id=cast.acme.id,
        email=" Zoe@Acme.Test ",
        name="Zoe",
        role="rep",
        password="a river in spring",
        realtor=True,
    )
    assert user.email == "zoe@acme.test"
    assert passwords.matches(user.password_hash, "a river in spring")
    assert queries.realtor_by_public_id(user.realtor_id).id == user.id


@pytest.mark.parametrize(("values", "field"), [({"email": "ADA@acme.test"}, "email"), ({"role": "admin"}, "role")])
def test_a_taken_address_and_an_unknown_role_are_refused(app, cast, values, field):
    person = {"email": "new@acme.test", "name": "N", "role": "rep", "organization_id": cast.rival.id} | values
    with pytest.raises(DomainError) as refusal:
        perform(operations.create_user, **person)
    assert refusal.value.field == field


def test_a_token_acts_for_its_person_until_it_is_revoked(app, cast):
    token, secret = perform(operations.create_token, cast.ben, "reports")
    user, row = queries.user_by_token(secret)
    assert (user.id, row.id) == (cast.ben.id, token.id)
    assert secret not in (token.token_hash, token.prefix)


def test_a_disabled_person_has_no_token_and_no_session(acme, cast):
    _, secret = perform(operations.create_token, cast.ben, "reports")
    _, cookie = perform(operations.open_session, cast.ben.id)
    perform(operations.set_disabled, cast.ben, True, by=cast.ada)
    assert queries.user_by_token(secret) is None
    assert queries.session_by_secret(cookie)[1].ended_at is not None
    assert cast.ben.id not in [user.id for user in queries.colleagues()]


def test_a_changed_role_ends_the_sessions(acme, cast):
    _, cookie = perform(operations.open_session, cast.ben.id)
    perform(operations.change_role, cast.ben, "manager", by=cast.ada)
    assert queries.session_by_secret(cookie)[1].ended_at is not None
    assert "user.role_changed" in db.session.scalars(select(EventRow.name)).all()


def test_nobody_changes_themselves_and_managers_no_owners(acme, cast):
    for verb, argument in ((operations.change_role, "rep"), (operations.set_disabled, True)):
        with pytest.raises(Forbidden):
            perform(verb, cast.ada, argument, by=cast.ada)
        with pytest.raises(Forbidden):
            perform(verb, cast.ada, argument, by=cast.max)
    with pytest.raises(Forbidden):
        perform(operations.change_role, cast.ben, "owner", by=cast.max)


def test_the_last_owner_stays(acme, cast):
    perform(operations.change_role, cast.max, "owner", by=cast.ada)
    as_read_before = SimpleNamespace(id=cast.ada.id, role="owner")
    perform(operations.change_role, cast.ada, "rep", by=cast.max)
    with pytest.raises(DomainError, match="without an owner"):
        perform(operations.change_role, cast.max, "rep", by=as_read_before)
