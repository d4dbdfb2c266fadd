"""`engine serve --record`: what was asked, and what the others answered, replays without them."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest
from loopback import Upstream, in_loop, serving
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from engine import Application
from engine.testing.recordings.recording import Recorder
from engine.testing.working import Order, run_file

TOKEN = "tok-0123456789"  # noqa: S105  # of nobody
FLOWS = """
configs:
  Listener: {http:listener-config: {host: 127.0.0.1, port: 8081}}
  Base: {db:config: {url: "${db.url}", initScript: "CREATE TABLE IF NOT EXISTS orders(id TEXT PRIMARY KEY, sum REAL)"}}
  Prices: {http:request-config: {url: "${upstream}"}}
flows:
  order:
    source: {http:listener: {config-ref: Listener, path: /orders, allowedMethods: POST}}
    steps:
      - set-variable: {variableName: key, value: "#[uuid()]"}
      - parallel-foreach:
          collection: payload.lines
          collect: {target: prices, success: {price: "#[vars.got.price]"}, failure: {reason: "#[error.description]"}}
          steps:
            - http:request:
                config-ref: Prices
                path: /prices/{item}
                uri-params: {item: "#[payload.item]"}
                target: got
                headers: {authorization: "Bearer ${secret:token}", x-key: "#[vars.key]"}
      - set-variable: {variableName: sum, value: "#[sum(vars.prices[?price].price)]"}
      - db:insert:
          config-ref: Base
          sql: INSERT INTO orders(id, sum) VALUES(:id, :sum)
          input-parameters: {id: "#[payload.id]", sum: "#[vars.sum]"}
          target: inserted
      - db:select: {config-ref: Base, sql: "SELECT count(*) AS n FROM orders"}
      - set-payload: {value: {sum: "#[vars.sum]", orders: "#[payload[0].n]", prices: "#[vars.prices]"}}
"""


def price(request: Request) -> Response:
    item = request.url.path.rpartition("/")[2]
    if item == "none":
        return JSONResponse({"reason": "#[no] ${price}"}, 404)
    return JSONResponse({"price": len(item), "#[odd]": "${odd}"}, headers={"set-cookie": "session=abcdefgh"})


async def ask(client: httpx.AsyncClient, number: int) -> httpx.Response:
    if number % 5 == 4:
        return await client.post("/orders", content=b'{"lines": ', headers={"content-type": "application/json"})
    lines = [{"item": "a" * (number + 1)}, {"item": "none"}, {"item": "bb"}]
    body = {"id": f"o{number % 7}", "lines": lines, "password": TOKEN}  # the seventh id comes again: DB:QUERY_EXECUTION
    return await client.post("/orders", json=body, headers={"authorization": f"Bearer {TOKEN}"})


async def record(folder: Path) -> list[Path]:
    """A session of 20 requests, some at the same time; the files of it."""
    flows, upstream = folder / "flows.yaml", Upstream()
    flows.write_text(FLOWS)
    upstream.respond = price
    async with serving(upstream) as url:
        settings = {"db.url": f"sqlite:///{folder}/orders.db", "upstream": url, "token": "s3cret-of-the-app"}
        recorder = Recorder(folder / "recorded", [flows], settings)
        app = Application.load(flows, properties=settings, around=[recorder.around_step], clock=recorder.clock)
        recorder.secrets = app.parts.secrets
        async with serving(recorder.around(app.asgi())) as served, httpx.AsyncClient(base_url=served) as client:
            answers = [await ask(client, number) for number in range(10)]
            answers += await asyncio.gather(*(ask(client, number) for number in range(10, 20)))
        await app.stop()
    assert {answer.status_code for answer in answers} == {200, 400, 500}
    assert len(upstream.calls) > 20
    (folder / "orders.db").unlink()
    return sorted((folder / "recorded").glob("*.test.yaml"))


def replayed(files: list[Path]) -> list[str]:
    """What became of the cases, with why."""
    results = [run_file(file, Order()) for file in files]
    return [f"{case.status} {case.text}".strip() for each in results for case in each.results] + [
        each.broken for each in results if each.broken
    ]


@in_loop
async def test_a_session_replays_without_database_and_upstream_and_tells_a_changed_answer(tmp_path: Path) -> None:
    files = await record(tmp_path)
    assert await asyncio.to_thread(replayed, files) == ["passed"] * 20
    assert not (tmp_path / "orders.db").exists()
    (tmp_path / "flows.yaml").write_text(FLOWS.replace('sum: "#[vars.sum]", orders', 'total: "#[vars.sum]", orders'))
    changed = await asyncio.to_thread(replayed, files)
    assert sum(each.startswith("failed") for each in changed) == sum(
        "status: 200" in file.read_text() for file in files
    )
    (tmp_path / "flows.yaml").write_text(FLOWS.replace("SELECT count(*)", "SELECT max(id)"))
    others = await asyncio.to_thread(replayed, files)
    assert sum("sql, which no step is" in each for each in others) == sum(
        "SELECT" in file.read_text() for file in files
    )


@in_loop
async def test_what_is_secret_is_not_written_and_only_the_owner_may_read_it(tmp_path: Path) -> None:
    files = await record(tmp_path)
    texts = "".join(file.read_text() for file in files)
    for secret in (TOKEN, "s3cret-of-the-app", "abcdefgh"):
        assert secret not in texts
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "recorded").stat().st_mode) == 0o700


def test_a_call_that_no_mock_answers_is_an_error_offline(tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text(FLOWS)
    suite = tmp_path / "a.test.yaml"
    suite.write_text("""
offline: true
set: {db.url: "sqlite:///nowhere/x.db", upstream: "http://127.0.0.1:1", token: t}
cases:
  it: {flow: order, given: {payload: {id: a, lines: []}}, expect: {error.description: {$contains: no mock answers}}}
""")
    assert replayed([suite]) == ["passed"]


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [
        ("[{with: {input-parameters: {id: b}}, return: {payload: 2}}, {return: {payload: 1}}]", "[1, 2, 1]"),
        ("[{return: {payload: 1}}, {return: {payload: 2}}]", "[1, 2, 2]"),
    ],
)
def test_an_entry_of_a_sequence_may_wait_for_its_call(tmp_path: Path, sequence: Any, expected: str) -> None:
    (tmp_path / "flows.yaml").write_text("""
configs: {Base: {db:config: {url: "sqlite://"}}}
flows:
  all:
    steps:
      - foreach:
          collection: "['a', 'b', 'c']"
          collect: {target: all, success: "#[vars.n]"}
          steps:
            - db:insert:
                {config-ref: Base, sql: "INSERT INTO t VALUES(:id)", input-parameters: {id: "#[payload]"}, target: n}
""")
    suite = tmp_path / "a.test.yaml"
    mock = f"{{processor: db:insert, sequence: {sequence}}}"
    suite.write_text(f"offline: true\ncases: {{it: {{flow: all, mock: [{mock}], expect: {{vars.all: {expected}}}}}}}")
    assert replayed([suite]) == ["passed"]


MADE = """
configs: {Listener: {http:listener-config: {host: 127.0.0.1, port: 8081}}}
flows:
  made:
    source: {http:listener: {config-ref: Listener, path: /made, allowedMethods: GET}}
    steps:
      - set-variable: {variableName: tries, value: 0}
      - until-successful:
          maxRetries: 3
          millisBetweenRetries: 3
          steps:
            - set-variable: {variableName: tries, value: "#[vars.tries + 1]"}
            - validation:is-true: {expression: random_int(10) > 4}
      - parallel-foreach:
          collection: "`[1, 2, 3]`"
          target: ids
          steps: [{set-payload: {value: "#[uuid()]"}}]
      - set-payload:
          value:
            {id: "#[uuid()]", at: "#[now()]", day: "#[today()]", n: "#[random_int(1000)]", ids: "#[vars.ids[].payload]"}
      - set-variable: {variableName: outboundHeaders, value: {Location: "/made/#[payload.id]"}}
    error-handler:
      - on-error-continue:
          steps: [{set-payload: {value: "not after #[format_date(now(), 'yyyy-MM-dd HH:mm:ss.SSS')]"}}]
"""


@in_loop
async def test_what_is_made_of_time_and_chance_replays(tmp_path: Path) -> None:
    flows = tmp_path / "flows.yaml"
    flows.write_text(MADE)
    recorder = Recorder(tmp_path / "recorded", [flows], {})
    app = Application.load(flows, around=[recorder.around_step], clock=recorder.clock)
    async with serving(recorder.around(app.asgi())) as served, httpx.AsyncClient(base_url=served) as client:
        answers = [await client.get("/made") for _ in range(6)]
        answers += await asyncio.gather(*(client.get("/made") for _ in range(6)))
    await app.stop()
    assert len({answer.text for answer in answers}) == 12
    files = sorted((tmp_path / "recorded").glob("*.test.yaml"))
    assert await asyncio.to_thread(replayed, files) == ["passed"] * 12
