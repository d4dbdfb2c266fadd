"""Bodies of CSV: how they are written, and what becomes of rows that cannot be read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from running import PROBLEM, Running

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0, maxBodySize: 4MiB}}
flows:
  each:
    source: {http:listener: {config-ref: Api, path: /each, streaming: true}}
    steps: &each
      - foreach:
          collect:
            target: out
            success: [ok, "#[payload]"]
            failure: [failed, "#[payload]", "#[error.type]", "#[error.description]"]
          steps: []
      - set-payload: {value: "#[vars.out]"}
  semicolons:
    source:
      http:listener:
        {config-ref: Api, path: /semicolons, streaming: true, csv: {separator: ";", quote: "'", encoding: windows-1252}}
    steps: *each
  rows:
    source: {http:listener: {config-ref: Api, path: /rows, streaming: true, csv: {header: false}}}
    steps: *each
  lenient:
    source: {http:listener: {config-ref: Api, path: /lenient, streaming: true, csv: {lenient: true}}}
    steps: *each
  told:
    source: {http:listener: {config-ref: Api, path: /told, streaming: true}}
    steps:
      - foreach:
          collect: {target: out, streaming: true, success: "#[payload]", failure: "#[error.description]"}
          steps: []
      - set-payload: {value: "#[vars.out]"}
  plain:
    source: {http:listener: {config-ref: Api, path: /plain, streaming: true}}
    steps:
      - foreach: {steps: [{logger: {message: "row #[payload.a]"}}]}
  batches:
    source: {http:listener: {config-ref: Api, path: /batches, streaming: true}}
    steps: [{foreach: {batchSize: 2, steps: [{logger: {message: "#[payload[0].a]"}}]}}]
  echo:
    source: {http:listener: {config-ref: Api, path: /echo, streaming: true}}
    steps: [{set-payload: {value: "#[payload]"}}]
  whole:
    source: {http:listener: {config-ref: Api, path: /whole, csv: {separator: ";", encoding: windows-1252}}}
    steps: []
  strings:
    source: {http:listener: {config-ref: Api, path: /strings}}
    steps: [{set-payload: {value: {value: "#[payload]"}}}]
"""
CSV = {"Content-Type": "text/csv"}
NDJSON = {"Content-Type": "application/x-ndjson"}
BAD = "HTTP:BAD_REQUEST"


def outcomes(served: Running, path: str, content: bytes, headers: dict[str, str] = CSV) -> list[Any]:
    """What each item came to; the same in one piece, and byte by byte."""
    answer = served.post(path, content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    portions = (content[at : at + 1] for at in range(len(content)))
    assert served.post(path, content=portions, headers=headers).json() == answer.json()
    return list(answer.json())


def test_a_row_with_a_cell_too_many_is_an_item_that_fails(served: Running) -> None:
    found = outcomes(served, "/each", b'a,b\n1,"x\ny"\n2,3,4\n\n5,6\n7\n')
    assert found == [
        ["ok", {"a": "1", "b": "x\ny"}],
        ["failed", {"a": "2", "b": "3"}, BAD, "line 4 of the body: a row has 3 cells, but there are 2 columns"],
        ["ok", {"a": "5", "b": "6"}],
        ["ok", {"a": "7", "b": None}],
    ]


def test_a_line_that_is_no_json_is_an_item_that_fails(served: Running) -> None:
    found = outcomes(served, "/each", b'{"a": 1}\n\nno json\n{"a": 3, "a": 4}\n5\n', NDJSON)
    assert found == [
        ["ok", {"a": 1}],
        ["failed", None, BAD, "record 2 of the body is no JSON: expected ident (line 3, column 2)"],
        ["failed", None, BAD, "record 3 of the body is no JSON: a key stands twice (line 4, column 14)"],
        ["ok", 5],
    ]


def test_such_rows_are_told_while_a_stream_is_answered(served: Running) -> None:
    answer = served.post("/told", content=b"a\n1\n2,3\n4\n", headers=CSV)
    assert [json.loads(line) for line in answer.text.splitlines()] == [
        {"a": "1"}, "line 3 of the body: a row has 2 cells, but there are 1 columns", {"a": "4"},
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/plain", "/batches"])
def test_without_collect_such_a_row_ends_it(served: Running, path: str) -> None:
    content = b"a\n" + b"".join(b"%d\n" % number for number in range(5)) + b"5,6\n7\n"
    answer = served.post(path, content=content, headers=CSV)
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)
    assert answer.json()["detail"] == "line 7 of the body: a row has 2 cells, but there are 1 columns"
    assert "Traceback" not in served.log


def test_csv_that_is_sent_row_by_row_drops_no_value(served: Running) -> None:
    accepting = {"Content-Type": "application/x-ndjson", "Accept": "text/csv"}
    assert (
        served.post("/echo", content=b'{"a": 1, "b": 2}\n{"b": 3}\n', headers=accepting).text == "a,b\r\n1,2\r\n,3\r\n"
    )
    assert served.post("/echo", content=b'{"a": 1}\n{"b": 2}\n', headers=accepting).status_code == 500
    assert served.logged("a record of the stream has a key that is no column of the first one")


def test_all_rows_before_it_were_done(served: Running) -> None:
    served.post("/plain", content=b"a\n81\n82\n83,1\n84\n", headers=CSV)
    assert served.logged("row 82")
    assert "row 84" not in served.log


def test_a_dialect(served: Running) -> None:
    assert outcomes(served, "/semicolons", "a;b\n'x;''y\n';\u20ac\n".encode("cp1252")) == [
        ["ok", {"a": "x;'y\n", "b": "\u20ac"}]
    ]
    utf_8 = {"Content-Type": "text/csv; charset=utf-8"}
    assert outcomes(served, "/semicolons", "a;b\n1;\u20ac\n".encode(), utf_8) == [["ok", {"a": "1", "b": "\u20ac"}]]


def test_without_a_header(served: Running) -> None:
    assert outcomes(served, "/rows", b"a,b\n1\n1,2,3\n") == [["ok", ["a", "b"]], ["ok", ["1"]], ["ok", ["1", "2", "3"]]]


def test_lenient(served: Running) -> None:
    assert outcomes(served, "/lenient", b"a,b\n1\n1,2,3\n") == [
        ["ok", {"a": "1", "b": None}],
        ["ok", {"a": "1", "b": "2"}],
    ]


@pytest.mark.parametrize("size", [1, 100, 2**22])
def test_a_quote_that_is_not_closed_loses_no_row_before_it(served: Running, size: int) -> None:
    rows = b"".join(b'%d,"x"\n' % number for number in range(9_000 if size > 1 else 90))
    count = rows.count(b"\n")
    content = b"a,b\n" + rows + b'9000,"x\n9001,"y"\n'
    portions = (content[at : at + size] for at in range(0, len(content), size))
    with served.client.stream("POST", "/told", content=portions, headers=CSV) as answer:
        seen = "".join(_text(answer)).splitlines()
    *told, last = [json.loads(line) for line in seen]
    assert [each["a"] for each in told] == [str(number) for number in range(count)]
    where = f"the row that begins there (line {count + 2})"
    assert last["detail"] == f"the body is no CSV: something stands behind the closing quote of a cell in {where}"


def _text(answer: Any) -> Any:
    from httpx import RemoteProtocolError

    try:
        yield from answer.iter_text()
    except RemoteProtocolError:
        return


def test_a_quote_behind_letters_is_a_letter(served: Running) -> None:
    """However many rows there are, and wherever they are cut."""
    row = b'5" disk,"a ""b""\nc",1"\n6"",,"x"\n'
    count = 20_000
    answer = served.post("/each", content=b"a,b,c\n" + row * count, headers=CSV)
    assert answer.json() == [
        ["ok", {"a": '5" disk', "b": 'a "b"\nc', "c": '1"'}],
        ["ok", {"a": '6""', "b": "", "c": "x"}],
    ] * count  # fmt: skip
    assert outcomes(served, "/each", b"a,b,c\n" + row * 3) == answer.json()[:6]


def test_a_column_that_stands_twice(served: Running) -> None:
    answer = served.post("/each", content=b"id,name,id\n1,Ada,2\n", headers=CSV)
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)
    assert answer.json()["detail"] == "the body is no CSV: a column stands twice in the first row (line 1)"


def test_a_long_cell(served: Running) -> None:
    cell = "x" * 200_000
    assert outcomes(served, "/each", f"a\n1\n{cell}\n".encode()[:400_000]) == [["ok", {"a": "1"}], ["ok", {"a": cell}]]


def test_a_mark_in_front_of_it(served: Running) -> None:
    for content, headers in ((b'"a,b"\n1\n', CSV), (b'{"a,b": "1"}\n', NDJSON)):
        assert outcomes(served, "/each", b"\xef\xbb\xbf" + content, headers) == [["ok", {"a,b": "1"}]]


def test_whole(served: Running) -> None:
    answer = served.post(
        "/whole", content="a;b\n1;\u20ac\n".encode("cp1252"), headers=CSV | {"Accept": "application/json"}
    )
    assert answer.text == "a,b\r\n1,\u20ac\r\n"  # it goes on as the CSV that it came as


@pytest.mark.parametrize(
    ("media_type", "content", "value"),
    [
        ("text/csv", "a,b\n1,2\n", [{"a": "1", "b": "2"}]),
        ("application/xml", "<a><b>1</b></a>", {"a": {"b": "1"}}),
        ("application/soap+xml; charset=utf-8", "<a/>", {"a": None}),
        ("text/yaml", "a: [1, 0123]", {"a": [1, "0123"]}),
        ("application/x-ndjson", "1\n{}\n", [1, {}]),
        ("application/x-www-form-urlencoded", "a=1", {"a": "1"}),
        ("text/plain", "a", "a"),
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_other_bodies_are_values_too(served: Running, media_type: str, content: str, value: Any, mark: str) -> None:
    answer = served.post("/strings", content=(mark + content).encode(), headers={"Content-Type": media_type})
    assert answer.json() == {"value": value}


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-16"])
def test_xml_says_its_own_encoding(served: Running, encoding: str) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?><a>é</a>'.encode(encoding)
    for media_type in ("application/xml", "text/xml"):
        answer = served.post("/strings", content=content, headers={"Content-Type": media_type})
        assert answer.json() == {"value": {"a": "é"}}


@pytest.mark.parametrize(
    ("media_type", "content", "status", "detail"),
    [
        ("application/xml", b"<a>\n<b></a>", 400, "the body is no XML: mismatched tag (line 2, column 6)"),
        ("application/xml", b"<!DOCTYPE a><a/>", 400, "the body is no XML: it has a DOCTYPE (line 1, column 12)"),
        ("application/xml", b"\xff", 400, "the body is no XML: it is no text in utf-8"),
        (
            "application/xml",
            b'<?xml version="1.0" encoding="zlib"?><a/>',
            400,
            "the body is no XML: it is in an encoding",
        ),
        ("application/xml; charset=zlib", b"<a/>", 415, "the charset of the body is unknown"),
        ("application/xml", b"<a>" + b"<b/>" * 300_000, 413, "the body is too much: XML is read with 250000 elements"),
        ("text/csv", b"a\n1,2\n", 400, "the body is no CSV: a row has 2 cells, but there are 1 columns (line 2)"),
        (
            "application/yaml",
            b"a: 1\na: 2\n",
            400,
            "the body is no YAML: a key stands twice in a map (line 2, column 1)",
        ),
        ("application/yaml", b"a: &x 1\nb: *x\n", 400, "the body is no YAML: it has an alias (line 2, column 4)"),
        (
            "application/x-ndjson",
            b"1\n{",
            400,
            "the body is no NDJSON: value 2 is no JSON, EOF while parsing an object",
        ),
    ],
)
def test_what_is_not_what_its_type_says(
    served: Running, media_type: str, content: bytes, status: int, detail: str
) -> None:
    answer = served.post("/strings", content=content, headers={"Content-Type": media_type})
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.json()["detail"].startswith(detail)
