"""The worker: `python worker.py [--burst]`. Several may run."""

import sys

from leadcrm import create_app
from leadcrm.core.lanes import supervise
from leadcrm.core.once import run_once
from leadcrm.settings import SettingsError


def main() -> int:
    try:
        app = create_app(pages=False)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    if "--burst" in sys.argv[1:]:
        with app.app_context():
            run_once()
    else:
        supervise(app)
    return 0


if __name__ == "__main__":
    sys.exit(main())
