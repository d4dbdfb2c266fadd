"""Paths are cut at their slashes first, and decoded then: what is encoded in one segment leads nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from running import Running
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from engine import Application
from engine.testing.client import send

FLOWS = """
configs: {Api: {http:listener-config: {port: 0}}}
flows:
  order:
    source: {http:listener: {config-ref: Api, path: "/orders/{id}"}}
    steps: [{set-payload: {value: {order: "#[attributes.uriParams.id]"}}}]
  part:
    source: {http:listener: {config-ref: Api, path: "/orders/{id}/parts/{part}"}}
    steps: [{set-payload: {value: {order: "#[attributes.uriParams.id]", part: "#[attributes.uriParams.part]"}}}]
  fixed:
    source: {http:listener: {config-ref: Api, path: /orders/latest}}
    steps: [{set-payload: {value: {which: latest}}}]
  admin:
    source: {http:listener: {config-ref: Api, path: "/admin/*"}}
    steps: [{set-payload: {value: {admin: "#[attributes.uriParams.'*']"}}}]
  file:
    source: {http:listener: {config-ref: Api, path: "/files/{name}.json"}}
    steps: [{set-payload: {value: {file: "#[attributes.uriParams.name]"}}}]
  paths:
    source: {http:listener: {config-ref: Api, path: "/told/*"}}
    steps: [{set-payload: {value: "#[attributes.{requestPath: requestPath, rawRequestPath: rawRequestPath}]"}}]
"""

FOUND: dict[str, Any] = {
    "/orders/a%2Fb": {"order": "a/b"},
    "/orders/a%2fb": {"order": "a/b"},
    "/orders/a%2Fparts%2Fb": {"order": "a/parts/b"},
    "/orders/a%2Fb/parts/c%2Fd": {"order": "a/b", "part": "c/d"},
    "/orders/%2F": {"order": "/"},
    "/orders/a%252Fb": {"order": "a%2Fb"},  # decoded once
    "/orders/%C3%A9": {"order": "é"},
    "/orders/a;v=1": {"order": "a;v=1"},
    "/orders/a%3Fb%23c": {"order": "a?b#c"},
    "/orders/..": {"order": ".."},  # nothing is walked
    "/orders/%2e%2E": {"order": ".."},
    "/orders/..%2F..%2Fadmin": {"order": "../../admin"},
    "/%6Frders/%6Catest": {"which": "latest"},
    "/admin/x": {"admin": "x"},
    "/%61dmin/x%2Fy": {"admin": "x/y"},
    "/admin//x": {"admin": "/x"},
    "/admin/": {"admin": ""},
    "/files/a%2Fb.json": {"file": "a/b"},
    "/told/a%2Fb%20c": {"requestPath": "/told/a/b c", "rawRequestPath": "/told/a%2Fb%20c"},
    "/told/a": {"requestPath": "/told/a", "rawRequestPath": "/told/a"},
}
LEAD_NOWHERE = [
    "/admin%2Fx", "/admin%2fx", "/admin%2F", "/orders%2Flatest", "/orders%2fa", "%2Forders/a", "/%2Fadmin/x",
    "/orders/a%2Fparts/b", "/orders/x/../latest", "/orders/a/%2e%2e/%2e%2e/admin/x", "/orders//parts/b", "//admin/x",
    "/orders/", "/orders/latest/", "/orders;v=1/a", "/admin;/x", "/admin%252Fx", "/-%2Flive", "/-%2fready",
    "/docs%2Fstart.js", "/files/.json",
]  # fmt: skip


@pytest.mark.parametrize("path", FOUND)
def test_what_a_path_leads_to(served: Running, path: str) -> None:
    assert answered(served, path) == (200, FOUND[path])


@pytest.mark.parametrize("path", LEAD_NOWHERE)
def test_what_leads_nowhere(served: Running, path: str) -> None:
    assert answered(served, path)[0] in (400, 404)


def answered(served: Running, path: str) -> tuple[int, Any]:
    """The status and the value for a path that no client has written anew."""
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    head, _, body = served.exchange(request.encode()).partition(b"\r\n\r\n")
    return int(head.split()[1]), httpx.Response(200, content=body).json()


@pytest.mark.anyio
@pytest.mark.parametrize("path", [*FOUND, *LEAD_NOWHERE])
async def test_the_same_in_tests_of_flows(path: str, tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text(FLOWS)
    answer = await send(Application.load(tmp_path).asgi(), "GET", path, {})
    assert (answer.status, answer.body if path in FOUND else None) == (200 if path in FOUND else 404, FOUND.get(path))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/flows/orders/a%2Fb", {"order": "a/b"}),
        ("/flow%73/orders/a%2Fb", {"order": "a/b"}),
        ("/flows%2Forders/a", None),
        ("/flows/admin%2Fx", None),
    ],
)
def test_behind_a_prefix(path: str, value: Any, tmp_path: Path, in_thread: Callable[[ASGIApp], httpx.Client]) -> None:
    (tmp_path / "flows.yaml").write_text(FLOWS)
    client = in_thread(Starlette(routes=[Mount("/flows", Application.load(tmp_path).asgi())]))
    answer = client.get(path)
    assert (answer.status_code, value and answer.json()) == (200 if value else 404, value)


def test_who_is_before_us_may_write_a_path_anew(tmp_path: Path, in_thread: Callable[[ASGIApp], httpx.Client]) -> None:
    (tmp_path / "flows.yaml").write_text(FLOWS)
    app = Application.load(tmp_path).asgi()

    async def without_version(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "path": scope.get("path", "").removeprefix("/v1")}, receive, send)

    client = in_thread(without_version)
    assert client.get("/v1/orders/a%20b").json() == {"order": "a b"}
    assert client.get("/v1/orders/100%25").json() == {"order": "100%"}
