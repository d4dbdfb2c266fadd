"""CSV that costs more than its bytes: wide headers, cells without end, lines that hold nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain, repeat

import pytest
from attacks.attack import MIB, watched
from attacks.pouring import pour
from server.running import PROBLEM, ROOT, Running

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0, maxBodySize: 10MB}}
flows:
  count:
    source: {http:listener: {config-ref: Api, path: /count, streaming: true}}
    steps:
      - set-variable: {variableName: n, value: 0}
      - foreach: {batchSize: 1000, steps: [{set-variable: {variableName: n, value: "#[vars.n + length(payload)]"}}]}
      - set-payload: {value: "#[vars.n]"}
  echo:
    source: {http:listener: {config-ref: Api, path: /echo, streaming: true}}
    steps: [{set-payload: {value: "#[payload]"}}]
  read:
    source: {http:listener: {config-ref: Api, path: /read}}
    steps: [{set-payload: {value: "#[length(read(payload, 'text/csv', attributes.queryParams))]"}}]
    error-handler:
      - on-error-propagate: {type: MULE:EXPRESSION, logException: false, steps: [{set-variable: {variableName: httpStatus, value: 422}}]}
"""  # noqa: E501
CSV = "text/csv"


def header(columns: int) -> bytes:
    return b",".join(b"c%d" % number for number in range(columns)) + b"\n"


WIDE = {
    "20,000 columns and 5,000 rows": header(20_000) + b"1\n" * 5_000,
    "20,000 columns and 100,000 rows": header(20_000) + b"1\n" * 100_000,
    "10,000 columns and 100,000 rows": header(10_000) + b"1\n" * 100_000,
    "1,000 columns and 50,000 rows": header(1_000) + b"1\n" * 50_000,
    "a header of commas": b"," * 1_000_000 + b"\n1\n",
    "a row of commas": b"a\n" + b"," * 9_000_000 + b"\n",
    "quoted names": b",".join(b'"%d"' % number for number in range(20_000)) + b"\n" + b"\n".join([b"1"] * 20_000),
}


@pytest.mark.reaches("MOST_COLUMNS", "MOST_CELLS")
@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("media_type", [CSV, "text/csv; charset=utf-16"])
def test_rows_that_lack_many_cells(attacked: Running, name: str, media_type: str) -> None:
    body = WIDE[name] if media_type == CSV else WIDE[name].decode().encode("utf-16")
    with watched(attacked):
        answer = attacked.post("/count", content=body, headers={"Content-Type": media_type})
    fits = name.startswith("1,000")
    assert (answer.status_code, answer.headers["content-type"] == PROBLEM) == ((200, False) if fits else (413, True))


@pytest.mark.parametrize("name", WIDE)
def test_read_of_rows_that_lack_many_cells(attacked: Running, name: str) -> None:
    with watched(attacked):
        answer = attacked.post("/read", content=WIDE[name], headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422


@pytest.mark.parametrize("name", WIDE)
def test_such_rows_through_the_flow_that_ships(shipped: Running, name: str) -> None:
    with watched(shipped):
        answer = shipped.post("/api/bulk-upsert/stream", content=WIDE[name], headers={"Content-Type": CSV})
    assert (answer.status_code, answer.headers["accept"]) == (415, "application/x-ndjson, application/json")


# Without end

ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "line feeds in quotes": (b'a\n"', b"\n"),
    "carriage returns in quotes": (b'a\n"', b"\r"),
    "both in quotes": (b'a\n"', b"\r\n"),
    "a text in quotes": (b'a\n"', b"x"),
    "escaped quotes": (b'a\n"', b'""'),
    "quotes": (b"a\n", b'"'),
    "cells that open and close": (b"a\n", b'"",'),
    "line feeds in cells that open and close": (b"a\n", b'"\n"'),
    "commas": (b"a\n", b","),
    "a header of commas": (b"", b","),
    "carriage returns": (b"a\n", b"\r"),
    "line feeds": (b"a\n", b"\n"),
    "line feeds in front of the header": (b"", b"\n"),
    "spaces": (b"a\n", b" "),
}


@pytest.mark.reaches("MAX_BODY_SIZE")
@pytest.mark.parametrize("name", ENDLESS)
@pytest.mark.parametrize("size", [2**16, 2**18], ids=["64 KiB", "256 KiB"])
def test_a_record_without_end(attacked: Running, name: str, size: int) -> None:
    first, again = ENDLESS[name]
    block = again * (size // len(again))
    with watched(attacked):
        status, sent = pour(attacked, "/count", chain([first or again], repeat(block, 2**29 // size)), Content_Type=CSV)
    assert status == 413
    assert sent < 40 * MIB


def test_blank_lines_between_records_are_no_record_without_end(attacked: Running) -> None:
    blocks: Iterable[bytes] = chain([b"a\n"], *([b"\n" * 2**18] * 20, [b"1\n"]) * 3)
    with watched(attacked):
        assert pour(attacked, "/count", blocks, Content_Type=CSV)[0] == 200


ONE_CELL = {"quotes", "line feeds in cells that open and close", "spaces"}
"""What is, as a whole text, one cell: it may be as long as the text."""


@pytest.mark.parametrize("name", ENDLESS)
def test_read_of_ten_million_characters(attacked: Running, name: str) -> None:
    first, again = ENDLESS[name]
    with watched(attacked):
        answer = attacked.post(
            "/read", content=first + again * (9_900_000 // len(again)), headers={"Content-Type": "text/plain"}
        )
    assert answer.status_code == (200 if name in ONE_CELL else 422)


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ({"separator": "a", "quote": "b"}, b'a"b"' * 2_000_000),
        ({"separator": " "}, b"x y " * 2_000_000),
        ({"separator": ";", "quote": "'"}, b"';'" * 3_000_000),
        ({"separator": "\t"}, b"\t" * 9_000_000),
    ],
)
def test_read_of_odd_dialects(attacked: Running, options: dict[str, str], body: bytes) -> None:
    with watched(attacked):
        answer = attacked.post("/read", params=options, content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422


# What is right stays right


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_short_rows_have_nulls_and_wide_tables_their_cells(attacked: Running, size: int) -> None:
    wide = header(900) + b",".join([b"x"] * 900) + b"\n"
    body = b'a,b,c\n1\n2,"x\n""y"\n\n3,4,5\n'
    for content, rows in (
        (body, [{"a": "1", "b": None, "c": None}, {"a": "2", "b": 'x\n"y', "c": None}, {"a": "3", "b": "4", "c": "5"}]),
        (wide, [{f"c{number}": "x" for number in range(900)}]),
        (b"\xef\xbb\xbfa\n1\n", [{"a": "1"}]),
    ):
        portions = (content[start : start + size] for start in range(0, len(content), size))
        answer = attacked.post("/echo", content=portions, headers={"Content-Type": CSV})
        assert [json.loads(line) for line in answer.text.splitlines()] == rows


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterable[Running]:
    folder = tmp_path_factory.mktemp("shipped")
    database = f"db.url=sqlite:///{folder}/customers.db"
    with Running(folder, str(ROOT / "flows"), "--set", database, cwd=folder) as server:
        yield server
