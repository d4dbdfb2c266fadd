"""Limits of requests and connections, with small settings where there are some: as much is taken, and no more."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import httpx
import pytest
from server.raw import head, received, statuses
from server.running import Running

from engine.limits import (
    DEEPEST,
    HIGHEST_RATIO,
    LARGEST_HEADERS,
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_FIELDS,
    MOST_PIPELINED,
    PIPELINED,
    SMALL_INFLATED,
    UNCOUNTED,
)

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0, maxBodySize: 4MiB, maxHeaderSize: 8KiB, maxHeaders: 10}}
flows:
  size:
    source: {http:listener: {config-ref: Api, path: /size}}
    steps: [{set-payload: {value: "#[size_of(payload)]"}}]
  slow:
    source: {http:listener: {config-ref: Api, path: /slow}}
    steps: [{slow: {seconds: 0.3}}]
  lines:
    source: {http:listener: {config-ref: Api, path: /lines, streaming: true}}
    steps: [{foreach: {steps: []}}, {set-payload: {value: done}}]
  headers:
    source: {http:listener: {config-ref: Api, path: /headers, response: {headers: {X-A: "#[payload]"}}}}
    steps: [{logger: {message: it answers with a header}}]
"""
ELEMENTS = ("--processors", "elements")
CSV, JSON = "text/csv", "application/json"
GET = head(request="GET /size HTTP/1.1")
SLOW = head(request="GET /slow HTTP/1.1")
LAST = head("Connection: close", request="GET /size HTTP/1.1")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "flows.yaml").write_text(FLOWS)
    with Running(folder, str(folder / "flows.yaml"), *ELEMENTS) as server:
        yield server
        assert "Traceback" not in server.log


def sent(server: Running, path: str, body: bytes | str, media_type: str, **headers: str) -> httpx.Response:
    return server.post(path, content=body, headers={"Content-Type": media_type, **headers})


# Heads


@pytest.mark.reaches("MAX_HEADER_SIZE")
@pytest.mark.parametrize(("size", "status"), [(8192, 404), (8193, 414)])
def test_a_request_line(served: Running, size: int, status: int) -> None:
    path = "/" + "a" * (size - 1)
    assert statuses(served.exchange(head("Connection: close", request=f"GET {path} HTTP/1.1"))) == [status]


@pytest.mark.reaches("MAX_HEADERS")
@pytest.mark.parametrize(("count", "status"), [(10, 200), (11, 431)])
def test_headers(served: Running, count: int, status: int) -> None:
    lines = ["Connection: close", *["X: a"] * (count - 2)]  # and a host
    assert statuses(served.exchange(head(*lines, request="GET /size HTTP/1.1"))) == [status]


# Pipelines


@pytest.mark.reaches("MOST_PIPELINED")
@pytest.mark.parametrize("beyond", [0, 1])
def test_requests_that_wait_for_the_answers_before_theirs(served: Running, beyond: int) -> None:
    with served.raw(SLOW + GET * (MOST_PIPELINED - 1 + beyond) + LAST) as connection:
        answers = statuses(received(connection))
    assert answers == [200] * (MOST_PIPELINED + 1) + [429] * beyond


@pytest.mark.reaches("PIPELINED")
def test_what_such_a_request_counts_as(tmp_path: Path) -> None:
    """Twenty of them are as much as may be held; the first bytes of each do not count."""
    held = 20 * (PIPELINED - UNCOUNTED)
    (tmp_path / "flows.yaml").write_text(FLOWS.replace("maxHeaders: 10", f"maxBufferedBytes: {held}"))
    with Running(tmp_path, str(tmp_path / "flows.yaml"), *ELEMENTS) as server:
        for count, refused in ((20, []), (21, [503])):
            with server.raw(SLOW + GET * (count - 1) + LAST) as connection:
                assert statuses(received(connection)) == [200] * 21 + refused


# Bodies


@pytest.mark.reaches("MAX_BODY_SIZE")
@pytest.mark.parametrize(("size", "status"), [(2**22, 200), (2**22 + 1, 413)])
def test_a_body(served: Running, size: int, status: int) -> None:
    body = (token_hex(2**21) + "a").encode()[:size]
    assert sent(served, "/size", body, "text/plain").status_code == status
    packed = gzip.compress(body, 1)
    assert sent(served, "/size", packed, "text/plain", **{"Content-Encoding": "gzip"}).status_code == status


@pytest.mark.reaches("SMALL_INFLATED", "HIGHEST_RATIO")
@pytest.mark.parametrize(("size", "status"), [(SMALL_INFLATED, 200), (3 * SMALL_INFLATED, 413)])
def test_a_compressed_body_of_one_letter(served: Running, size: int, status: int) -> None:
    body = gzip.compress(b"a" * size)
    assert size > HIGHEST_RATIO * len(body)
    assert sent(served, "/size", body, "text/plain", **{"Content-Encoding": "gzip"}).status_code == status


@pytest.mark.reaches("MOST_FIELDS")
@pytest.mark.parametrize(("fields", "status"), [(MOST_FIELDS, 200), (MOST_FIELDS + 1, 400)])
def test_fields(served: Running, fields: int, status: int) -> None:
    form = "&".join(["a=1"] * fields)
    part = 'Content-Disposition: form-data; name="a"\r\n\r\n1\r\n--x'
    multipart = "--x\r\n" + "\r\n".join([part] * fields) + "--\r\n"
    assert sent(served, "/size", form, "application/x-www-form-urlencoded").status_code == status
    assert sent(served, "/size", multipart, "multipart/form-data; boundary=x").status_code == status
    assert served.client.get("/size?" + form).status_code == status


@pytest.mark.reaches("DEEPEST")
@pytest.mark.parametrize(("levels", "status"), [(DEEPEST, 200), (DEEPEST + 1, 400)])
def test_lists_inside_each_other(served: Running, levels: int, status: int) -> None:
    assert sent(served, "/size", "[" * levels + "1" + "]" * levels, JSON).status_code == status


def cells(count: int) -> str:
    return ",".join(f"c{number}" for number in range(count)) + "\n"


@pytest.mark.reaches("MOST_COLUMNS", "MOST_CELLS")
@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (cells(MOST_COLUMNS), 200, ""),
        (cells(MOST_COLUMNS + 1), 413, f"more than {MOST_COLUMNS} columns"),
        ("a\n" + "," * (MOST_CELLS + 1) + "\n", 413, f"more than {MOST_CELLS} cells"),
        ("a\n" + "," * (MOST_CELLS - 1) + "\n", 400, f"has {MOST_CELLS} cells, but there are 1 columns"),
    ],
    ids=["columns", "a column more", "a cell more", "cells"],
)
def test_a_stream_of_csv(served: Running, body: str, status: int, told: str) -> None:
    answer = sent(served, "/lines", body, CSV)
    assert answer.status_code == status
    assert told in answer.text


# Answers


@pytest.mark.reaches("LARGEST_HEADERS")
def test_headers_of_an_answer(served: Running) -> None:
    """Of so many characters altogether; clients take no such long ones, so that only those beyond are asked for."""
    answer = sent(served, "/headers", "x" * (LARGEST_HEADERS - 2), "text/plain")
    assert (answer.status_code, "it answers with a header" in served.log) == (500, True)
    assert f"have more than {LARGEST_HEADERS} characters" in served.log
