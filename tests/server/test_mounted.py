"""The flows inside another application: at a prefix, without a lifespan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from running import GOOD, PROBLEM, SHIPPED, rows
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from engine import Application

InThread = Callable[[ASGIApp], httpx.Client]
TINY = """
configs: {Api: {http:listener-config: {}}}
flows:
  echo:
    source: {http:listener: {config-ref: Api, path: "/echo/{p1}/*"}}
    steps: [{set-payload: {value: "#[attributes.uriParams]"}}]
"""


def close(application: Application) -> None:
    """What a lifespan would do, which a mounted application has not."""
    asyncio.run(application.parts.configs["Customers_DB"].database.close())


def test_at_a_prefix(in_thread: InThread, application: Application, database: Path) -> None:
    root = Route("/", lambda request: PlainTextResponse("outer"))
    client = in_thread(Starlette(routes=[root, Mount("/flows", application.asgi())]))
    assert client.get("/").text == "outer"
    for _ in range(2):
        assert client.post("/flows/api/bulk-upsert", json={"records": [GOOD]}).status_code == 200
    assert client.post("/api/bulk-upsert", json={"records": [GOOD]}).text == "Not Found"
    inner = client.post("/flows/nowhere")
    assert (inner.status_code, inner.headers["content-type"]) == (404, PROBLEM)
    assert inner.json()["instance"] == "/flows/nowhere"
    assert [row[0] for row in rows(database)] == ["c-1"]
    asyncio.run(
        application.parts.configs["Customers_DB"].database.close()
    )  # there is no lifespan that stops the application


def test_parameters_of_the_prefix_are_not_those_of_the_path(in_thread: InThread, tmp_path: Path) -> None:
    (tmp_path / "echo.yaml").write_text(TINY)
    inner = Application.load(tmp_path).asgi()
    client = in_thread(Starlette(routes=[Mount("/{tenant}/{p1}", inner)]))
    assert client.post("/acme/outer/echo/inner/a/b").json() == {"p1": "inner", "*": "a/b"}


def test_the_lifespan_starts_and_stops_it(in_thread: InThread, application: Application, database: Path) -> None:
    client = in_thread(application.asgi())
    assert rows(database) == []  # the init script ran
    assert client.post("/api/bulk-upsert", json={"records": [GOOD]}).status_code == 200


def test_one_that_cannot_be_started_is_tried_again(
    in_thread: InThread, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "later"
    application = Application.load(SHIPPED, properties={"db.url": f"sqlite:///{folder}/customers.db"})
    client = in_thread(Starlette(routes=[Mount("/", application.asgi())]))
    answer = client.post("/api/bulk-upsert", json={"records": [GOOD]})
    assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM)
    assert "the config 'Customers_DB' cannot be started" in caplog.text
    assert "Traceback" not in caplog.text
    folder.mkdir()
    assert client.post("/api/bulk-upsert", json={"records": [GOOD]}).status_code == 200
    close(application)
