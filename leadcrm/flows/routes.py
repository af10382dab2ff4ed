"""Pages of flows."""

from flask import Blueprint

blueprint = Blueprint("flows", __name__)
