"""The web process: `gunicorn app:app`."""

import sys

from leadcrm import create_app
from leadcrm.settings import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.exit(str(error))
