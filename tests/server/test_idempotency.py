"""Requests that come again under their Idempotency-Key."""

from __future__ import annotations

import asyncio
import sqlite3
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fake_clock import FakeClock
from running import PROBLEM, Running, wait_until

from engine import Application

FLOWS = r"""
configs:
  Api: {http:listener-config: {port: 0}}
  Runs: {os:object-store: {persistent: false}}
  Shared: {os:object-store: {persistent: false}}

flows:
  count:
    source: {http:listener: {config-ref: Api, path: "/count/{id}", idempotency: {ttl: 1h}}}
    steps:
      - os:increment: {objectStore: Runs, key: "#[payload.run]", target: n}
      - set-variable: {variableName: outboundHeaders, value: {X-Run: "#[vars.n]", X-List: [a, b]}}
      - set-variable: {variableName: httpStatus, value: "#[payload.status]"}
      - set-payload: {value: {run: "#[vars.n]"}}
  fails:
    source: {http:listener: {config-ref: Api, path: /fails, idempotency: {}}}
    steps:
      - os:increment: {objectStore: Runs, key: "#[payload.run]", target: n}
      - choice:
          when:
            - expression: payload.type == 'bad'
              steps: [{raise-error: {type: VALIDATION, description: "run #[vars.n]"}}]
            - {expression: payload.type == 'away', steps: [{raise-error: {type: "X:CONNECTIVITY"}}]}
          otherwise: {steps: [{raise-error: {type: "X:Y"}}]}
  slow:
    source: {http:listener: {config-ref: Api, path: /slow, idempotency: {}}}
    steps:
      - os:increment: {objectStore: Runs, key: "#[payload.run]", target: n}
      - slow: {seconds: 2}
      - set-payload: {value: {run: "#[vars.n]"}}
  late:
    timeout: 200ms
    source: {http:listener: {config-ref: Api, path: /late, idempotency: {}}}
    steps:
      - os:increment: {objectStore: Runs, key: "#[payload.run]", target: n}
      - choice: {when: [{expression: vars.n == 1, steps: [{slow: {seconds: 5}}]}]}
      - set-payload: {value: {run: "#[vars.n]"}}
  required:
    source: {http:listener: {config-ref: Api, path: /required, idempotency: {required: true}}}
    steps: [{set-payload: {value: "#[payload]"}}]
  first:
    source: {http:listener: {config-ref: Api, path: /first, idempotency: {store: Shared}}}
    steps: [{set-payload: {value: first}}]
  second:
    source: {http:listener: {config-ref: Api, path: /second, idempotency: {store: Shared}}}
    steps: [{set-payload: {value: second}}]
  large:
    source: {http:listener: {config-ref: Api, path: /large, idempotency: {}}}
    steps:
      - os:increment: {objectStore: Runs, key: "#[payload.run]", target: n}
      - set-variable: {variableName: outboundHeaders, value: {X-Run: "#[vars.n]"}}
      - set-payload: {value: "#[payload.text]"}
  mine:
    source: {http:listener: {config-ref: Api, path: /mine, idempotency: {caller: attributes.headers.tenant}}}
    steps:
      - os:increment: {objectStore: Runs, key: "#[payload.run]", target: n}
      - set-payload: {value: {run: "#[vars.n]"}}
  whose:
    source: {http:listener: {config-ref: Api, path: /whose, idempotency: {}}}
    steps:
      - security:basic: {users: {ada: sword, bob: builder}}
      - os:increment: {objectStore: Runs, key: "#[payload.run]", target: n}
      - set-payload: {value: {run: "#[vars.n]", who: "#[vars.authentication.principal]"}}
"""


def send(served: Running, path: str, key: str | None, run: Any, method: str = "POST", **more: Any) -> httpx.Response:
    headers = more.pop("headers", {}) | ({"Idempotency-Key": key} if key is not None else {})
    return served.client.request(method, path, json={"run": run, **more}, headers=headers)


def replayed(answer: httpx.Response) -> bool:
    return answer.headers.get("idempotent-replayed") == "true"


@pytest.fixture
def run() -> str:
    """The name of a counter that no other test uses, and of a key."""
    return str(uuid4())


@pytest.mark.parametrize("status", [200, 201, 204, 207, 303, 400, 404, 409, 422])
def test_the_same_request_gets_the_same_answer(served: Running, run: str, status: int) -> None:
    first = send(served, "/count/a", run, run, status=status)
    again = send(served, "/count/a", run, run, status=status)
    assert (first.status_code, again.status_code) == (status, status)
    assert (replayed(first), replayed(again)) == (False, True)
    assert first.content == again.content
    for name in ("x-run", "x-list", "content-type", "content-length"):
        assert first.headers.get(name) == again.headers.get(name)
    assert first.headers["x-correlation-id"] != again.headers["x-correlation-id"]
    assert send(served, "/count/a", run + "2", run, status=200).json() == {"run": 2}


@pytest.mark.parametrize("status", [401, 403, 408, 425, 429, 500, 502, 503, 599])
def test_what_says_nothing_of_the_request_is_not_kept(served: Running, run: str, status: int) -> None:
    assert [send(served, "/count/a", run, run, status=status).json()["run"] for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize(("kind", "status", "is_kept"), [("bad", 400, True), ("away", 503, False), ("bug", 500, False)])
def test_failures(served: Running, run: str, kind: str, status: int, is_kept: bool) -> None:
    answers = [send(served, "/fails", run, run, type=kind) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status] * 2
    assert replayed(answers[1]) == is_kept
    if is_kept:
        assert answers[1].json()["detail"] == "run 1"
        assert answers[1].headers["content-type"] == PROBLEM


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [("POST", "/count/a", {"x": 1}), ("POST", "/count/b", {}), ("POST", "/count/a?x=1", {}), ("PUT", "/count/a", {})],
    ids=["body", "path", "query", "method"],
)
def test_another_request_under_the_key(served: Running, run: str, method: str, path: str, more: Any) -> None:
    assert send(served, "/count/a", run, run, status=200).status_code == 200
    answer = send(served, path, run, run, method, status=200, **more)
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    assert answer.json()["detail"] == "the Idempotency-Key was used for another request"
    assert replayed(send(served, "/count/a", run, run, status=200))


def test_the_order_of_fields_makes_no_other_request(served: Running, run: str) -> None:
    for body in (f'{{"run": "{run}", "status": 200}}', f'{{"status":200,"run":"{run}"}}'):
        answer = served.post("/count/a", content=body, headers={"Idempotency-Key": run})
        assert answer.json() == {"run": 1}


def test_of_many_at_once_one_runs(served: Running, run: str) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: send(served, "/slow", run, run), range(20)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, *[409] * 19]
    conflict = next(answer for answer in answers if answer.status_code == 409)
    assert conflict.json()["detail"] == "a request with this Idempotency-Key is being processed"
    assert conflict.headers["retry-after"] == "1"
    again = send(served, "/slow", run, run)
    assert (again.json(), replayed(again)) == ({"run": 1}, True)


def test_another_request_while_the_first_runs(served: Running, run: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        statuses = {answer.status_code for answer in pool.map(lambda x: send(served, "/slow", run, run, x=x), (1, 2))}
    assert statuses == {200, 422}


def test_after_the_deadline_it_may_run_again(served: Running, run: str) -> None:
    assert [send(served, "/late", run, run).status_code for _ in range(3)] == [504, 200, 200]
    assert send(served, "/late", run, run).json() == {"run": 2}


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "HEAD"])
def test_methods_that_change_nothing_need_no_key(served: Running, run: str, method: str) -> None:
    assert served.client.request(method, "/required", headers={"Idempotency-Key": run}).status_code == 200
    assert not replayed(served.client.request(method, "/required", headers={"Idempotency-Key": run}))
    assert served.client.request(method, "/required").status_code == 200


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_a_key_that_is_required(served: Running, run: str, method: str) -> None:
    answer = send(served, "/required", None, run, method)
    assert (answer.status_code, answer.json()["detail"]) == (
        400, "the header Idempotency-Key is missing: a key of its own for each request"
    )  # fmt: skip


def test_without_a_key_each_request_runs(served: Running, run: str) -> None:
    assert [send(served, "/count/a", None, run, status=200).json()["run"] for _ in range(2)] == [1, 2]


@pytest.mark.reaches("LONGEST_IDEMPOTENCY_KEY")
@pytest.mark.parametrize(
    "key",
    ["", '""', "a b", "a,b", '"a", "b"', '"a', 'a"b', "a" * 256, '"' + "a" * 256 + '"', '"a\\n"', "é", '"é"'],
)
def test_what_is_no_key(served: Running, run: str, key: str) -> None:
    answer = served.post("/count/a", json={"run": run}, headers=[(b"Idempotency-Key", key.encode("latin-1"))])
    assert (answer.status_code, answer.json()["errorType"]) == (400, "HTTP:BAD_REQUEST")


def test_two_keys_are_none(served: Running, run: str) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    assert served.post("/count/a", json={"run": run}, headers=headers).status_code == 400


@pytest.mark.parametrize(
    ("one", "other"), [("k", '"k"'), ("k" * 255, '"' + "k" * 255 + '"'), ("k:1+/=_~", '"k:1+/=_~"')]
)
def test_a_key_may_stand_in_quotes(served: Running, run: str, one: str, other: str) -> None:
    for key in (one, other):
        assert send(served, "/mine", key, run, headers={"tenant": run}).json() == {"run": 1}


def test_listeners_that_share_a_store_share_keys(served: Running, run: str) -> None:
    assert send(served, "/first", run, run).text == "first"
    assert send(served, "/second", run, run).status_code == 422
    assert replayed(send(served, "/first", run, run))


@pytest.mark.reaches("LARGEST_KEPT_ANSWER")
def test_a_large_answer_is_not_kept(served: Running, run: str) -> None:
    answers = [send(served, "/large", run, run, text="x" * (2**20 + 1)) for _ in range(2)]
    assert [(answer.status_code, answer.headers["x-run"]) for answer in answers] == [(200, "1"), (200, "2")]
    assert len(answers[1].content) > 2**20


def test_a_key_is_its_callers(served: Running, run: str) -> None:
    for tenant, expected in (("a", 1), ("b", 2), ("a", 1), ("b", 2)):
        assert send(served, "/mine", run, run, headers={"tenant": tenant}).json() == {"run": expected}
    for name, expected in (("x", 1), ("y", 2), ("x", 1)):  # without an authentication step, by its header
        answer = send(served, "/count/a", run, run + "h", status=200, headers={"Authorization": name})
        assert answer.json() == {"run": expected}


def test_an_answer_is_given_again_to_who_may_have_it(served: Running, run: str) -> None:
    ada, bob, eve = (
        {"Authorization": "Basic " + b64encode(who.encode()).decode()} for who in ("ada:sword", "bob:builder", "ada:x")
    )
    assert send(served, "/whose", run, run, headers=ada).json() == {"run": 1, "who": "ada"}
    assert send(served, "/whose", run, run, headers=bob).json() == {"run": 2, "who": "bob"}
    refused = send(served, "/whose", run, run, headers=eve)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Basic realm="api", charset="UTF-8"')
    assert send(served, "/whose", run, run).status_code == 401
    assert send(served, "/whose", run, run, headers=ada).json() == {"run": 1, "who": "ada"}


def test_no_secret_is_in_the_log(served: Running) -> None:
    assert not any(word in served.log for word in ("sword", "builder", b64encode(b"ada:sword").decode()))


PERSISTENT = """
configuration: {{dataDir: {folder}}}
configs:
  Api: {{http:listener-config: {{port: 0}}}}
  Answers: {{os:object-store: {{persistent: true}}}}
  Runs: {{os:object-store: {{persistent: true}}}}
flows:
  slow:
    timeout: 20s
    source: {{http:listener: {{config-ref: Api, path: /slow, idempotency: {{store: Answers}}}}}}
    steps:
      - os:increment: {{objectStore: Runs, key: runs, target: n}}
      - slow: {{seconds: 2}}
      - set-payload: {{value: {{run: "#[vars.n]"}}}}
"""


def test_processes_share_a_persistent_store_and_it_survives_them(start: Any, tmp_path: Path, run: str) -> None:
    text = PERSISTENT.format(folder=tmp_path / "data")
    one, other = (start(text, "--processors", "elements") for _ in range(2))
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda number: send((one, other)[number % 2], "/slow", run, run), range(10)))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 9]
    for each in (one, other):
        assert (send(each, "/slow", run, run).json(), replayed(send(each, "/slow", run, run))) == ({"run": 1}, True)
        each.end()
    third = start(text, "--processors", "elements")
    assert replayed(send(third, "/slow", run, run))


def test_after_a_crash_the_request_runs_again_once_it_cannot_run_any_more(start: Any, tmp_path: Path, run: str) -> None:
    text = PERSISTENT.format(folder=tmp_path / "data").replace("0.3", "30")
    server = start(text, "--processors", "elements")
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(send, server, "/slow", run, run)
        wait_until(lambda: has_begun(tmp_path / "data"))
        server.process.kill()
        with pytest.raises(httpx.TransportError):
            lost.result()

    (tmp_path / "flows.yaml").write_text(text.replace("seconds: 30", "seconds: 0"))

    async def story() -> list[int]:
        clock = FakeClock(datetime.now(UTC))
        app = Application.load(tmp_path / "flows.yaml", processors=["elements"], clock=clock)
        transport = httpx.ASGITransport(app.asgi())
        statuses = []
        async with app, httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            for _ in range(3):
                answer = await client.post("/slow", json={"run": run}, headers={"Idempotency-Key": run})
                statuses.append(answer.status_code)
                await clock.advance(25)  # the deadline, and 5 s
        assert (answer.json(), replayed(answer)) == ({"run": 2}, True)
        return statuses

    assert asyncio.run(story()) == [409, 200, 200]


def has_begun(folder: Path) -> bool:
    """Whether the flow runs: its counter is there."""
    try:
        with closing(sqlite3.connect(f"file:{folder}/object-stores.db?mode=ro", uri=True)) as connection:
            return bool(connection.execute("SELECT 1 FROM entries WHERE store = 'Runs'").fetchall())
    except sqlite3.OperationalError:  # not made yet
        return False
