"""What goes over the wire compressed, and what must not."""

import gzip

import brotli
import pytest

from leadcrm.core.compression import Compressor
from leadcrm.settings import ROOT

PAGE = b"<p>the same words again</p>" * 100
HTML = ("Content-Type", "text/html; charset=utf-8")


def ask(body: bytes, *headers: tuple[str, str], accept: str = "gzip, br", method: str = "GET", status: str = "200 OK"):
    """The answer of an application behind the compressor, as (headers, body)."""
    said: dict[str, str] = {}

    def inner(environ, start_response):
        start_response(status, list(headers))
        return [body]

    def start(status, headers, error=None):
        said.update(headers)

    whole = b"".join(Compressor(inner)({"REQUEST_METHOD": method, "HTTP_ACCEPT_ENCODING": accept}, start))
    return said, whole


def of_length(body: bytes) -> tuple[str, str]:
    return "Content-Length", str(len(body))


@pytest.mark.parametrize(
    ("accept", "encoding", "unpack"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("br;q=0, gzip", "gzip", gzip.decompress),
    ],
)
def test_a_page_is_compressed_as_the_browser_can_read_it(accept, encoding, unpack):
    headers, body = ask(PAGE, HTML, of_length(PAGE), ("Vary", "HX-Request"), ("ETag", '"a"'), accept=accept)
    assert headers["Content-Encoding"] == encoding
    assert headers["Vary"] == "HX-Request, Accept-Encoding"
    assert headers["ETag"] == 'W/"a"'
    assert int(headers["Content-Length"]) == len(body) < len(PAGE)
    assert unpack(body) == PAGE


def test_a_browser_that_reads_neither_gets_the_page_and_caches_are_told():
    headers, body = ask(PAGE, HTML, of_length(PAGE), accept="")
    assert body == PAGE
    assert "Content-Encoding" not in headers
    assert headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        ([HTML], {}),  # a stream: its length is not known
        ([HTML, of_length(PAGE), ("Content-Encoding", "gzip")], {}),
        ([HTML, of_length(PAGE)], {"status": "206 Partial Content"}),
        ([HTML, ("Content-Length", "499")], {}),
        ([("Content-Type", "font/woff2"), of_length(PAGE)], {}),
        ([HTML, of_length(PAGE)], {"method": "HEAD"}),
    ],
)
def test_what_is_left_alone(headers, more):
    said, body = ask(PAGE, *headers, **more)
    assert body == PAGE
    assert said.get("Content-Encoding") == dict(headers).get("Content-Encoding")


def test_what_never_changes_is_compressed_once_and_harder():
    body = (ROOT / "leadcrm" / "static" / "css" / "app.css").read_bytes()
    fixed, _ = ask(body, ("Content-Type", "text/css"), of_length(body), ("Cache-Control", "public, immutable"))
    fresh, _ = ask(body, ("Content-Type", "text/css"), of_length(body))
    assert int(fixed["Content-Length"]) < int(fresh["Content-Length"])


def test_the_application_compresses_its_pages_and_its_files(app):
    client = app.test_client()
    page = client.get("/login", headers={"Accept-Encoding": "br"})
    assert page.headers["Content-Encoding"] == "br"
    with app.test_request_context():
        address = app.jinja_env.globals["asset"]("css/app.css")
    assert client.get(address, headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
