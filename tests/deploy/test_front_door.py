"""nginx as we set it up, before processes that say what they were told: what it passes on, refuses and never logs."""

import http.server
import json
import re
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import requests

from deploy import furnish, machine
from deploy.site import Site
from tests.deploy.conftest import bring_programs
from tests.deploy.visitors import visitor
from tests.installation import wait_for

pytestmark = pytest.mark.process


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the headers of the request; breaks off where the path says so."""

    def do_GET(self) -> None:
        if self.path == "/broken":
            self.server.broken += 1
            self.connection.close()
            return
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if self.path.startswith("/static/"):
            self.send_header("Cache-Control", "max-age=315360000, public, immutable")
            self.server.served += 1
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Silent."""


class Web(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    broken = served = 0

    def get_request(self):
        request, _ = super().get_request()
        return request, ("", 0)


@dataclass
class Door:
    site: Site
    web: Web

    def ask(self, path: str, method: str = "GET", source: str = "127.0.0.1", **options) -> requests.Response:
        """From an address of this machine's own."""
        options = {"verify": str(self.site.certificate), "timeout": 10, "allow_redirects": False, **options}
        return visitor(source).request(method, f"{self.site.url}{path}", **options)

    def web_is_away(self, meanwhile: Callable[[], requests.Response]) -> None:
        """Nobody answers while that is asked."""
        address, aside = self.site.web_socket(1), self.site.folder / "aside"
        address.rename(aside)
        try:
            assert meanwhile().status_code == 502
        finally:
            aside.rename(address)

    def logs(self) -> str:
        return "".join(path.read_text() for path in (self.site.folder / "logs").iterdir())


@pytest.fixture(scope="module")
def door(tmp_path_factory) -> Iterator[Door]:
    """One of its two web processes is not there."""
    bring_programs("nginx", "openssl")
    folder = tmp_path_factory.mktemp("d")
    site = Site.lay_out(folder, webs=2, workers=1, port=0)
    furnish.make_certificate(site)
    furnish.set_up_door(site)
    web = Web(str(site.web_socket(1)), Echo)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    with (folder / "logs" / "nginx.log").open("wb") as log:
        nginx = subprocess.Popen([machine.nginx(), "-c", str(folder / "nginx" / "nginx.conf")], stderr=log)
        door = Door(site, web)
        try:
            wait_for(lambda: answers(door))
            yield door
        finally:
            nginx.terminate()
            nginx.wait(10)
            web.shutdown()
            shutil.rmtree(folder)


def answers(door: Door) -> bool:
    try:
        return door.ask("/").ok
    except requests.ConnectionError:
        return False


def test_the_shipped_configuration_is_nginxs_own_language(door):
    checked = subprocess.run(
        [machine.nginx(), "-t", "-c", str(door.site.folder / "nginx" / "nginx.conf")], capture_output=True, text=True
    )
    assert checked.returncode == 0
    assert "[warn]" not in checked.stderr


CLAIMS = {
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.test",
    "X-Forwarded-Port": "1",
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": "6.6.6.6",
    "Forwarded": "for=6.6.6.6",
    "SCRIPT_NAME": "/evil",
}


@pytest.mark.parametrize("path", ["/leads", "/api/leads", "/static/abc/app.css", "/password/reset/x"])
def test_what_a_stranger_claims_about_the_way_here_is_thrown_away(door, path):
    told = door.ask(path, source="127.0.0.2", headers=CLAIMS).json()
    about_the_way = {name: told[name] for name in told if name.startswith(("x-", "forwarded", "script"))}
    assert about_the_way == {"x-forwarded-for": "127.0.0.2", "x-forwarded-proto": "https"}
    assert told["host"] == "localhost"


def test_a_process_that_is_not_there_costs_nobody_an_answer(door):
    assert [door.ask("/", method).status_code for method in ("GET", "POST") * 10] == [200] * 20


def test_a_broken_answer_is_not_asked_for_again_and_condemns_no_process(door):
    before = door.web.broken
    assert door.ask("/broken", "POST").status_code == 502
    assert door.web.broken == before + 1, "what was sent may have been done"
    assert door.ask("/").status_code == 200


def test_programs_get_the_apis_form_of_an_error(door):
    large = door.ask("/api/leads", "POST", data=b"x" * (22 * 1024 * 1024 + 1))
    assert large.status_code == 413
    assert large.json()["error"]["code"] == "request_entity_too_large"


def test_a_body_of_the_largest_size_passes(door):
    assert door.ask("/webhook/email", "POST", data=b"x" * (22 * 1024 * 1024)).status_code == 200


def test_other_hosts_and_plain_http_are_sent_away(door):
    plain = f"http://localhost:{door.site.http}"
    moved = requests.get(f"{plain}/leads?status=new", allow_redirects=False, timeout=5)
    assert (moved.status_code, moved.headers["Location"]) == (308, f"{door.site.url}/leads?status=new")
    with pytest.raises(requests.ConnectionError):
        requests.get(plain, headers={"Host": "evil.test"}, timeout=5)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"https://127.0.0.1:{door.site.https}", verify=False, timeout=5)


def test_it_does_not_say_which_version_it_is(door):
    assert door.ask("/broken").headers["Server"] == "nginx"


def test_static_files_are_kept_at_the_door(door):
    before = door.web.served
    answers = [door.ask("/static/0123456789ab/css/app.css") for _ in range(3)]
    assert door.web.served == before + 1
    assert {answer.headers["Cache-Control"] for answer in answers} == {"max-age=315360000, public, immutable"}


@pytest.mark.parametrize("path", ["/password/reset/", "/invitations/", "/u/"])
def test_addresses_that_are_keys_are_not_logged(door, path):
    secret = f"s3cret-of-{path.strip('/').replace('/', '-')}"
    assert door.ask(f"{path}{secret}").status_code == 200
    door.web_is_away(lambda: door.ask(f"{path}{secret}"))  # errors are where nginx writes whole addresses
    assert f"{path}***" in door.logs()
    assert secret not in door.logs()


def test_the_access_log_holds_neither_queries_nor_where_one_came_from(door):
    door.ask("/leads?q=sarah", headers={"Referer": "https://localhost/leads?q=connor"})
    log = (door.site.folder / "logs" / "access.log").read_text()
    assert '"GET /leads" 200' in log
    assert not {"sarah", "connor"} & set(re.findall(r"\w+", log))
