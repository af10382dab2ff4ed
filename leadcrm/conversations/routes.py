"""Pages of conversations."""

from flask import Blueprint

blueprint = Blueprint("conversations", __name__)
