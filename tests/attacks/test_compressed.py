"""Compressed bodies that become a thousand times as much, of callers and of upstreams."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from secrets import token_hex
from typing import Any

import pytest
from attacks.attack import MIB, watched
from attacks.pouring import pour
from server.running import PROBLEM, Running

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0, maxBodySize: 200MiB}}
flows:
  count:
    source: {http:listener: {config-ref: Api, path: /count, streaming: true}}
    steps:
      - set-variable: {variableName: n, value: 0}
      - foreach: {batchSize: 1000, steps: [{set-variable: {variableName: n, value: "#[vars.n + length(payload)]"}}]}
      - set-payload: {value: "#[vars.n]"}
  hurry:
    source: {http:listener: {config-ref: Api, path: /hurry, streaming: true}}
    timeout: 1s
    steps: [{foreach: {steps: []}}, {set-payload: {value: read}}]
  size:
    source: {http:listener: {config-ref: Api, path: /size}}
    steps: [{set-payload: {value: "#[size_of(payload)]"}}]
  ask:
    source: {http:listener: {config-ref: Api, path: /ask}}
    steps:
      - http:request: {url: "#[attributes.queryParams.url]", maxResponseSize: 1GiB, responseTimeout: 20s}
      - set-payload: {value: "#[size_of(payload)]"}
    error-handler:
      - on-error-continue: {type: ANY, logException: false, steps: [{set-payload: {value: "#[error.type]"}}]}
  save:
    source: {http:listener: {config-ref: Api, path: /save}}
    steps: [{http:request: {url: "#[attributes.queryParams.url]", saveTo: answer.bin, responseTimeout: 20s}}]
    error-handler:
      - on-error-continue: {type: ANY, logException: false, steps: [{set-payload: {value: "#[error.type]"}}]}
"""
NDJSON, CSV = "application/x-ndjson", "text/csv"


def deflated(bits: int, block: bytes, times: int) -> bytes:
    """The block again and again, compressed as well as can be."""
    packer = zlib.compressobj(9, wbits=bits)
    packed = b"".join([packer.compress(each) for each in repeat(block * (2**20 // len(block)), times)])
    return packed + packer.flush()


ENCODINGS: dict[str, tuple[str, int]] = {
    "gzip": ("gzip", 31),
    "x-gzip": ("x-gzip", 31),
    "deflate": ("deflate", 15),
    "bare deflate": ("deflate", -15),
}
BLOCKS = {
    "line feeds": b"\n",
    "blanks": b" \r\n",
    "nulls": b"\0",
    "records": b'{"a":1}\n',
    "a record": b"a",
    "commas": b",",
}


@cache
def bomb(encoding: str, block: str, mib: int = 300) -> bytes:
    return deflated(ENCODINGS[encoding][1], BLOCKS[block], mib)


@pytest.mark.reaches("HIGHEST_RATIO")
@pytest.mark.parametrize(
    ("block", "encoding"),
    [
        *((block, "gzip") for block in BLOCKS),
        *(("line feeds", encoding) for encoding in ENCODINGS if encoding != "gzip"),
    ],
)
@pytest.mark.parametrize(("path", "media_type"), [("/count", NDJSON), ("/count", CSV), ("/size", "text/plain")])
def test_a_bomb(attacked: Running, path: str, media_type: str, block: str, encoding: str) -> None:
    body = bomb(encoding, block)
    assert len(body) < 4 * MIB
    headers = {"Content-Type": media_type, "Content-Encoding": ENCODINGS[encoding][0]}
    with watched(attacked):
        answer = attacked.post(path, content=body, headers=headers)
    assert answer.status_code in (
        (400, 413) if (block, media_type) in (("nulls", NDJSON), ("records", CSV)) else (413,)
    )
    assert answer.headers["content-type"] == PROBLEM


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_bomb_that_comes_bit_by_bit(attacked: Running, encoding: str) -> None:
    body = bomb(encoding, "line feeds")
    parts = (body[start : start + 1000] for start in range(0, len(body), 1000))
    with watched(attacked):
        status, sent = pour(attacked, "/count", parts, Content_Type=NDJSON, Content_Encoding=ENCODINGS[encoding][0])
    assert status == 413
    assert sent < MIB


def test_what_stays_within_the_ratio_gives_turns_and_ends_in_time(attacked: Running) -> None:
    """Blank lines come down to a thousandth; beside texts that come down to half, nothing is refused."""
    packer = zlib.compressobj(9, wbits=31)

    def parts() -> Iterator[bytes]:
        for _ in range(20_000):
            block = b"\n" * 150_000 + b'{"a":"%s"}\n' % token_hex(1000).encode()
            yield packer.compress(block) + packer.flush(zlib.Z_SYNC_FLUSH)

    with watched(attacked):
        status, _ = pour(attacked, "/hurry", parts(), Content_Type=NDJSON, Content_Encoding="gzip")
    assert status == 504


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (gzip.compress(b'{"a": 1}\n' * 100_000), 200),
        (gzip.compress(b"".join(b'{"id": "c-%d", "name": "Ada"}\n' % number for number in range(200_000))), 200),
        (gzip.compress(b"1\n") * 2, 400),
        (gzip.compress(b"1\n") * 100_000, 400),
        (gzip.compress(b"1\n")[:-1], 400),
        (gzip.compress(b"1\n") + b"\0" * 1000, 400),
        (b"", 200),
    ],
    ids=["under 1 MiB", "records", "two members", "many members", "cut off", "followed by nulls", "nothing"],
)
def test_other_compressed_bodies(attacked: Running, body: bytes, status: int) -> None:
    with watched(attacked):
        answer = attacked.post("/count", content=body, headers={"Content-Type": NDJSON, "Content-Encoding": "gzip"})
    assert answer.status_code == status


# Of upstreams


@pytest.fixture(scope="module")
def upstream() -> Iterator[Callable[..., str]]:
    """Makes the url of an answer."""
    answers: list[tuple[bytes, dict[str, str]]] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, headers = answers[int(self.path.strip("/"))]
            self.send_response(200)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    def url(body: bytes, **headers: str) -> str:
        answers.append((body, {name.replace("_", "-"): value for name, value in headers.items()}))
        return f"http://127.0.0.1:{server.server_port}/{len(answers) - 1}"

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever).start()
        yield url
        server.shutdown()


@pytest.mark.reaches("HIGHEST_RATIO")
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "bare deflate"])
@pytest.mark.parametrize("path", ["/ask", "/save"])
@pytest.mark.parametrize("media_type", ["text/plain", "application/json", "application/octet-stream"])
def test_a_bomb_of_an_upstream(
    attacked: Running, upstream: Callable[..., str], path: str, media_type: str, encoding: str
) -> None:
    url = upstream(bomb(encoding, "line feeds"), Content_Type=media_type, Content_Encoding=ENCODINGS[encoding][0])
    with watched(attacked):
        answer = attacked.client.get(path, params={"url": url})
    assert answer.text == "HTTP:RESPONSE_TOO_LARGE"


@pytest.mark.parametrize("charset", ["punycode", "idna", "utf-7", "zlib", "klingon"])
@pytest.mark.parametrize("media_type", ["text/plain", "application/json", "application/x-www-form-urlencoded"])
def test_an_answer_in_no_charset(
    attacked: Running, upstream: Callable[..., str], media_type: str, charset: str
) -> None:
    url = upstream(b"a" * 300_000 + b"-" + b"b" * 200_000, Content_Type=f"{media_type}; charset={charset}")
    with watched(attacked):
        assert attacked.client.get("/ask", params={"url": url}).text == "HTTP:PARSING"


@pytest.mark.reaches("MOST_JSON_VALUES")
@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"[" + b"[]," * 3_000_000 + b"[]]", "HTTP:RESPONSE_TOO_LARGE"),
        (b"[" + b"{}," * 3_000_000 + b"{}]", "HTTP:RESPONSE_TOO_LARGE"),
        (b"1" * 9_000_000, "HTTP:PARSING"),
        (b"[" * 9_000_000, "HTTP:RESPONSE_TOO_LARGE"),
        (b'["%s"]' % (b"a" * 9_000_000), "1"),
    ],
    ids=["lists", "maps", "a number", "depth", "a text"],
)
def test_json_of_an_upstream(attacked: Running, upstream: Callable[..., str], body: bytes, told: str) -> None:
    url = upstream(body, Content_Type="application/json")
    with watched(attacked):
        assert attacked.client.get("/ask", params={"url": url}).text == told
