"""Pages of identity."""

from flask import Blueprint

blueprint = Blueprint("identity", __name__)

from leadcrm.identity.routes import sign_in  # noqa: E402, F401  the views register themselves
