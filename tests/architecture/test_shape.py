"""The tree keeps its shape: floors, rooms, words that may not stand in them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadcrm.settings import ROOT

PACKAGE = ROOT / "leadcrm"
FLOORS = [
    {"settings"},
    {"core"},
    {"adapters"},
    {"identity"},
    {"accounts", "notifications"},
    {"leads"},
    {"conversations", "imports", "tasks", "tracking"},
    {"flows", "surveys", "bookings", "assistant", "marketplace", "care"},
    {"automations", "alerts"},
    {"reports", "privacy"},
]
FLOOR = {name: level for level, names in enumerate(FLOORS) for name in names}
TOP = len(FLOORS)  # reactions, timetable, cli, demo, pages …
SHARED_ROOMS = {"models", "events", "queries", "operations", "data", "permissions", "seed"}
FILES = sorted(PACKAGE.rglob("*.py"))


def feature_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else path.stem


def floor_of(feature: str) -> int:
    return FLOOR.get(feature, TOP)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[1].removesuffix(".py") if len(path.relative_to(PACKAGE).parts) > 1 else ""


def imports_of(path: Path) -> Iterator[str]:
    """Dotted names below leadcrm that the file imports, `leadcrm.x.y` as `x.y`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}: relative import"
            continue
        yield from (name.removeprefix("leadcrm.") for name in names if name.startswith("leadcrm."))


def test_imports_point_down_never_sideways():
    wrong = []
    for path in FILES:
        feature, room = feature_of(path), room_of(path)
        for name in imports_of(path):
            other, _, rest = name.partition(".")
            if other == feature or other not in FLOOR:
                continue
            if room == "listeners" and rest.startswith("events"):
                continue  # "because X happened elsewhere"
            if floor_of(other) >= floor_of(feature):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong


def is_pure(feature: str, room: str) -> bool:
    """A thought module: computes answers from values, so it may be shared downwards like an event."""
    path = PACKAGE / feature / f"{room}.py"
    return path.exists() and not any(
        module.split(".")[0] in {"flask", "sqlalchemy", "requests"} or module.startswith("leadcrm.core.db")
        for module in modules_of(path)
    )


def modules_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_features_see_of_each_other_only_the_shared_rooms_and_pure_thoughts():
    wrong = []
    for path in FILES:
        feature = feature_of(path)
        for name in imports_of(path):
            other, _, rest = name.partition(".")
            room = rest.split(".")[0]
            if other in {"core", "adapters", "settings", feature} or other not in FLOOR or floor_of(feature) == TOP:
                continue
            if room not in SHARED_ROOMS and not is_pure(other, room):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong


FORBIDDEN_IN_ROOM = {
    "models": {"flask", "leadcrm.core.web"},
    "events": {"flask", "sqlalchemy"},
    "operations": {"flask", "leadcrm.adapters", "leadcrm.core.web", "requests"},
    "queries": {"leadcrm.adapters", "leadcrm.core.web"},
    "forms": {"sqlalchemy"},
}


@pytest.mark.parametrize("room", FORBIDDEN_IN_ROOM)
def test_rooms_import_nothing_of_other_rooms(room):
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in FILES
        if room_of(path) == room and feature_of(path) != "core"
        for module in modules_of(path)
        for banned in FORBIDDEN_IN_ROOM[room]
        if module == banned or module.startswith(f"{banned}.")
    ]
    assert not wrong


def test_jobs_are_rung_by_name_never_imported_by_features():
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in FILES
        for name in imports_of(path)
        if ".jobs" in f".{name}" and floor_of(feature_of(path)) < TOP and feature_of(path) != "core"
        and name.split(".")[0] != "core"
    ]  # fmt: skip
    assert not wrong


FORBIDDEN_WORDS = {
    "utcnow(": set(),
    "datetime.now(": {"core/clock.py"},
    "time.time()": {"adapters"},
    ".commit(": {"core"},
    "os.environ": {"settings.py"},
    "eval(": set(),
    "exec(": set(),
    "pickle": set(),
    "yaml.load": set(),
    "Markup(": {"core/web.py"},
    "session.get(": {"core"},
    "with_scheduler=True": set(),
    "enqueue_at": set(),
    "enqueue_in": set(),
}


@pytest.mark.parametrize("word", FORBIDDEN_WORDS)
def test_forbidden_words(word):
    allowed = FORBIDDEN_WORDS[word]
    wrong = []
    for path in FILES:
        place = path.relative_to(PACKAGE).as_posix()
        if any(place == home or place.startswith(f"{home}/") for home in allowed):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            code = line.split("#")[0]
            if word in code and not (word in {"eval(", "exec("} and f"_{word}" in code) and '"""' not in code:
                wrong.append(f"{place}:{number}: {line.strip()}")
    assert not wrong


def test_text_sql_stands_only_in_core_and_index_conditions():
    """`text()` bypasses the tenant hook; in models it may state a partial index's condition."""
    wrong = []
    for path in FILES:
        place = path.relative_to(PACKAGE).as_posix()
        if place.startswith("core/") or (room_of(path) in {"models", "search"} and "text(" in path.read_text()):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text":
                wrong.append(f"{place}:{node.lineno}")
    assert not wrong


def test_functions_are_small_and_files_too():
    """Sizes that good projects keep: 90 % of functions under 35 lines, 90 % of files under 300."""
    functions = [
        (node.end_lineno - node.lineno + 1, f"{path.name}:{node.name}")
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    ]
    long_functions = [name for lines, name in functions if lines > 35]
    long_files = [path.name for path in FILES if len(path.read_text().splitlines()) > 300]
    assert len(long_functions) <= len(functions) // 10, long_functions
    assert len(long_files) <= len(FILES) // 10, long_files
    assert not [name for lines, name in functions if lines > 80]
