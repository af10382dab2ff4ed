"""All blueprints."""

from flask import Flask

from leadcrm.automations.routes import blueprint as automations
from leadcrm.conversations.routes import blueprint as conversations
from leadcrm.core import api
from leadcrm.core.system import blueprint as system
from leadcrm.flows.api import blueprint as flows_api
from leadcrm.flows.routes import blueprint as flows
from leadcrm.identity import guard
from leadcrm.identity.api import identify
from leadcrm.identity.routes import blueprint as identity
from leadcrm.leads.routes import blueprint as leads
from leadcrm.notifications.routes import blueprint as notifications


def init_app(app: Flask) -> None:
    guard.init_app(app)
    for blueprint in (identity, notifications, leads, conversations, flows, automations, system):
        app.register_blueprint(blueprint)
    api.init_app(app, identify=identify, blueprints=(flows_api,))
