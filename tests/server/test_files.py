"""Files of forms: small ones are bytes, large ones stay on the disk until somebody wants them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from running import Running

from engine.values.spooled import Spooled

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0, maxBodySize: 128MiB}}
flows:
  back:
    source: {http:listener: {config-ref: Api, path: /back}}
    steps:
      - set-variable: {variableName: kept, value: "#[payload.f.content]"}
      - set-payload: {value: "#[vars.kept]", mimeType: image/png}
  size:
    source: {http:listener: {config-ref: Api, path: /size}}
    steps: [{set-payload: {value: "#[{size: payload.f.content.size, name: payload.f.filename}]"}}]
  twice:
    source: {http:listener: {config-ref: Api, path: /twice}}
    steps: [{set-payload: {value: "#[{one: payload.f.content, other: payload.f.content}]"}}]
  forward:
    source: {http:listener: {config-ref: Api, path: /forward}}
    steps:
      - http:request: {method: POST, url: "#[attributes.queryParams.to]", body: "#[payload.f.content]"}
  forward-form:
    source: {http:listener: {config-ref: Api, path: /forward-form}}
    steps:
      - http:request:
          method: POST
          url: "#[attributes.queryParams.to]"
          headers: {Content-Type: multipart/form-data}
          body: {f: "#[payload.f]"}
  raw:
    source: {http:listener: {config-ref: Api, path: /raw}}
    steps: []
  count:
    source: {http:listener: {config-ref: Api, path: /count}}
    steps: [{set-payload: {value: "#[payload.g.filename]"}}]
"""
MIB = 2**20


def send(server: Running, path: str, size: int) -> httpx.Response:
    return server.post(path, files={"f": ("f.png", BytesIO(b"ab" * (size // 2)), "image/png")})


@pytest.mark.parametrize("size", [0, 10, MIB, MIB + 2, 5 * MIB])
def test_a_file_comes_back_as_it_was(served: Running, size: int) -> None:
    answer = send(served, "/back", size)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert (answer.content == b"ab" * (size // 2)) is True


def test_its_size_is_known(served: Running) -> None:
    assert send(served, "/size", 3 * MIB).json() == {"size": 3 * MIB, "name": "f.png"}


def test_in_json_it_is_base64_as_bytes_are(served: Running) -> None:
    small, large = send(served, "/twice", 6).json(), send(served, "/twice", 3 * MIB).json()
    assert small == {"one": "YWJhYmFi", "other": "YWJhYmFi"}
    assert large["one"] == large["other"]
    assert len(large["one"]) == 4 * MIB


def test_http_request_sends_it_on(served: Running) -> None:
    answer = send(served, f"/forward?to=http://127.0.0.1:{served.port}/raw", 3 * MIB)
    assert answer.status_code == 200
    assert (answer.content == b"ab" * (3 * MIB // 2)) is True


def test_http_request_sends_it_on_in_a_form(served: Running) -> None:
    answer = send(served, f"/forward-form?to=http://127.0.0.1:{served.port}/back", 3 * MIB)
    assert answer.status_code == 200
    assert (answer.content == b"ab" * (3 * MIB // 2)) is True


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
def test_a_large_file_takes_no_memory(served: Running) -> None:
    def now() -> int:
        lines = Path(f"/proc/{served.process.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) * 1024

    assert send(served, "/count", 10).status_code == 200
    before = now()
    assert send(served, "/back", 100 * MIB).status_code == 200
    answer = send(served, f"/forward-form?to=http://127.0.0.1:{served.port}/size", 100 * MIB)
    assert answer.json() == {"size": 100 * MIB, "name": "f.png"}
    assert now() - before < 30 * MIB


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
def test_files_go_when_nobody_has_them(served: Running) -> None:
    def open_files() -> int:
        return len(list(Path(f"/proc/{served.process.pid}/fd").iterdir()))

    assert send(served, "/size", 2 * MIB).status_code == 200
    before = open_files()
    for _ in range(20):
        assert send(served, "/size", 2 * MIB).status_code == 200
    assert open_files() <= before + 2


class Kept(BytesIO):
    """A file that tells when it is closed."""

    def __init__(self, data: bytes, closed: Callable[[], None]) -> None:
        super().__init__(data)
        self._closed = closed

    def close(self) -> None:
        self._closed()
        super().close()


@pytest.mark.anyio
async def test_it_is_read_again_and_closed_at_the_end() -> None:
    closed: list[bool] = []
    spooled = Spooled(Kept(b"x" * 600_000, lambda: closed.append(True)), 600_000)
    for _ in range(2):
        portions = [len(portion) async for portion in spooled.portions()]
        assert portions == [2**18, 2**18, 600_000 - 2**19]
    assert len(spooled.read()) == spooled.get("size") == 600_000
    assert not closed
    del spooled
    gc.collect()
    assert closed


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
