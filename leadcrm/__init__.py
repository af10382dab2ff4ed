"""LeadCRM: leads become conversations."""

from flask import Flask

from leadcrm.settings import ROOT, Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The application for `settings`, or for what the environment says. Raises SettingsError."""
    from leadcrm import cli, extensions, pages

    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=None)
    app.settings = settings or Settings.from_env()
    extensions.init_app(app)
    pages.init_app(app)
    cli.init_app(app)
    return app
