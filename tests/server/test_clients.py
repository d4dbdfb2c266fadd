"""What people call with: curl, aiohttp, browsers of other origins; over TLS of an authority of our own."""

from __future__ import annotations

import gzip
import io
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import aiohttp
import pytest
import trustme
from running import Running, Start, engine

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0, cors: {origins: "https://shop.example.org, http://localhost:3000",
        headers: X-Api-Key, exposeHeaders: [ETag], credentials: true, maxAge: 1h}}}
flows:
  echo:
    source: {http:listener: {config-ref: Api, path: /echo, allowedMethods: POST}}
    steps: []
  form:
    source: {http:listener: {config-ref: Api, path: /form, allowedMethods: POST}}
    steps:
      - set-payload:
          value: "#[{note: payload.note, name: payload.file.filename, type: payload.file.contentType}]"
  file:
    source: {http:listener: {config-ref: Api, path: /file, allowedMethods: POST}}
    steps: [{set-payload: {value: "#[payload.file.content]", mimeType: application/octet-stream}}]
  order:
    source: {http:listener: {config-ref: Api, path: "/orders/{id}", allowedMethods: GET}}
    steps: [{set-payload: {value: {id: "#[attributes.uriParams.id]"}}}]
"""
SECURE = """
configs:
  Api: {http:listener-config: {port: %s, tls: {%s}}}
flows:
  hello:
    source: {http:listener: {config-ref: Api, path: /hello}}
    steps: [{set-payload: {value: "#[attributes.scheme]"}}]
"""
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def curl(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "--max-time", "20", *arguments],  # noqa: S607
        capture_output=True, text=True,
    )  # fmt: skip


def url(server: Running, path: str) -> str:
    return f"http://127.0.0.1:{server.port}{path}"


@needs_curl
@pytest.mark.parametrize("size", [10, 3 * 2**20])
def test_curl_sends_a_form_with_a_file(served: Running, tmp_path: Path, size: int) -> None:
    file, back = tmp_path / "a b.txt", tmp_path / "back"
    file.write_bytes(b"0123456789" * (size // 10))
    arguments = ("-F", "note=héllo & more", "-F", f"file=@{file};type=text/plain")
    assert (
        curl(*arguments, url(served, "/form")).stdout == '{"note":"héllo & more","name":"a b.txt","type":"text/plain"}'
    )
    curl(*arguments, "-o", str(back), url(served, "/file"))
    assert (back.read_bytes() == file.read_bytes()) is True  # not shown where it is large


@needs_curl
def test_curl_sends_an_encoded_form(served: Running) -> None:
    sent = curl("--data-urlencode", "name=Ada & Bob = 2", "--data-urlencode", "n=ä", url(served, "/echo"))
    assert sent.stdout == '{"name":"Ada & Bob = 2","n":"ä"}'


@needs_curl
def test_curl_sends_a_compressed_body(served: Running, tmp_path: Path) -> None:
    body = tmp_path / "body.gz"
    body.write_bytes(gzip.compress(b'{"a": 1}'))
    headers = ("-H", "Content-Encoding: gzip", "-H", "Content-Type: application/json")
    assert curl(*headers, "--data-binary", f"@{body}", url(served, "/echo")).stdout == '{"a":1}'


@needs_curl
def test_curl_asks_for_the_head_the_methods_and_what_is_new(served: Running, tmp_path: Path) -> None:
    lines = curl("-I", url(served, "/orders/7")).stdout.lower()
    assert "200 ok" in lines
    assert "content-length: 10" in lines
    assert "allow: get, head, options" in curl("-X", "OPTIONS", "-i", url(served, "/orders/7")).stdout.lower()
    tag, code = str(tmp_path / "tag"), ("-o", str(tmp_path / "body"), "-w", "%{http_code}")
    assert curl("--etag-save", tag, *code, url(served, "/orders/7")).stdout == "200"
    assert curl("--etag-compare", tag, *code, url(served, "/orders/7")).stdout == "304"
    assert curl("--etag-compare", tag, *code, url(served, "/orders/8")).stdout == "200"


@needs_curl
@pytest.mark.parametrize("version", ["--http1.0", "--http1.1", "--http2"])
def test_curl_in_other_versions(served: Running, version: str) -> None:
    assert curl(version, "--json", '{"a": 1}', url(served, "/echo")).stdout == '{"a":1}'


@pytest.mark.anyio
async def test_aiohttp_keeps_its_connection(served: Running) -> None:
    async with aiohttp.ClientSession() as session:
        for number in range(3):
            async with session.post(url(served, "/echo"), json={"n": number}) as answer:
                assert await answer.json() == {"n": number}
        form = aiohttp.FormData({"note": "a"})
        form.add_field("file", io.BytesIO(b"x" * 2**21), filename="f.bin", content_type="application/octet-stream")
        async with session.post(url(served, "/file"), data=form) as answer:
            assert (await answer.read()).count(b"x") == 2**21


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


# Other origins


def preflight(origin: str, method: str = "POST", headers: str = "x-api-key") -> dict[str, str]:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return {"Origin": origin, **asked}


def test_a_page_of_an_origin_that_may_call(served: Running) -> None:
    answer = served.client.options("/echo", headers=preflight("http://localhost:3000"))
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-max-age"] == "3600"
    answer = served.post("/echo", json=1, headers={"Origin": "https://shop.example.org"})
    assert answer.headers["access-control-allow-origin"] == "https://shop.example.org"
    assert answer.headers["access-control-expose-headers"] == "ETag"
    assert "Origin" in answer.headers["vary"]


def test_a_preflight_is_logged_too(served: Running) -> None:
    before = served.log.count(" OPTIONS /echo - 200 ")
    served.client.options("/echo", headers=preflight("http://localhost:3000"))
    served.logged(" OPTIONS /echo - 200 ", before + 1)


def test_a_failure_is_seen_by_the_page_too(served: Running) -> None:
    answer = served.post("/echo", content=b"{", headers={"Origin": "https://shop.example.org"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (400, "https://shop.example.org")


@pytest.mark.parametrize(
    "headers",
    [
        preflight("https://evil.example.org"), preflight("http://localhost:3000", "DELETE"),
        preflight("http://localhost:3000", headers="x-other"), preflight("null"),
    ],
)  # fmt: skip
def test_what_a_page_may_not(served: Running, headers: dict[str, str]) -> None:
    assert served.client.options("/echo", headers=headers).status_code == 400


def test_options_that_are_no_preflight(served: Running) -> None:
    assert served.client.options("/echo").headers["allow"] == "OPTIONS, POST"


# TLS


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca.pem, server.pem and server.key of it; other.pem, an authority that nobody knows; client.pem."""
    folder = tmp_path_factory.mktemp("tls")
    ours, other = trustme.CA(), trustme.CA()
    ours.cert_pem.write_to_path(str(folder / "ca.pem"))
    other.cert_pem.write_to_path(str(folder / "other.pem"))
    server, client = ours.issue_cert("127.0.0.1", "localhost"), ours.issue_cert("client@example.org")
    server.cert_chain_pems[0].write_to_path(str(folder / "server.pem"))
    server.private_key_pem.write_to_path(str(folder / "server.key"))
    client.private_key_and_cert_chain_pem.write_to_path(str(folder / "client.pem"))
    (folder / "nonsense.pem").write_text("no PEM")
    return folder


def secure(start: Start, files: Path, more: str = "") -> Running:
    tls = f"certificate: {files}/server.pem, key: {files}/server.key{more}"
    return start(SECURE % (0, tls))


@needs_curl
def test_curl_over_tls(start: Start, files: Path) -> None:
    server = secure(start, files)
    address = f"https://127.0.0.1:{server.port}/hello"
    assert f"at https://127.0.0.1:{server.port};" in server.printed[-1]
    assert curl("--cacert", str(files / "ca.pem"), address).stdout == "https"
    assert curl("--cacert", str(files / "ca.pem"), "--tls-max", "1.1", address).returncode != 0
    assert curl("--cacert", str(files / "other.pem"), address).returncode == 60  # an unknown authority
    assert curl(address.replace("https", "http")).returncode != 0
    assert curl("--cacert", str(files / "ca.pem"), address).stdout == "https"
    assert server.end() == 0
    assert "Traceback" not in server.log


@pytest.mark.anyio
async def test_aiohttp_over_tls(start: Start, files: Path) -> None:
    server = secure(start, files)
    trust = ssl.create_default_context(cafile=files / "ca.pem")
    connector = aiohttp.TCPConnector(ssl=trust)
    async with aiohttp.ClientSession(f"https://localhost:{server.port}", connector=connector) as session:
        for _ in range(3):
            async with session.get("/hello") as answer:
                assert await answer.text() == "https"


@needs_curl
def test_only_callers_with_a_certificate(start: Start, files: Path) -> None:
    server = secure(start, files, f", clientCa: {files}/ca.pem")
    ask = ("--cacert", str(files / "ca.pem"), f"https://127.0.0.1:{server.port}/hello")
    assert curl("--cert", str(files / "client.pem"), *ask).stdout == "https"
    assert curl(*ask).returncode != 0


@pytest.mark.parametrize(
    ("tls", "named"),
    [
        ("certificate: %s/none.pem", "none.pem"),
        ("certificate: %s/nonsense.pem", "nonsense.pem"),
        ("certificate: %s/server.pem", "server.pem"),
        ("certificate: %s/server.pem, key: %s/client.pem", "client.pem"),
        ("certificate: %s/server.pem, key: %s/server.key, clientCa: %s/nonsense.pem", "nonsense.pem"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, files: Path, tls: str, named: str) -> None:
    (tmp_path / "flows.yaml").write_text(SECURE % (0, tls.replace("%s", str(files))))
    ended = engine("check", str(tmp_path / "flows.yaml"))
    assert ended.returncode == 1
    assert named in ended.stderr
    assert "flows.yaml:3:" in ended.stderr


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


TWO = """
configs:
  Plain: {http:listener-config: {host: localhost, port: %s}}
  Api: {http:listener-config: {port: %s, tls: {%s}}}
flows:
  plain:
    source: {http:listener: {config-ref: Plain, path: /hello}}
    steps: [{set-payload: {value: plain}}]
  hello:
    source: {http:listener: {config-ref: Api, path: /hello}}
    steps: [{set-payload: {value: "#[attributes.scheme]"}}]
"""


@needs_curl
def test_two_addresses_in_one_process(tmp_path: Path, files: Path) -> None:
    plain, secured = free_port(), free_port()
    tls = f"certificate: {files}/server.pem, key: {files}/server.key"
    (tmp_path / "flows.yaml").write_text(TWO % (plain, secured, tls))
    with Running(tmp_path, str(tmp_path / "flows.yaml"), own_ports=True) as server:
        trust = ("--cacert", str(files / "ca.pem"))
        assert curl(f"http://localhost:{plain}/hello").stdout == "plain"
        assert curl(*trust, f"https://localhost:{secured}/hello").stdout == "https"
        assert curl(f"http://localhost:{plain}/-/ready").stdout == '{"status":"ready"}'
        assert curl(*trust, f"https://localhost:{secured}/-/live").stdout == '{"status":"live"}'
        assert server.end() == 0


def test_one_address_is_secure_or_not(tmp_path: Path, files: Path) -> None:
    tls = f"certificate: {files}/server.pem, key: {files}/server.key"
    (tmp_path / "flows.yaml").write_text(TWO.replace("path: /hello", "path: /one", 1) % (0, 0, tls))
    ended = engine("serve", str(tmp_path / "flows.yaml"), "--host", "127.0.0.1", "--port", "0")
    assert (ended.returncode, "differ in tls" in ended.stderr) == (1, True)
