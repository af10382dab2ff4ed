"""Which tests may not run beside each other: of each kind one worker takes all, in turn.

pytest-xdist's own groups (`xdist_group`) do nothing with pytest 9.2: it no longer reads what they write into node ids.
"""

from xdist.scheduler import LoadScopeScheduling

ONE_AT_A_TIME = {
    "tests/browser/": "browser",
    "tests/backup/test_restored_installation.py": "processes",
    "tests/deploy/": "processes",
    "tests/journeys/": "processes",
    "tests/process/": "processes",
}


class SideBySide(LoadScopeScheduling):
    """Every test goes to whoever is free, but for those of ONE_AT_A_TIME."""

    def _split_scope(self, nodeid: str) -> str:
        return next((kind for path, kind in ONE_AT_A_TIME.items() if nodeid.startswith(path)), nodeid)
