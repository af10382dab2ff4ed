"""Which tests one worker takes all, in turn: they may not run beside each other, or they share what takes long to make.

pytest-xdist's own groups (`xdist_group`) do nothing with pytest 9.2: it no longer reads what they write into node ids.
"""

from xdist.scheduler import LoadScopeScheduling

BY_ONE_WORKER = {
    "tests/browser/": "browser",
    "tests/backup/test_restored_installation.py": "processes",
    "tests/demo/test_story.py": "demo",
    "tests/deploy/": "processes",
    "tests/journeys/": "processes",
    "tests/process/": "processes",
}


class SideBySide(LoadScopeScheduling):
    """Every test goes to whoever is free, but for those of BY_ONE_WORKER."""

    def _split_scope(self, nodeid: str) -> str:
        return next((kind for path, kind in BY_ONE_WORKER.items() if nodeid.startswith(path)), nodeid)
