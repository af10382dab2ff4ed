"""API tokens of one's own."""

from flask import request
from flask_login import current_user
from werkzeug.wrappers import Response

from leadcrm.core.db import get_or_404, perform
from leadcrm.core.web import render
from leadcrm.identity import operations, queries
from leadcrm.identity.forms import TokenForm
from leadcrm.identity.models import ApiToken
from leadcrm.identity.permissions import me
from leadcrm.identity.routes import blueprint
from leadcrm.identity.routes.settings import saved


def _page(form: TokenForm, status: int = 200, **context) -> Response:
    rows = queries.tokens_of(current_user)
    return render("identity/tokens.html", "identity/_tokens.html", status=status, form=form, tokens=rows, **context)


@blueprint.get("/settings/tokens")
def tokens() -> Response:
    return _page(TokenForm())


@blueprint.post("/settings/tokens")
def create_token() -> Response:
    """The only answer that ever holds the token's secret."""
    form = TokenForm(request.form)
    if not form.validate():
        return _page(form, 422)
    token, secret = perform(operations.create_token, me(), form.name.data)
    response = _page(TokenForm(), created=token, secret=secret)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/settings/tokens/<token_id>/revocation")
def revoke_token(token_id: str) -> Response:
    perform(operations.revoke_token, get_or_404(ApiToken, token_id), me())
    return saved("The token does not work any more.", "identity.tokens")
