"""All blueprints."""

from functools import cached_property, lru_cache

from flask import Flask
from flask_login import current_user
from flask_migrate import Migrate
from sqlalchemy import Label, Row, Select, select
from werkzeug.middleware.proxy_fix import ProxyFix

from leadcrm.accounts.api import blueprint as accounts_api
from leadcrm.accounts.contacts_api import blueprint as contacts_api
from leadcrm.accounts.opportunities_api import blueprint as opportunities_api
from leadcrm.accounts.routes import blueprint as accounts
from leadcrm.automations.release_routes import blueprint as webhook_release
from leadcrm.automations.routes import blueprint as automations
from leadcrm.bookings.api import blueprint as bookings_api
from leadcrm.bookings.availability_routes import blueprint as availability
from leadcrm.bookings.public_routes import blueprint as booking_page
from leadcrm.bookings.routes import blueprint as bookings
from leadcrm.conversations.api import blueprint as conversations_api
from leadcrm.conversations.inbound_routes import blueprint as inbound
from leadcrm.conversations.intake_routes import blueprint as intake
from leadcrm.conversations.queries import unread_of_role
from leadcrm.conversations.release_routes import blueprint as releasing
from leadcrm.conversations.routes import blueprint as conversations
from leadcrm.conversations.sandbox_routes import blueprint as sandbox
from leadcrm.conversations.sending_routes import blueprint as sending
from leadcrm.core import api, limits
from leadcrm.core.db import MADE_ONCE, db, is_postgresql
from leadcrm.core.engines import WEB_STATEMENT_SECONDS, keep_plans, limit_statements
from leadcrm.core.kit import blueprint as kit
from leadcrm.core.system import blueprint as system
from leadcrm.flows.api import blueprint as flows_api
from leadcrm.flows.campaign_routes import blueprint as campaigns
from leadcrm.flows.routes import blueprint as flows
from leadcrm.identity import guard
from leadcrm.identity.api import identify
from leadcrm.identity.permissions import is_staff
from leadcrm.identity.routes import blueprint as identity
from leadcrm.imports.routes import blueprint as imports
from leadcrm.leads.api import blueprint as leads_api
from leadcrm.leads.asked_list import how_many
from leadcrm.leads.conversion_api import blueprint as conversions_api
from leadcrm.leads.data import Filters
from leadcrm.leads.public_routes import blueprint as thanks
from leadcrm.leads.queries import counted_up_to, counting
from leadcrm.leads.routes import blueprint as leads
from leadcrm.notifications.routes import blueprint as notifications
from leadcrm.privacy.routes import blueprint as privacy
from leadcrm.settings import ROOT
from leadcrm.tasks.api import blueprint as tasks_api
from leadcrm.tasks.queries import waiting_of_role
from leadcrm.tasks.routes import blueprint as tasks
from leadcrm.tasks.routes import count_words, end_of_day
from leadcrm.tracking.mail_routes import blueprint as mail_links
from leadcrm.tracking.routes import blueprint as tracking
from leadcrm.tracking.site_routes import blueprint as site_visits


def init_app(app: Flask) -> None:
    """What only the web process and the commands need; a worker does without, and stays small."""
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True, compare_type=True)
    if hops := app.settings.trusted_proxies:  # limits per address must see the visitor, not the proxy
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)
    # at the first request: commands run on the same application, and may take their time
    app.before_request(lambda: limit_statements(app, WEB_STATEMENT_SECONDS))
    limits.init_app(app)
    guard.init_app(app)
    for blueprint in (
        identity,
        notifications,
        accounts,
        leads,
        thanks,
        imports,
        booking_page,
        bookings,
        availability,
        conversations,
        inbound,
        intake,
        releasing,
        sandbox,
        sending,
        tasks,
        flows,
        campaigns,
        automations,
        webhook_release,
        privacy,
        mail_links,
        site_visits,
        tracking,
        system,
    ):
        app.register_blueprint(blueprint)
    if not app.settings.is_production:
        app.register_blueprint(kit)
    app.context_processor(_counts_beside_the_sidebar)
    api.init_app(
        app,
        identify=identify,
        blueprints=(
            leads_api,
            conversions_api,
            accounts_api,
            contacts_api,
            opportunities_api,
            conversations_api,
            tasks_api,
            flows_api,
            bookings_api,
        ),
    )


class _NavCounts:
    """The numbers beside the sidebar's links, asked for as a page shows them: fragments and error pages pay nothing."""

    @cached_property
    def _all(self) -> Row:
        return _asked_once(_counts_of_role(current_user.role, is_postgresql()))

    @cached_property
    def _work(self) -> Row:
        """All but the number of leads, which some pages know."""
        return self._all if "_all" in vars(self) else _asked_once(_work_of_role(current_user.role))

    @property
    def leads(self) -> str:
        """Asked for before the others, if at all."""
        return how_many(self._all.leads, counted_up_to(Filters()))

    @property
    def inbox(self) -> int:
        return self._work.inbox

    @property
    def tasks(self) -> str:
        return count_words(self._work.tasks)


def _asked_once(statement: Select) -> Row:
    if is_postgresql():
        keep_plans(db.session())
    return db.session.execute(statement, {"reader": current_user.id, "until": end_of_day()}).one()


@lru_cache
def _counts_of_role(role: str, on_postgresql: bool) -> Select:
    """All numbers in one look: every page asks for them."""
    leads = counting(role, Filters(), counted_up_to(Filters()), on_postgresql).scalar_subquery()
    return select(leads.label("leads"), *_work_numbers(role)).execution_options(**MADE_ONCE)


@lru_cache
def _work_of_role(role: str) -> Select:
    return select(*_work_numbers(role)).execution_options(**MADE_ONCE)


def _work_numbers(role: str) -> tuple[Label, Label]:
    unread, waiting = unread_of_role(role).scalar_subquery(), waiting_of_role(role).scalar_subquery()
    return unread.label("inbox"), waiting.label("tasks")


def _counts_beside_the_sidebar() -> dict[str, _NavCounts]:
    return {"nav_counts": _NavCounts()} if guard.is_admitted() and is_staff(current_user) else {}
