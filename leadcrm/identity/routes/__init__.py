"""Pages of identity."""

from flask import Blueprint

blueprint = Blueprint("identity", __name__)

# the views register themselves on the blueprint, which must exist before
from leadcrm.identity.routes import joining, machinery, recovery, security, settings, sign_in, team, tokens  # noqa: E402, F401
