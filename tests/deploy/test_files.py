"""What deploy/ hands to other programs names what exists here, and agrees with what the application does."""

import importlib.util
import re
import runpy
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from deploy import front_door
from leadcrm.conversations.delivery.leases import LONGEST_LEASE
from leadcrm.settings import ROOT, Settings, SettingsError

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("leadcrm*.service"))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
DOOR = front_door.render(front_door.on_this_machine("crm.example.com"))
HOME = "/opt/leadcrm"


def unit_settings(path: Path) -> list[tuple[str, str]]:
    """(name, value) of a unit's lines, in order."""
    return [tuple(line.split("=", 1)) for line in path.read_text().splitlines() if re.match(r"[A-Z]\w+=", line)]


def commands() -> Iterator[list[str]]:
    """Every command line of ours that one of the files has others run."""
    for line in (DEPLOY / "Procfile").read_text().splitlines():
        yield shlex.split(line.partition(": ")[2])
    for path in UNITS:
        yield shlex.split(dict(unit_settings(path))["ExecStart"].replace(f"{HOME}/.venv/bin/", ""))
    for name, service in COMPOSE["services"].items():
        if service["image"] == "leadcrm":
            yield service["command"]
            yield service.get("healthcheck", {}).get("test", ["CMD", *service["command"]])[1:]
        else:
            assert name in ("nginx", "postgres", "valkey")
    yield yaml.safe_load((DEPLOY / "Dockerfile").read_text().rpartition("CMD ")[2])


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_commands_are_ours(app, command):
    program, *arguments = command
    if program == "flask":
        assert arguments[:2] == ["--app", "app"]
        answer = CliRunner().invoke(app.cli, [*arguments[2:], "--help"])
        assert answer.exit_code == 0, answer.output
    elif program == "gunicorn":
        assert (ROOT / arguments[arguments.index("--config") + 1]).is_file()
    elif arguments[0] == "-m":
        assert importlib.util.find_spec(arguments[1])
    else:
        assert (program, arguments) == ("python", ["worker.py"])


class Asked(dict):
    """An environment that remembers what it was asked for."""

    def get(self, name, default=None):
        self[name] = default
        return default


@pytest.fixture(scope="module")
def names_of_settings() -> set[str]:
    asked = Asked()
    Settings.from_env(asked)
    return set(asked)


def test_the_environment_file_names_settings_the_application_reads(names_of_settings):
    given = dict(re.findall(r"^(\w+)=(.*)$", (DEPLOY / "leadcrm.env.example").read_text(), re.MULTILINE))
    assert given.keys() <= names_of_settings
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(given)
    assert [problem.split()[0] for problem in refused.value.problems] == ["SECRET_KEY"], "all but the key is usable"
    assert Settings.from_env(given | {"SECRET_KEY": "k" * 64}).is_production


def test_compose_sets_only_settings_the_application_reads(names_of_settings):
    ours = [service for service in COMPOSE["services"].values() if service["image"] == "leadcrm"]
    assert {name for service in ours for name in service["environment"]} <= names_of_settings


def test_the_units_are_what_systemd_takes(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    shutil.copytree(DEPLOY / "systemd", tmp_path / "units")
    for path in (tmp_path / "units").glob("*.service"):
        path.write_text(path.read_text().replace(f"{HOME}/.venv/bin/", f"{ROOT}/.venv/bin/"))
    instances = ["leadcrm-web@1.service", "leadcrm-worker@1.service", "leadcrm-migrate.service", "leadcrm.target"]
    paths = [str(tmp_path / "units" / name) for name in instances]
    for path, template in zip(paths[:2], ("leadcrm-web@.service", "leadcrm-worker@.service"), strict=True):
        shutil.copy(tmp_path / "units" / template, path)
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", *paths], capture_output=True, text=True)
    ours = [line for line in verified.stderr.splitlines() if "leadcrm" in line and "opt/leadcrm" not in line]
    assert ours == []


def test_every_unit_is_hardened():
    hardening = dict(unit_settings(DEPLOY / "systemd" / "leadcrm-.service.d" / "hardening.conf"))
    assert hardening["ProtectSystem"] == "strict"
    assert hardening["User"] == "leadcrm"
    assert all(path.name.startswith("leadcrm-") for path in UNITS), "the drop-in is found by this beginning"
    assert not [name for path in UNITS for name, _ in unit_settings(path) if name in hardening], "nothing is weakened"


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def graceful_timeout() -> int:
    return runpy.run_path(str(DEPLOY / "gunicorn.conf.py"))["graceful_timeout"]


def test_stopping_waits_for_the_send_in_hand_and_for_answers():
    worker = dict(unit_settings(DEPLOY / "systemd" / "leadcrm-worker@.service"))
    web = dict(unit_settings(DEPLOY / "systemd" / "leadcrm-web@.service"))
    for grace in (worker["TimeoutStopSec"], COMPOSE["services"]["worker-1"]["stop_grace_period"]):
        assert seconds(grace) > LONGEST_LEASE.total_seconds()
    for grace in (web["TimeoutStopSec"], COMPOSE["services"]["web-1"]["stop_grace_period"]):
        assert seconds(grace) > graceful_timeout()
    assert (worker["KillMode"], web["KillMode"]) == ("mixed", "mixed"), "lanes are told by their supervisor"
    assert seconds(re.search(r"proxy_read_timeout (\d+s)", DOOR)[1]) == graceful_timeout()


def test_the_doors_limits_are_the_applications(app):
    largest = max(getattr(view, "largest_body", 0) for view in app.view_functions.values())
    assert largest > app.config["MAX_CONTENT_LENGTH"]
    assert int(re.search(r"client_max_body_size (\d+)m;", DOOR)[1]) * 1024 * 1024 == largest


def test_no_address_that_is_a_key_is_logged(app):
    keys = re.search(r"location ~ (\S+) {\n\s+set \$leadcrm_path /\$1/\*\*\*;", DOOR)[1]
    rules = [rule for rule in app.url_map.iter_rules() if rule.arguments & {"secret", "token"}]
    assert rules
    assert [rule.rule for rule in rules if not re.match(keys, rule.rule)] == []
    assert "$request " not in DOOR
    assert not re.search(r"log_format[^;]*(\$request\b|\$uri|\$http_referer|\$args)", DOOR)


def test_all_that_the_door_asks_for_is_given_in_every_place():
    given = COMPOSE["services"]["nginx"]["environment"]
    assert given.keys() - {"NGINX_ENVSUBST_FILTER"} == front_door.names()
    assert front_door.on_this_machine("x").keys() == front_door.names()
    assert "${" not in DOOR
    assert "$remote_addr" in DOOR


def test_the_doors_webs_are_those_that_are_started():
    template = (DEPLOY / "systemd" / "leadcrm-web@.service").read_text()
    wanted = re.findall(r"leadcrm-web@(\d)", (DEPLOY / "systemd" / "leadcrm.target").read_text())
    socket = re.search(r"--bind unix:(\S+)", template)[1]
    assert [socket.replace("%i", number) for number in wanted] == list(front_door.WEBS_OF_THE_UNITS)
    bound = {command[-1].removeprefix("unix:") for command in commands() if "/run/leadcrm/web" in command[-1]}
    assert set(re.findall(r"unix:(\S+)", COMPOSE["services"]["nginx"]["environment"]["LEADCRM_WEBS"])) == bound


def test_compose_is_whole():
    services = COMPOSE["services"]
    for service in services.values():
        assert set(service.get("depends_on", ())) <= services.keys()
        assert set(service["networks"]) <= COMPOSE["networks"].keys()
        volumes = {volume.split(":")[0] for volume in service.get("volumes", ())}
        assert {name for name in volumes if not name.startswith("./")} <= COMPOSE["volumes"].keys()
    files = [volume.split(":")[0] for volume in services["nginx"]["volumes"] if "template" in volume]
    assert all((DEPLOY / name).is_file() for name in files)


def test_the_image_can_dump_composes_database():
    server = re.match(r"postgres:(\d+)", COMPOSE["services"]["postgres"]["image"])[1]
    assert f"postgresql-client-{server}" in (DEPLOY / "Dockerfile").read_text()


def test_the_image_holds_all_that_is_needed():
    taken = re.findall(r"^!(.+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    assert all((ROOT / name).exists() for name in taken)
    assert {"app.py", "worker.py", "leadcrm", "templates", "migrations", "deploy", "requirements.txt"} <= set(taken)
