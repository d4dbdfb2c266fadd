"""Bodies and answers of any size: records that are read while they come, and sent while they are made."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from running import GOOD, PROBLEM, Running, wait_until

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0, maxBodySize: 1KB, readTimeout: 1s}}
flows:
  double:
    source: {http:listener: {config-ref: Api, path: /double, streaming: true}}
    steps:
      - foreach:
          collect:
            target: out
            streaming: true
            success: {id: "#[payload.id]", n: "#[$result]"}
            failure: {id: "#[payload.id]", n: null}
            abortOn: APP:STOP
          steps:
            - choice:
                when:
                  - expression: payload.n == 'stop'
                    steps: [{raise-error: {type: "APP:STOP", description: stop}}]
            - set-payload: {value: "#[payload.n * 2]"}
      - set-payload: {value: "#[vars.out]"}
  sum:
    source: {http:listener: {config-ref: Api, path: /sum, streaming: true}}
    steps:
      - set-variable: {variableName: sum, value: 0}
      - foreach:
          steps: [{set-variable: {variableName: sum, value: "#[vars.sum + as_number(payload.n)]"}}]
      - set-payload: {value: {sum: "#[vars.sum]"}}
  batches:
    source: {http:listener: {config-ref: Api, path: /batches, streaming: true}}
    steps:
      - set-variable: {variableName: sizes, value: []}
      - foreach:
          batchSize: 4
          steps: [{set-variable: {variableName: sizes, value: "#[append(vars.sizes, length(payload))]"}}]
      - set-payload: {value: "#[vars.sizes]"}
  echo:
    source: {http:listener: {config-ref: Api, path: /echo, streaming: true}}
    steps: []
  typed:
    source: {http:listener: {config-ref: Api, path: /typed, streaming: true}}
    steps: [{set-payload: {value: "#[payload]", mimeType: image/png}}]
  slow:
    source: {http:listener: {config-ref: Api, path: /slow}}
    maxConcurrency: 1
    steps:
      - foreach:
          collection: range(0, 10000)
          collect: {target: out, streaming: true, success: "#[payload]"}
          steps: [{slow: {seconds: 0.02}}]
      - set-payload: {value: "#[vars.out]"}
  late:
    source: {http:listener: {config-ref: Api, path: /late}}
    timeout: 500ms
    steps:
      - foreach:
          collection: range(0, 10000)
          collect: {target: out, streaming: true, success: "#[payload]"}
          steps: [{slow: {seconds: 0.02}}]
      - set-payload: {value: "#[vars.out]"}
  twice:
    source: {http:listener: {config-ref: Api, path: /twice, streaming: true}}
    steps: [{foreach: {steps: []}}, {foreach: {steps: []}}]
  first:
    source: {http:listener: {config-ref: Api, path: /first, streaming: true}}
    steps:
      - foreach: {until: payload.n == 2, steps: [{set-variable: {variableName: last, value: "#[payload.n]"}}]}
      - set-payload: {value: {last: "#[vars.last]"}}
  first-told:
    source: {http:listener: {config-ref: Api, path: /first-told, streaming: true}}
    steps:
      - foreach:
          until: payload.n == 2
          collect: {target: out, streaming: true, success: "#[payload.n]"}
          steps: []
      - set-payload: {value: "#[vars.out]"}
  unread:
    source: {http:listener: {config-ref: Api, path: /unread, streaming: true}}
    steps: [{set-payload: {value: done}}]
  inside:
    source: {http:listener: {config-ref: Api, path: /inside, streaming: true}}
    steps: [{set-payload: {value: "got #[payload]"}}]
"""
NDJSON = {"Content-Type": "application/x-ndjson"}
HEAD = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"


def lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def read(answer: httpx.Response) -> list[Any]:
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_line_for_each_line(served: Running) -> None:
    body = lines({"id": 1, "n": 2}, {"id": 2, "n": "x"}, {"id": 3, "n": 4})
    answer = served.post("/double", content=body, headers=NDJSON)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    assert read(answer) == [{"id": 1, "n": 4}, {"id": 2, "n": None}, {"id": 3, "n": 8}]


@pytest.mark.parametrize(
    ("accept", "text"),
    [
        ("application/json", '[{"id":1,"n":4},{"id":2,"n":6}]'),
        ("text/csv", "id,n\r\n1,4\r\n2,6\r\n"),
        ("text/csv;q=0.1, application/x-ndjson", '{"id":1,"n":4}\n{"id":2,"n":6}\n'),
    ],
)
def test_as_the_caller_accepts_it(served: Running, accept: str, text: str) -> None:
    body = lines({"id": 1, "n": 2}, {"id": 2, "n": 3})
    answer = served.post("/double", content=body, headers=NDJSON | {"Accept": accept})
    assert (answer.text, answer.headers["content-type"]) == (
        text,
        accept.partition(",")[0] if "q=" not in accept else "application/x-ndjson",
    )


def test_a_stream_is_no_picture(served: Running) -> None:
    answer = served.post("/double", content=lines({"id": 1, "n": 2}), headers=NDJSON | {"Accept": "image/png"})
    assert (answer.status_code, answer.headers["content-type"]) == (406, PROBLEM)
    assert served.post("/typed", content=lines({}), headers=NDJSON).status_code == 500


def test_the_answer_begins_before_the_body_ends(served: Running) -> None:
    with served.raw() as connection:
        line = lines({"id": 1, "n": 2})
        connection.settimeout(10)
        connection.sendall(HEAD % b"/double" + b"%x\r\n%s\r\n" % (len(line), line))
        answer = b""
        while b'{"id":1,"n":4}' not in answer:
            answer += connection.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"0\r\n\r\n")
        while not answer.endswith(b"0\r\n\r\n"):
            answer += connection.recv(4096)


def test_thousands_of_records_in_small_and_large_chunks(served: Running) -> None:
    body = lines(*({"n": n} for n in range(20_000)))
    for size in (7, 65_536, len(body)):
        portions = (body[start : start + size] for start in range(0, len(body), size))
        assert served.post("/sum", content=portions, headers=NDJSON).json() == {"sum": sum(range(20_000))}


@pytest.mark.parametrize(
    ("body", "total"),
    [
        (b"n,t\n1,a\n2,b\n", 3),
        (b"n,t\r\n1,a\r\n2,b", 3),
        (b'n,t\n1,"a\nb\n9"\n2,"x ""y"","\n', 3),
        (b"n\n\n5\n", 5),
        (b"n\n", 0),
        (b"", 0),
    ],
)
def test_csv(served: Running, body: bytes, total: int) -> None:
    for portions in ([body], [body[n : n + 1] for n in range(len(body))]):
        answer = served.post("/sum", content=iter(portions), headers={"Content-Type": "text/csv"})
        assert answer.json() == {"sum": total}


def test_other_bodies_come_as_ever(served: Running) -> None:
    assert served.post("/double", json=[{"id": 1, "n": 2}]).text == '{"id":1,"n":4}\n'
    assert served.post("/echo", content="text", headers={"Content-Type": "text/plain"}).text == "text"
    assert served.post("/sum", json=[{"n": "x" * 2000}]).status_code == 413


def test_batches_pass_over_the_chunks(served: Running) -> None:
    portions = (lines(n) for n in range(10))
    assert served.post("/batches", content=portions, headers=NDJSON).json() == [4, 4, 2]


def test_a_compressed_stream(served: Running) -> None:
    body = gzip.compress(lines(*({"n": 1} for _ in range(100_000))))
    assert served.post("/sum", content=body, headers=NDJSON | {"Content-Encoding": "gzip"}).json() == {"sum": 100_000}


def test_a_stream_passes_through(served: Running) -> None:
    body = lines({"a": 1}, "b", None)
    assert served.post("/echo", content=body, headers=NDJSON).content == body.replace(b": ", b":")
    assert served.post("/echo", content=b"", headers=NDJSON).content == b""


@pytest.mark.parametrize(("path", "told"), [("/first", {"last": 2}), ("/first-told", [1, 2])])
@pytest.mark.parametrize("count", [3, 200_000], ids=["a short rest", "a long rest"])
def test_a_loop_that_has_enough_is_answered_while_the_rest_still_comes(
    served: Running, path: str, told: Any, count: int
) -> None:
    body = iter([lines({"n": 1}), lines({"n": 2}), *(lines({"n": 3}) for _ in range(count))])
    answer = served.post(path, content=body, headers=NDJSON)
    assert answer.status_code == 200
    assert (answer.json() if path == "/first" else read(answer)) == told
    assert served.post("/sum", content=lines({"n": 1}), headers=NDJSON).json() == {"sum": 1}


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (b'{"n": 1}\nno json\n', 400, "record 2 of the body is no JSON"),
        (b'{"n": 1}\n\n{"n": ', 400, "record 2 of the body is no JSON"),
        (b'{"n": 1, "n": 2}\n', 400, "record 1 of the body is no JSON"),
        (b"[" * 900 + b"\n", 400, "record 1 of the body is no JSON"),
        (b"\xff\n", 400, "the body is no text in utf-8"),
        (b'{"n": "' + b"x" * 3000 + b'"}\n', 413, "a record is larger than 1000 bytes"),
    ],
)
def test_a_record_that_cannot_be_read(served: Running, body: bytes, status: int, detail: str) -> None:
    answer = served.post("/sum", content=iter([body[:5], body[5:]]), headers=NDJSON)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.json()["detail"].startswith(detail)


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"a,n\n1,2,3\n", 400), (b'a,n\n"x', 400), (b'a,n\n"x"y,1\n', 400), (b'a,n\n"' + b"x\n" * 2000, 413)],
)
def test_csv_that_cannot_be_read(served: Running, body: bytes, status: int) -> None:
    answer = served.post("/batches", content=body, headers={"Content-Type": "text/csv"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)


def test_after_a_record_that_cannot_be_read_the_connection_goes_on(served: Running) -> None:
    ask = b"POST /sum HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 8\r\n%s\r\n%s"
    with served.raw(ask % (b"", b"no json\n") + ask % (b"Connection: close\r\n", b'{"n":1}\n')) as connection:
        connection.settimeout(5)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"400", b"200"]


def test_an_error_in_the_middle_is_the_last_line_of_an_answer_that_breaks_off(served: Running) -> None:
    seen = b""
    body = iter([lines({"id": 1, "n": 2}), lines({"id": 2, "n": "stop"}, {"id": 3, "n": 4})])
    with served.client.stream("POST", "/double", content=body, headers=NDJSON) as answer:
        chunks = answer.iter_raw()
        with pytest.raises(httpx.RemoteProtocolError):  # noqa: PT012  # what came before the end counts
            while True:
                seen += next(chunks)
    first, last = (json.loads(line) for line in seen.splitlines())
    assert first == {"id": 1, "n": 4}
    assert (last["status"], last["title"]) == (500, "Internal Server Error")
    assert served.logged("ERROR engine APP:STOP")


def test_an_error_at_the_start_is_an_answer(served: Running) -> None:
    answer = served.post("/double", content=lines({"id": 2, "n": "stop"}), headers=NDJSON)
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)


def test_read_twice(served: Running) -> None:
    answer = served.post("/twice", content=lines(1), headers=NDJSON)
    assert answer.status_code == 500
    assert served.logged("a stream can be read once only")


def test_a_body_that_the_flow_does_not_read(served: Running) -> None:
    assert served.post("/unread", content=lines(*range(100_000)), headers=NDJSON).text == "done"
    assert served.post("/sum", content=lines({"n": 1}), headers=NDJSON).json() == {"sum": 1}


def test_a_stream_inside_something_else(served: Running) -> None:
    assert served.post("/inside", content=lines(1), headers=NDJSON).status_code == 500
    assert served.logged("MULE:EXPRESSION: a stream is written as a whole payload only")


def slow() -> Iterator[bytes]:
    yield HEAD % b"/sum"
    yield b'9\r\n{"n": 1}\n\r\n'


def test_a_stream_that_stops_coming(served: Running) -> None:
    with served.raw(b"".join(slow())) as connection:
        connection.settimeout(10)
        assert connection.recv(4096).startswith(b"HTTP/1.1 408 ")


def test_a_caller_that_hangs_up(served: Running) -> None:
    before = len(served.log.splitlines())
    with served.raw(b"".join(slow())):
        pass
    wait_until(lambda: " 499 " in "\n".join(served.log.splitlines()[before:]))
    assert "Traceback" not in "\n".join(served.log.splitlines()[before:])


def test_a_caller_that_hangs_up_in_the_middle_of_the_answer(served: Running) -> None:
    before = len(served.log)
    with served.raw(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
        connection.settimeout(10)
        while b"\n0\n" not in connection.recv(4096):
            pass
    wait_until(lambda: " 499 " in served.log[before:])
    with served.client.stream("GET", "/slow") as answer:
        assert answer.status_code == 200  # its place is free
    assert "ERROR" not in served.log[before:]


def test_a_deadline_in_the_middle_of_the_answer(served: Running) -> None:
    before, seen = len(served.log), b""
    with served.client.stream("GET", "/late") as answer, suppress(httpx.RemoteProtocolError):
        for chunk in answer.iter_raw():
            seen += chunk
        pytest.fail("the answer has an end")
    assert seen.startswith(b"0\n1\n")
    wait_until(lambda: "MULE:TIMEOUT" in served.log[before:])
    assert "Traceback" not in served.log[before:]
    assert "uvicorn" not in served.log[before:]


def test_the_shipped_flow(start: Any, database: Any) -> None:
    from running import ROOT

    server = start(ROOT / "flows", "--set", f"db.url=sqlite:///{database}")
    body = lines(GOOD | {"id": "a"}, GOOD | {"id": "b", "email": "no"}, GOOD | {"id": "c"})
    answer = server.post("/api/bulk-upsert/stream", content=body, headers=NDJSON)
    assert [(line["id"], line["status"]) for line in read(answer)] == [("a", 200), ("b", 422), ("c", 200)]
