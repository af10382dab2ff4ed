"""A session ends while somebody is typing: nothing is lost, with script and without."""

import pytest
from sqlalchemy import select, update

from leadcrm.core import clock, tenancy
from leadcrm.core.db import writing
from leadcrm.identity import passwords
from leadcrm.identity.models import User, UserSession
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@pytest.fixture
def ada(office) -> str:
    """Her address; her password is PASSWORD."""
    hashed = passwords.hash(PASSWORD)
    with office.app_context(), tenancy.everyone(), writing() as session:
        user = session.scalars(select(User).where(User.email.startswith("ada@"))).one()
        user.password_hash = hashed
        return user.email


def end_all_sessions(office) -> None:
    with office.app_context(), tenancy.everyone(), writing() as session:
        session.execute(update(UserSession).values(ended_at=clock.real_now()))


def sign_in_here(page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_dialog_asks_over_the_page_and_the_form_goes_on(office, open_context, ada):
    page = open_context().new_page()
    page.goto("/settings")
    page.get_by_label("Name").fill("Ada of the late hour")
    end_all_sessions(office)
    page.get_by_role("button", name="Save").click()
    dialog = page.get_by_role("dialog", name="Your session has ended")
    sign_in_here(dialog, ada, "not the password")
    dialog.get_by_text("is not right").wait_for()
    sign_in_here(dialog, ada)
    dialog.wait_for(state="detached")
    assert page.get_by_label("Name").input_value() == "Ada of the late hour"
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Profile saved.").wait_for()
    assert page.get_by_label("Name").input_value() == "Ada of the late hour"


def test_without_script_the_typed_fields_travel_through_the_sign_in(office, open_context, ada):
    page = open_context(java_script_enabled=False).new_page()
    page.goto("/settings")
    page.get_by_label("Name").fill("Ada without script")
    end_all_sessions(office)
    page.get_by_role("button", name="Save").click()
    sign_in_here(page, ada)
    page.get_by_role("button", name="Send it now").click()
    assert page.get_by_label("Name").input_value() == "Ada without script"
