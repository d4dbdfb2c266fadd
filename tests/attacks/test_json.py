"""JSON and its like that take more than their bytes: dense values, lines without end, forms of escapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import chain, repeat

import pytest
from attacks.attack import MIB, watched
from attacks.pouring import pour
from server.running import PROBLEM, Running

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
flows:
  size:
    source: {http:listener: {config-ref: Api, path: /size}}
    steps: [{set-payload: {value: "#[type(payload)]"}}]
  guarded:
    source: {http:listener: {config-ref: Api, path: /guarded}}
    steps:
      - security:api-key: {keys: {one: "${secret:key:a-long-enough-secret}"}, header: X-Key}
      - set-payload: {value: in}
  count:
    source: {http:listener: {config-ref: Api, path: /count, streaming: true}}
    steps:
      - set-variable: {variableName: n, value: 0}
      - foreach: {batchSize: 1000, steps: [{set-variable: {variableName: n, value: "#[vars.n + length(payload)]"}}]}
      - set-payload: {value: "#[vars.n]"}
  read:
    source: {http:listener: {config-ref: Api, path: /read}}
    steps: [{set-payload: {value: "#[type(read(payload, attributes.queryParams.mime))]"}}]
    error-handler:
      - on-error-propagate:
          type: MULE:EXPRESSION
          logException: false
          steps: [{set-variable: {variableName: httpStatus, value: 422}}]
"""
JSON, NDJSON, FORM = "application/json", "application/x-ndjson", "application/x-www-form-urlencoded"
TEXT = {"Content-Type": "text/plain"}


def nested(opened: bytes, inner: bytes, closed: bytes, times: int) -> bytes:
    one = opened * 190 + inner + closed * 190
    return b"[" + b",".join([one] * times) + b"]"


Body = Callable[[], bytes]
"""Makes a body. Made when tests are collected, all of them together would fill gigabytes in each process."""
DENSE: dict[str, tuple[Body, int]] = {
    "lists": (lambda: b"[" + b"[]," * 3_300_000 + b"[]]", 413),
    "maps": (lambda: b"[" + b"{}," * 3_300_000 + b"{}]", 413),
    "lists of one": (lambda: b"[" + b"[0]," * 2_500_000 + b"[]]", 413),
    "maps of one": (lambda: b"[" + b'{"":0},' * 1_400_000 + b"{}]", 413),
    "keys": (lambda: b"{" + b",".join(b'"%x":0' % number for number in range(1_000_000)) + b"}", 413),
    "keys and spaces": (lambda: b"{" + b",".join(b'"%x" \n:0' % number for number in range(800_000)) + b"}", 413),
    "keys with backslashes": (
        lambda: b"{" + b",".join(b'"%x\\\\":0' % number for number in range(800_000)) + b"}", 413
    ),
    "texts": (lambda: b"[" + b",".join(b'"%x"' % number for number in range(1_250_000)) + b"]", 413),
    "the same text": (lambda: b"[" + b'"ab",' * 2_000_000 + b"0]", 200),
    "the same few texts": (lambda: b"[" + b'"EUR", "USD", "C\\"", "a b", "",' * 330_000 + b"0]", 200),
    "few and then many texts": (
        lambda: b"[" + b'"EUR",' * 800_000 + b",".join(b'"%x"' % number for number in range(600_000)) + b"]", 413
    ),
    "deep lists": (lambda: nested(b"[", b"", b"]", 25_000), 413),
    "deep maps": (lambda: nested(b'{"":', b"0", b"}", 10_000), 413),
    "too deep": (lambda: b"[" * 10_000_000, 413),
    "a key twice in a large map": (
        lambda: b"{" + b",".join(b'"%x":0' % number for number in range(400_000)) + b',"0":1}', 400
    ),
    "a long number": (lambda: b"1" * 10_000_000, 400),
    "a long fraction": (lambda: b"0." + b"1" * 10_000_000, 200),
    "a number that no float can hold": (lambda: b"1e400", 400),
    "large numbers": (lambda: b"[" + b",".join([b"1e300"] * 1_700_000) + b"]", 200),
    "signs of large numbers": (lambda: b'["' + b",1e400" * 1_700_000 + b'"]', 200),
    "long numbers": (lambda: b"[" + b",".join([b"1" * 4000] * 2500) + b"]", 200),
    "longer numbers": (lambda: b"[" + b",".join([b"1" * 5000] * 2000) + b"]", 400),
    "numbers": (lambda: b"[" + b",".join([b"1"] * 5_000_000) + b"]", 200),
    "fractions": (lambda: b"[" + b",".join([b"0.25"] * 1_900_000) + b"]", 200),
    "escapes": (lambda: b'"' + b"\\u0041" * 1_600_000 + b'"', 200),
    "half of a pair": (lambda: b'["\\ud800"]', 400),
    "halves of pairs": (lambda: b"[" + b",".join([b'"\\ud800"'] * 900_000) + b"]", 400),
    "spaces": (lambda: b" " * 10_000_000, 400),
    "signs in a text": (lambda: b'"' + b"[{:," * 2_500_000 + b'"', 200),
    "JSON in a text": (lambda: json.dumps(json.dumps([{"id": "c-1", "n": [1, 2]}] * 150_000)).encode(), 200),
    "timestamps": (
        lambda: json.dumps([{"at": "2026-03-01T10:00:00Z", "to": "2026-03-01T11:00:00Z"}] * 130_000).encode(), 200
    ),
    "records": (
        lambda: json.dumps([{"id": "c-1", "name": "Ada", "email": "ada@example.org", "n": 1}] * 120_000).encode(), 200
    ),
    "coordinates": (lambda: json.dumps([[-122.41, 37.7749]] * 500_000).encode(), 200),
}  # fmt: skip


@pytest.mark.reaches("MOST_JSON_FIELDS", "MOST_JSON_TEXTS", "MOST_JSON_VALUES", "MOST_REPEATED_TEXTS")
@pytest.mark.parametrize("name", DENSE)
def test_a_body(attacked: Running, name: str) -> None:
    make, status = DENSE[name]
    body = make()
    with watched(attacked):
        answer = attacked.post("/size", content=body, headers={"Content-Type": JSON})
    assert answer.status_code in ((400, 413) if name == "too deep" else (status,))


@pytest.mark.parametrize("name", [name for name, (_, status) in DENSE.items() if status == 413])
@pytest.mark.parametrize("media_type", ["", "application/vnd.api+json", f"{JSON}; charset=utf-16"])
def test_other_names_of_json_before_authentication(attacked: Running, name: str, media_type: str) -> None:
    body = DENSE[name][0]()
    with watched(attacked):
        answer = attacked.post(
            "/guarded",
            content=body[: len(body) // 2].decode().encode("utf-16") if "utf-16" in media_type else body,
            headers={"Content-Type": media_type} if media_type else {},
        )
    assert (answer.status_code in (400, 413), answer.headers["content-type"]) == (True, PROBLEM)


@pytest.mark.parametrize("name", DENSE)
@pytest.mark.parametrize("mime", [JSON, NDJSON, "application/yaml"])
def test_read(attacked: Running, name: str, mime: str) -> None:
    body = DENSE[name][0]()[:9_990_000]
    with watched(attacked):
        answer = attacked.post("/read", params={"mime": mime}, content=body, headers=TEXT)
    assert answer.status_code in (200, 422)


@pytest.mark.parametrize(
    ("line", "times"),
    [
        pytest.param(b"\n", 9_990_000, id="line feeds"),
        pytest.param(b"\r", 9_990_000, id="carriage returns"),
        pytest.param(b"1\n", 4_990_000, id="numbers"),
        pytest.param(b"[]\n", 3_300_000, id="lists"),
        pytest.param(b'{"a":[[[[[]]]]]}\n', 500_000, id="maps"),
        pytest.param(b"  \n", 3_300_000, id="blanks"),
    ],
)
def test_read_of_lines(attacked: Running, line: bytes, times: int) -> None:
    text = line * times
    with watched(attacked):
        assert attacked.post("/read", params={"mime": NDJSON}, content=text, headers=TEXT).status_code in (200, 422)


# Lines

ENDLESS = {
    "a line of text": (b'"', b"a"),
    "a line of spaces": (b"", b" "),
    "a line of lists": (b"[", b"[],"),
    "line feeds": (b"", b"\n"),
    "blank lines": (b"", b" \r\n"),
    "carriage returns": (b"", b"\r"),
}


@pytest.mark.reaches("MAX_BODY_SIZE")
@pytest.mark.parametrize("name", ENDLESS)
def test_a_record_without_end(attacked: Running, name: str) -> None:
    first, again = ENDLESS[name]
    block = again * (2**18 // len(again))
    with watched(attacked):
        status, sent = pour(attacked, "/count", chain([first or again], repeat(block, 2000)), Content_Type=NDJSON)
    assert status == 413
    assert sent < 40 * MIB


@pytest.mark.parametrize(("first", "again"), [(b'"', b"a"), (b"[0", b",0"), (b"", b" ")])
@pytest.mark.parametrize("media_type", [NDJSON, "text/csv"])
def test_a_long_line_that_ends_byte_by_byte(attacked: Running, media_type: str, first: bytes, again: bytes) -> None:
    """What came is not copied for each byte that comes."""
    long = first + again * (9_500_000 // len(again))
    with watched(attacked):
        pour(attacked, "/count", chain([long], repeat(again, 20_000)), Content_Type=media_type)


DENSE_LINES: dict[str, tuple[Body, int]] = {
    "lists": (lambda: b"[" + b"[]," * 3_000_000 + b"[]]\n", 413),
    "keys": (lambda: b"{" + b",".join(b'"%x":0' % number for number in range(900_000)) + b"}\n", 413),
    "small ones": (lambda: b"[]\n" * 3_000_000, 200),
    "numbers": (lambda: b"1\n" * 2_000_000, 200),
    "deep ones": (lambda: (b"[" * 190 + b"]" * 190 + b"\n") * 10_000, 200),
    "too deep": (lambda: b"[" * 9_000_000 + b"\n", 413),
}


@pytest.mark.parametrize("name", DENSE_LINES)
def test_dense_records(attacked: Running, name: str) -> None:
    make, status = DENSE_LINES[name]
    body = make()
    with watched(attacked):
        answer = attacked.post("/count", content=body, headers={"Content-Type": NDJSON})
    assert answer.status_code in ((400, 413) if name == "too deep" else (status,))


# Forms

FIELDS: dict[str, tuple[Body, int]] = {
    "escapes": (lambda: b"a=" + b"%41" * 3_300_000, 200),
    "escapes between letters": (lambda: b"a=" + b"a%41" * 2_490_000, 200),
    "escapes between other letters": (lambda: b"a=" + "é%41".encode() * 1_990_000, 200),
    "escapes of no text": (lambda: b"a=" + b"%ff" * 3_300_000, 200),
    "escapes of halves": (lambda: b"a=" + b"%E3%81" * 1_600_000, 200),
    "escapes of Japanese": (lambda: b"a=" + b"%E3%81%82" * 1_100_000, 200),
    "broken escapes": (lambda: b"a=" + b"%" * 9_000_000, 400),
    "more broken escapes": (lambda: b"a=" + b"%zz" * 3_000_000, 400),
    "broken escapes in many fields": (lambda: b"&".join([b"a=" + b"%" * 9_990] * 999), 400),
    "few broken escapes": (lambda: b"a=100%&b=%zz", 200),
    "plus signs": (lambda: b"a=" + b"+" * 9_000_000, 200),
    "equals signs": (lambda: b"=" * 9_000_000, 200),
    "escaped equals signs": (lambda: b"a=%41" + b"=" * 9_000_000, 200),
    "ampersands": (lambda: b"&" * 9_000_000, 400),
    "fields": (lambda: b"a=1&" * 2_000_000, 400),
    "names": (lambda: b"%61" * 3_000_000, 200),
    "a thousand fields of escapes": (lambda: b"&".join([b"%41=" + b"%41" * 3000] * 1000), 200),
}


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("path", ["/size", "/read"])
def test_a_form(attacked: Running, name: str, path: str) -> None:
    make, status = FIELDS[name]
    body = make()
    headers = TEXT if path == "/read" else {"Content-Type": FORM}
    with watched(attacked):
        answer = attacked.post(path, params={"mime": FORM}, content=body, headers=headers)
    assert answer.status_code in ((200, 422) if path == "/read" else (status,))
