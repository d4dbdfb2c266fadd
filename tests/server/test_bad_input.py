"""Whatever is sent to the shipped flow is answered with what was wrong; where that is 400, nothing is stored."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from running import GOOD, PROBLEM, Running, rows

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
NO_LIST = "records must be a list"
MIB = 2**20


def part(name: bytes, value: bytes) -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name, value)


@pytest.fixture(autouse=True)
def _goes_on(shared_upsert: Running, shared_folder: Path) -> Any:
    """Whatever a case did: nothing of it is stored, no traceback is logged, and the server answers."""
    yield
    assert "Traceback" not in shared_upsert.log
    assert "WARNING" not in shared_upsert.log
    assert rows(shared_folder / "customers.db") == []
    assert shared_upsert.post(json={"records": []}).status_code == 200


REFUSED: dict[str, tuple[str, bytes, int, str]] = {
    "no JSON": (JSON, b"hello", 400, "the body is no JSON: expected value at line 1 column 1"),
    "half a body": (JSON, b'{"records": [', 400, "the body is no JSON"),
    "two values": (JSON, b"{} {}", 400, "the body is no JSON: trailing characters"),
    "an empty body": (JSON, b"", 400, NO_LIST),
    "a text": ("text/plain", b"hello", 400, NO_LIST),
    "a form": (FORM, b"records=1", 400, NO_LIST),
    "a form of many fields": (FORM, b"&".join([b"a=1"] * 1001), 400, "the form has more than 1000 fields"),
    "a multipart form": (MULTIPART, part(b"records", b"1") + b"--x--\r\n", 400, NO_LIST),
    "multipart without a boundary": ("multipart/form-data", b"--x", 400, "Missing boundary"),
    "multipart without its end": (MULTIPART, part(b"records", b"1"), 400, "The closing boundary is missing"),
    "a file without its end": (MULTIPART, part(b'f"; filename="f', b"1"), 400, "The closing boundary is missing"),
    "multipart that is none": (MULTIPART, b"hello", 400, "the body is no multipart form"),
    "a part without a name": (MULTIPART, b"--x\r\nA: b\r\n\r\n1\r\n--x--\r\n", 400, "the body is no multipart form"),
    "a part of no charset": (f"{MULTIPART}; charset=undefined", part(b"a", b"b") + b"--x--\r\n", 415, "the charset"),
    "bytes": ("application/octet-stream", b"\x00\xff", 400, NO_LIST),
    "a list": (JSON, b"[]", 400, NO_LIST),
    "records are a number": (JSON, b'{"records": 5}', 400, NO_LIST),
    "records are a map": (JSON, b'{"records": {"a": 1}}', 400, NO_LIST),
    "no records": (JSON, b"{}", 400, NO_LIST),
    "null": (JSON, b"null", 400, NO_LIST),
    "a JSON text": (JSON, b'"x"', 400, NO_LIST),
    "deep": (JSON, b"[" * 100_000, 400, "the body is no JSON: recursion limit exceeded"),
    "deep inside": (JSON, b'{"records":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "recursion limit exceeded"),
    "an integer of 5,000 digits": (JSON, b'{"records":[{"id":1' + b"0" * 5000 + b"}]}", 400, "number out of range"),
    "invalid UTF-8": (JSON, b'{"records": [{"id": "\xff"}]}', 400, "the body is no JSON"),
    "a lone surrogate": (JSON, b'{"records": [{"id": "\\ud800"}]}', 400, "the body is no JSON"),
    "NaN": (JSON, b'{"records": [{"amount": NaN}]}', 400, "the body is no JSON"),
    "a number that no float can hold": (JSON, b'{"records": [{"amount": -1e999}]}', 400, "larger than any float"),
    "a key twice": (JSON, b'{"records": [], "records": []}', 400, 'Detected duplicate key "records"'),
    "an unknown charset": (f"{JSON}; charset=klingon", b"{}", 415, "the charset of the body is unknown"),
    "a charset that inflates": (f"{FORM}; charset=zlib", b"a=1", 415, "the charset of the body is unknown"),
    "not in its charset": ("text/plain; charset=ascii", b"\xff", 400, "the body is no text in ascii"),
    "a charset for nothing": ("text/plain; charset=undefined", b"a", 415, "the charset of the body is unknown"),
    "too large": (JSON, b" " * (10 * MIB + 1), 413, "the body is larger than 10485760 bytes"),
    "much too large": (JSON, b" " * (40 * MIB), 413, "the body is larger than 10485760 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(shared_upsert: Running, name: str) -> None:
    media_type, body, status, detail = REFUSED[name]
    answer = shared_upsert.post(content=body, headers={"Content-Type": media_type})
    problem = answer.json()
    assert (answer.status_code, problem["status"], answer.headers["content-type"]) == (status, status, PROBLEM)
    assert detail in problem["detail"]
    assert problem["correlationId"] == answer.headers["x-correlation-id"]
    assert problem["instance"] == "/api/bulk-upsert"


BLANK_ID, NO_OBJECT = "id must not be blank", "a record must be an object"
NO_NUMBER = "amount must be a number"
RECORDS: dict[str, tuple[Any, Any, str]] = {
    "a number": (5, None, NO_OBJECT),
    "null": (None, None, NO_OBJECT),
    "a list": ([], None, NO_OBJECT),
    "deep lists": (json.loads("[" * 190 + "]" * 190), None, NO_OBJECT),
    "empty": ({}, None, BLANK_ID),
    "id missing": ({"name": "Ada"}, None, BLANK_ID),
    "id null": (GOOD | {"id": None}, None, BLANK_ID),
    "id a number": (GOOD | {"id": 5}, 5, BLANK_ID),
    "id 2**63": (GOOD | {"id": 2**63}, 2**63, BLANK_ID),
    "id 2**70": (GOOD | {"id": 2**70}, 2**70, BLANK_ID),
    "id a map": (GOOD | {"id": {"a": 1}}, {"a": 1}, BLANK_ID),
    "name null": (GOOD | {"name": None}, "c-1", "name must not be blank"),
    "name blank": (GOOD | {"name": " \t\n"}, "c-1", "name must not be blank"),
    "email missing": ({"id": "c-1", "name": "Ada"}, "c-1", "email must be well formed"),
    "email a list": (GOOD | {"email": ["a@b.org"]}, "c-1", "email must be well formed"),
    "email with a line break": (GOOD | {"email": "a@b.org\nBcc: c@d.org"}, "c-1", "email must be well formed"),
    "email of 9 MB": (GOOD | {"email": "a@" + "b." * (4 * MIB)}, "c-1", "email must be well formed"),
    "amount null": (GOOD | {"amount": None}, "c-1", NO_NUMBER),
    "amount a text": (GOOD | {"amount": "1"}, "c-1", NO_NUMBER),
    "amount true": (GOOD | {"amount": True}, "c-1", NO_NUMBER),
    "amount 10**400": (GOOD | {"amount": 10**400}, "c-1", ""),
    "amount 2**63": (GOOD | {"amount": 2**63}, "c-1", "a value cannot be stored"),
    "amount 2**70": (GOOD | {"amount": 2**70}, "c-1", "a value cannot be stored"),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_bad_record(shared_upsert: Running, name: str) -> None:
    record, identity, message = RECORDS[name]
    answer = shared_upsert.post(json={"records": [record]})
    (result,) = answer.json()["results"]
    assert (answer.status_code, result["id"], result["status"]) == (400, identity, 422)
    assert message in result["message"]


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("POST", "/", 404, None),
        ("POST", "/api/bulk-upsert/", 404, None),
        ("POST", "/api/bulk-upsert/x", 404, None),
        ("POST", "/api//bulk-upsert", 404, None),
        ("POST", "/api/bulk-upsert%0A", 404, None),
        ("POST", "/api/%ff", 404, None),
        ("POST", "/api/%0D%0AINFO%20forged", 404, None),
        ("GET", "/api/bulk-upsert", 405, "POST"),
        ("PUT", "/api/bulk-upsert", 405, "POST"),
    ],
)
def test_elsewhere(shared_upsert: Running, method: str, path: str, status: int, allow: str | None) -> None:
    answer = shared_upsert.client.request(method, path, content=b" " * MIB)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.headers.get("allow") == allow
    assert answer.json()["correlationId"] == answer.headers["x-correlation-id"]


def test_head_has_no_body(shared_upsert: Running) -> None:
    answer = shared_upsert.client.head("/api/bulk-upsert")
    assert (answer.status_code, answer.content) == (405, b"")


def test_a_percent_encoded_path(shared_upsert: Running) -> None:
    assert shared_upsert.post("/api/bulk%2Dupsert", json={"records": []}).status_code == 200


@pytest.mark.reaches("MOST_FIELDS")
def test_thousands_of_query_fields(shared_upsert: Running) -> None:
    answer = shared_upsert.post("/api/bulk-upsert?" + "a=1&" * 5000, json={"records": []})
    assert (answer.status_code, answer.json()["detail"]) == (400, "the query has more than 1000 fields")


HEAD = b"POST /api/bulk-upsert HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        b"garbage\r\n\r\n",
        HEAD + b"Content-Length: abc\r\n\r\n",
        HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n",
        HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        HEAD.replace(b"POST", b"BREW") + b"\r\n",
        HEAD + b"A: b\x00c\r\n\r\n",
    ],
)
def test_what_is_no_request(shared_upsert: Running, request_: bytes) -> None:
    try:
        answer = shared_upsert.exchange(request_)
    except ConnectionResetError:  # what stood behind the fault was not read
        return
    assert answer.startswith(b"HTTP/1.1 400 ") or answer == b""


def test_too_large_in_chunks(shared_upsert: Running) -> None:
    """The caller that sends all of it, and closes then, gets the answer and no reset connection."""
    chunk = b"100000\r\n" + b" " * MIB + b"\r\n"
    answer = shared_upsert.exchange(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 25 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"the body is larger than 10485760 bytes" in answer


def test_too_large_is_refused_before_it_is_sent(shared_upsert: Running) -> None:
    """A caller that waits for the leave to send gets the answer in its stead."""
    head = HEAD.replace(b"Connection: close\r\n", b"") + b"Expect: 100-continue\r\n"
    answer = shared_upsert.exchange(head + b"Content-Length: 99999999\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer


def test_a_caller_that_hangs_up_in_the_middle_of_its_body(shared_upsert: Running) -> None:
    line = HEAD + b"X-Correlation-ID: hung-up\r\nContent-Length: 100\r\n\r\n" + b'{"records": ['
    shared_upsert.raw(line).close()
    (logged,) = shared_upsert.logged("hung-up")
    assert "bulk-upsert-flow 499" in logged


def test_a_caller_that_hangs_up_in_the_middle_of_the_answer(shared_upsert: Running) -> None:
    body = json.dumps({"records": [None] * 50_000}).encode()
    head = b"X-Correlation-ID: impatient\r\nContent-Length: %d\r\n\r\n" % len(body)
    with shared_upsert.raw(HEAD + head + body) as connection:
        connection.recv(100)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    assert "bulk-upsert-flow 400" in shared_upsert.logged("impatient")[-1]


@pytest.mark.reaches("LONGEST_CORRELATION_ID")
@pytest.mark.parametrize("given", ["", "a" * 129, "a" * 10_000, "a\tb", "é"])
def test_a_correlation_id_that_is_replaced(shared_upsert: Running, given: str) -> None:
    headers = {"X-Correlation-ID": given.encode()}
    answer = shared_upsert.post(json={"records": []}, headers=headers)
    assert (answer.status_code, len(answer.headers["x-correlation-id"])) == (200, 36)


def test_a_correlation_id_that_is_kept(shared_upsert: Running) -> None:
    answer = shared_upsert.post(json={"records": []}, headers={"X-Correlation-ID": "a" * 128})
    assert answer.headers["x-correlation-id"] == "a" * 128
    assert len(shared_upsert.logged("a" * 128)) == 1
