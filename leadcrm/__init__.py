"""LeadCRM: leads become conversations."""

from flask import Flask

from leadcrm.core.collecting import collector_paused
from leadcrm.settings import ROOT, Settings


@collector_paused()
def create_app(settings: Settings | None = None, *, pages: bool = True) -> Flask:
    """The application for `settings`, or for what the environment says; without pages for a worker, which needs none.

    Raises SettingsError.
    """
    from leadcrm import extensions

    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=None)
    app.settings = settings or Settings.from_env()
    extensions.init_app(app)
    if pages:
        from leadcrm import cli
        from leadcrm import pages as all_pages

        all_pages.init_app(app)
        cli.init_app(app)
    return app
