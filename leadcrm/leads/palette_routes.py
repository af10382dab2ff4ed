"""Ctrl-K: leads by any part of them, accounts by their names, screens and actions by their names."""

from collections.abc import Sequence

from flask import request
from flask_login import current_user

from leadcrm.accounts import queries as accounts
from leadcrm.accounts.data import AccountFilters
from leadcrm.accounts.models import Account
from leadcrm.core.values import fold
from leadcrm.core.web import fragment
from leadcrm.identity.permissions import can_manage, me
from leadcrm.leads import queries
from leadcrm.leads.blueprint import blueprint
from leadcrm.leads.data import Filters
from leadcrm.leads.search import terms_of

MOST_LEADS, MOST_ACCOUNTS = 8, 4
LONGEST_QUERY = 100
EVERYONES = (
    ("New lead", "/leads/new", "user-plus", "N"),
    ("Leads", "/leads", "users", "G L"),
    ("My leads", "/leads?owner=me", "users", ""),
    ("Unassigned leads", "/leads?owner=none", "users", ""),
    ("Inbox", "/inbox", "inbox", "G I"),
    ("Tasks", "/tasks", "check-check", "G T"),
    ("New task", "/tasks/new", "plus", ""),
    ("Meetings", "/bookings", "calendar", ""),
    ("Accounts", "/accounts", "building-2", "G A"),
    ("Opportunities", "/opportunities", "handshake", "G O"),
    ("New account", "/accounts/new", "plus", ""),
    ("Flows", "/flows", "workflow", "G F"),
    ("Campaigns", "/campaigns", "send", ""),
    ("Automations", "/automations", "zap", ""),
    ("Templates", "/templates", "file-text", ""),
    ("Notifications", "/notifications", "bell", ""),
    ("Profile and theme", "/settings", "settings", ""),
    ("Security", "/settings/security", "shield-check", ""),
    ("API tokens", "/settings/tokens", "key-round", ""),
)
IMPORTERS = (("Imports", "/imports", "upload", ""),)
REALTORS = (("Availability", "/settings/availability", "calendar", ""),)
MANAGERS = (
    ("Organization", "/settings/organization", "building-2", ""),
    ("Team", "/settings/team", "users", ""),
    ("Sending", "/settings/sending", "moon", ""),
    ("Tracking", "/settings/tracking", "eye", ""),
    ("System", "/settings/system", "monitor", ""),
)


@blueprint.get("/palette")
def palette():
    """What `q` finds, at most eight leads and four accounts; without it, where one can go."""
    query = request.args.get("q", "").replace("\x00", "")[:LONGEST_QUERY]
    found = queries.lead_list(me(), Filters(q=query), limit=MOST_LEADS).items if terms_of(query) else []
    customers = _accounts(query) if terms_of(query) else []
    return fragment("leads/_palette.html", leads=found, accounts=customers, screens=_screens(query))


def _accounts(query: str) -> Sequence[Account]:
    return accounts.account_page(me(), AccountFilters(q=query), limit=MOST_ACCOUNTS).items


def _screens(query: str) -> list[tuple[str, str, str, str]]:
    screens = EVERYONES + (MANAGERS if can_manage(current_user) else ())
    screens += REALTORS if can_manage(current_user) or current_user.realtor_id else ()
    screens += IMPORTERS if can_manage(current_user) or current_user.role == "marketing" else ()
    return [screen for screen in screens if fold(query).strip() in fold(screen[0])]
