"""Static files that pages load together, served as one."""

import pytest

from leadcrm.core.static_files import BUNDLES, FOLDER


@pytest.fixture
def ask(app):
    def send(path: str, method: str = "GET"):
        return app.test_client().open(app.jinja_env.globals["asset"](path), method=method)

    return send


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_is_its_parts_one_after_another(ask, name):
    answer = ask(name)
    assert answer.mimetype == {"css": "text/css", "js": "text/javascript"}[name.rpartition(".")[2]]
    rest = answer.data
    for part in BUNDLES[name]:
        before, found, rest = rest.partition((FOLDER / part).read_bytes())
        assert found, part
        assert before.strip(b"\n;") == b"", before


def test_a_bundle_lies_as_deep_as_its_styles_so_that_their_addresses_hold():
    for name, parts in BUNDLES.items():
        if name.endswith(".css"):
            assert {part.count("/") for part in parts} == {name.count("/")}


def test_a_head_request_says_the_length_and_sends_nothing(ask):
    answer = ask("bundles/shell.js", "HEAD")
    assert answer.data == b""
    assert int(answer.headers["Content-Length"]) > 0


def test_bundles_are_only_read(ask):
    assert ask("bundles/shell.js", "POST").status_code in (403, 404, 405)
