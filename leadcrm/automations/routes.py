"""Pages of automations."""

from flask import Blueprint

blueprint = Blueprint("automations", __name__)
