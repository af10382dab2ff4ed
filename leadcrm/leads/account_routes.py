"""Leads and the accounts they belong to: an account's leads, for its page."""

from flask import Response

from leadcrm.accounts import queries as accounts
from leadcrm.core.web import render
from leadcrm.leads import queries
from leadcrm.leads.blueprint import blueprint, me


@blueprint.get("/leads/of-account/<account_id>")
def of_account(account_id: str) -> Response:
    """An account's leads."""
    account = accounts.visible_account(me(), account_id)
    context = {"account": account, "leads": queries.leads_of_account(me(), account.id)}
    return render("leads/of_account.html", "leads/_of_account.html", **context)
