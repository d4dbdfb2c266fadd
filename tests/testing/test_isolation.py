"""Tests act on nothing that is real: databases, services, stores, queues, files, the environment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from engine.testing.bench import Unmocked
from engine.testing.working import FileResult, Order, run_file

Run = Callable[..., FileResult]
PAID = b'{"paid": "real"}'

ORDERS = """
configs:
  Api: {http:listener-config: {port: 8081}}
  Orders_DB: {db:config: {url: "${db.url}", initScript: "CREATE TABLE IF NOT EXISTS orders(id VARCHAR(40))"}}
flows:
  put:
    source: {http:listener: {config-ref: Api, path: /orders, allowedMethods: POST}}
    steps:
      - db:insert:
          {config-ref: Orders_DB, sql: "INSERT INTO orders VALUES(:id)", input-parameters: {id: "#[payload.id]"}}
      - db:query-single: {config-ref: Orders_DB, sql: SELECT count(*) AS n FROM orders}
"""
COUNTED = """
cases:
  the first: {post: /orders, given: {payload: {id: a}}, expect: {payload.n: 1}}
  the second: {post: /orders, given: {payload: {id: a}}, expect: {payload.n: 1}}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a test file on flows, from a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def running(flows: str, cases: str, *, databases: tuple[str, ...] = (), **given: str) -> FileResult:
        Path("flows").mkdir(exist_ok=True)
        Path("flows/a.yaml").write_text(flows)
        Path("flows/a.test.yaml").write_text(cases)
        return run_file(Path("flows/a.test.yaml"), Order(given, databases=databases))

    return running


def fates(result: FileResult) -> list[str]:
    assert not result.broken, result.broken
    return [each.status for each in result.results]


def told(result: FileResult) -> str:
    return "\n".join(each.text for each in result.results)


def left_behind() -> list[str]:
    """What lies in the folder beside the flows."""
    return sorted(path.name for path in Path().iterdir() if path.name != "flows")


@pytest.fixture
def upstream() -> Iterator[tuple[str, list[str]]]:
    """A service: its URL, and the requests that reached it."""
    asked: list[str] = []

    class Service(BaseHTTPRequestHandler):
        def answer(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(PAID)))
            self.end_headers()
            self.wfile.write(PAID)

        do_GET = do_POST = answer  # noqa: N815  # the library's names

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


# Databases


@pytest.mark.parametrize(
    "url",
    ["sqlite:///real.db", "sqlite:///{here}/real.db", "sqlite://", "sqlite+aiosqlite:///real.db"],
    ids=["a file", "an absolute file", "in memory", "over SQLAlchemy"],
)
def test_every_case_has_a_database_of_its_own(run: Run, tmp_path: Path, url: str) -> None:
    for _ in range(2):
        assert fates(run(ORDERS, COUNTED, **{"db.url": url.format(here=tmp_path)})) == ["passed", "passed"]
    assert left_behind() == []


def test_a_real_file_is_neither_read_nor_written(run: Run) -> None:
    import sqlite3

    with sqlite3.connect("real.db") as real:
        real.execute("CREATE TABLE orders(id VARCHAR(40))")
        real.execute("INSERT INTO orders VALUES('real')")
    before = Path("real.db").read_bytes()
    assert fates(run(ORDERS, COUNTED, **{"db.url": "sqlite:///real.db"})) == ["passed", "passed"]
    assert Path("real.db").read_bytes() == before
    assert left_behind() == ["real.db"]


TWO_CONFIGS = """
configs:
  Writer: {db:config: {url: "sqlite:///shop.db", initScript: "CREATE TABLE orders(id TEXT)"}}
  Reader: {db:config: {url: "sqlite:///shop.db", maxPoolSize: 2}}
  Other: {db:config: {url: "sqlite:///other.db"}}
flows:
  write: {steps: [{db:insert: {config-ref: Writer, sql: INSERT INTO orders VALUES('a')}}]}
  read: {steps: [{db:select: {config-ref: Reader, sql: SELECT id FROM orders}}]}
  other: {steps: [{db:select: {config-ref: Other, sql: SELECT id FROM orders}}]}
"""


def test_configs_of_one_url_share_the_database_and_no_others_do(run: Run) -> None:
    cases = """
cases:
  what one wrote another one reads:
    flow: write
    then: [{flow: read, expect: {payload: [{id: a}]}}, {flow: other, expect: {error: DB:BAD_SQL_SYNTAX}}]
  it begins anew: {flow: read, expect: {payload: []}}
"""
    assert fates(run(TWO_CONFIGS, cases)) == ["passed", "passed"]
    assert left_behind() == []


@pytest.mark.parametrize("mode", ["--chaos", "--mutate", "--coverage"])
def test_no_mode_touches_the_real_database(run: Run, mode: str) -> None:
    run(ORDERS.replace("${db.url}", "sqlite:///real.db"), COUNTED)
    command = [sys.executable, "-m", "engine.tools", "test", "flows", mode, "--workers", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stdout + done.stderr
    assert left_behind() == []


def test_no_other_file_can_be_had_by_sql(run: Run) -> None:
    flows = """
configs: {Db: {db:config: {url: "sqlite://"}}}
flows:
  copy: {steps: [{db:execute-ddl: {config-ref: Db, sql: "VACUUM INTO 'copy.db'"}}]}
"""
    result = run(flows, "cases: {it: {flow: copy, expect: {error: DB:QUERY_EXECUTION}}}")
    assert fates(result) == ["failed"]
    assert "ATTACH or VACUUM INTO of the file copy.db would leave the test" in told(result)
    script = flows.replace('"sqlite://"', '"sqlite://", initScript: "ATTACH \'real.db\' AS real"')
    assert "ATTACH or VACUUM INTO of the file real.db would leave the test" in told(
        run(script, "cases: {it: {steps: []}}")
    )
    assert left_behind() == []


def test_a_database_of_a_server_is_refused_and_it_is_said_how_to_have_one(run: Run) -> None:
    result = run(ORDERS, COUNTED, **{"db.url": "postgresql://shop@127.0.0.1:1/shop"})
    assert fates(result) == ["failed", "failed"]
    text = told(result)
    assert "this call of db:insert would leave the test, and no mock answers it" in text
    assert "mock: [{processor: db:insert, with: {sql:" in text
    assert "engine test --database postgresql://user@host/postgres" in text
    assert "real: [Orders_DB]" in text


def test_a_database_of_a_server_may_be_mocked(run: Run) -> None:
    cases = """
mock: [{processor: db:insert, return: {payload: {}}}, {processor: db:query-single, return: {payload: {n: 7}}}]
cases: {it answers: {post: /orders, given: {payload: {id: a}}, expect: {payload.n: 7}}}
"""
    assert fates(run(ORDERS, cases, **{"db.url": "postgresql://shop@127.0.0.1:1/shop"})) == ["passed"]


# Services

PAY = """
configs:
  Api: {http:listener-config: {port: 8081}}
  Payments:
    http:request-config: {url: "${pay.url}", reconnection: {failsDeployment: true, reconnect: {count: 0}}}
  Tokens:
    http:request-config:
      url: "${pay.url}"
      authentication: {client-credentials-grant-type: {clientId: a, clientSecret: b, tokenUrl: "${pay.url}/token"}}
flows:
  pay: {steps: [{http:request: {config-ref: Payments, path: /charges, method: POST}}]}
  granted: {steps: [{http:request: {config-ref: Tokens, path: /charges}}]}
  whole: {steps: [{http:request: {doc:name: Ask, url: "${pay.url}/whole"}}]}
  saved: {steps: [{http:request: {url: "${pay.url}/file", saveTo: answer.json}}]}
  careless:
    steps:
      - try: {steps: [{flow-ref: {name: pay}}], error-handler: [{on-error-continue: {}}]}
"""


@pytest.mark.parametrize(
    ("flow", "expect", "mock", "real"),
    [
        ("pay", "{}", "{processor: http:request, with: {path: /charges, method: POST}, return: {payload", "Payments"),
        ("pay", "{error: HTTP:CONNECTIVITY}", "{processor: http:request, with: {path: /charges", "Payments"),
        ("granted", "{}", "{processor: http:request, with: {path: /charges}, return: {payload: {}}}", "Tokens"),
        ("whole", "{}", "{processor: Ask, return: {payload: {}}}", "Ask"),
        ("saved", "{}", "{processor: http:request, with: {url:", "http:request"),
        ("careless", "{error: null}", "{processor: http:request, with: {path: /charges", "Payments"),
    ],
)  # fmt: skip
def test_a_call_that_no_mock_answers_fails_the_case_with_the_mock_to_write(
    run: Run, upstream: tuple[str, list[str]], flow: str, expect: str, mock: str, real: str
) -> None:
    url, asked = upstream
    result = run(PAY, f"cases: {{it: {{flow: {flow}, expect: {expect}}}}}", **{"pay.url": url})
    assert fates(result) == ["failed"]
    assert f"mock: [{mock}" in told(result)
    assert f"real: [{real}]" in told(result)
    assert asked == []
    assert left_behind() == []


@pytest.mark.parametrize(
    ("real", "flow", "path"),
    [("Payments", "pay", "POST /charges"), ("Ask", "whole", "GET /whole"), ("http:request", "whole", "GET /whole"),
     ("pay/steps/0", "pay", "POST /charges")],
)  # fmt: skip
def test_what_is_real_by_name_goes_out(
    run: Run, upstream: tuple[str, list[str]], real: str, flow: str, path: str
) -> None:
    url, asked = upstream
    case = f"real: ['{real}']\ncases: {{it: {{flow: {flow}, expect: {{error: null}}}}}}"
    assert fates(run(PAY, case, **{"pay.url": url})) == ["passed"]
    assert asked == [path]


@pytest.mark.parametrize("hook", ["before-all", "before-each", "after-each", "after-all"])
def test_hooks_are_kept_inside_too(run: Run, upstream: tuple[str, list[str]], hook: str) -> None:
    url, asked = upstream
    cases = f"{hook}: [{{flow-ref: {{name: pay}}}}]\ncases: {{it: {{steps: []}}}}"
    result = run(PAY, cases, **{"pay.url": url})
    assert result.has_failed
    assert "would leave the test" in told(result) + result.broken
    assert asked == []


def test_the_keys_of_a_url_are_not_fetched(run: Run, upstream: tuple[str, list[str]]) -> None:
    url, asked = upstream
    flows = f"""
configs: {{Api: {{http:listener-config: {{port: 8081}}}}}}
flows:
  mine:
    source: {{http:listener: {{config-ref: Api, path: /mine, allowedMethods: GET}}}}
    steps:
      - security:jwt: {{algorithms: RS256, jwks: {url}/keys}}
      - set-payload: {{value: "#[vars.authentication.principal]"}}
"""
    token = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.c2lnbmVk"  # noqa: S105  # signed by nobody
    cases = f"""
cases:
  no token needs no keys: {{get: /mine, expect: {{status: 401}}}}
  a token does: {{get: /mine, given: {{headers: {{authorization: Bearer {token}}}}}, expect: {{status: 503}}}}
  a mock says who calls:
    get: /mine
    mock: [{{processor: security:jwt, return: {{vars: {{authentication: {{principal: ada}}}}}}}}]
    expect: {{payload: ada}}
"""
    result = run(flows, cases)
    assert fates(result) == ["passed", "failed", "passed"]
    assert f"GET {url}/keys would leave the test" in told(result)
    assert "mock: [{processor: security:jwt, with: {algorithms: RS256," in told(result)
    assert "return: {vars: {authentication: {}}}}]" in told(result)
    assert asked == []
    assert fates(run(flows, f"real: [security:jwt]\n{cases}")) == ["passed", "passed", "passed"]
    assert asked == ["GET /keys"]


def test_a_case_may_expect_the_refusal_itself(run: Run) -> None:
    cases = "cases: {it: {flow: pay, expect: {error.description: {$contains: no mock answers it}}}}"
    assert fates(run(PAY, cases, **{"pay.url": "http://127.0.0.1:1"})) == ["passed"]


def test_own_elements_that_go_out_are_refused_unless_they_stay_inside(run: Run) -> None:
    package = Path("shop_outside")
    package.mkdir()
    (package / "ask.py").write_text(
        "from engine import Event, Operation\n\n\n"
        "class Ask(Operation):\n"
        '    """Ask somebody."""\n\n'
        "    is_outward = True\n\n"
        "    async def run(self, event: Event) -> Event:\n"
        "        return self.deliver(event, 'asked')\n"
    )
    (package / "look.py").write_text(
        (package / "ask.py")
        .read_text()
        .replace("class Ask", "class Look")
        .replace("is_outward = True", "is_outward = True\n    reaches_outside = False")
    )
    sys.path.insert(0, str(Path().absolute()))
    flows = "flows: {a: {steps: [{ask: {}}]}, b: {steps: [{look: {}}]}}"
    Path("flows").mkdir()
    Path("flows/a.yaml").write_text(flows)
    Path("flows/a.test.yaml").write_text("cases: {a: {flow: a}, b: {flow: b, expect: {payload: asked}}}")
    result = run_file(Path("flows/a.test.yaml"), Order(processors=("shop_outside",)))
    sys.path.pop(0)
    assert fates(result) == ["failed", "passed"]


def test_a_name_under_real_must_mean_something(run: Run) -> None:
    result = run(PAY, "real: [Paymens]\ncases: {it: {steps: []}}", **{"pay.url": "http://127.0.0.1:1"})
    assert "F701 'Paymens' under 'real'" in result.broken
    assert "write: Payments" in result.broken


def test_offline_refuses_databases_and_stores_too(run: Run) -> None:
    flows = ORDERS + "  keep: {steps: [{os:store: {key: a, value: 1}}]}\n"
    cases = "offline: true\ncases: {a: {post: /orders, given: {payload: {id: 1}}}, b: {flow: keep}}"
    result = run(flows, cases, **{"db.url": "sqlite://"})
    assert fates(result) == ["failed", "failed"]
    assert "this call of os:store would leave the test" in told(result)


# What is persistent


def test_stores_queues_and_the_data_folder_are_not_touched(run: Run) -> None:
    flows = """
configuration: {dataDir: data}
configs:
  Kept: {os:object-store: {persistent: true}}
  Queues: {vm:config: {queues: [{queueName: q, queueType: PERSISTENT}]}}
flows:
  keep:
    steps:
      - os:increment: {objectStore: Kept, key: n, target: n}
      - vm:publish: {config-ref: Queues, queueName: q, content: hi}
      - set-payload: {value: "#[vars.n]"}
"""
    for _ in range(2):
        cases = "cases: {a: {flow: keep, expect: {payload: 1}}, b: {flow: keep, expect: {payload: 1}}}"
        assert fates(run(flows, cases)) == ["passed", "passed"]
    assert left_behind() == []


# The environment

NAMED = "flows: {who: {steps: [{set-payload: {value: '${shop.name:nobody}'}}]}}"


@pytest.mark.parametrize(
    ("said", "payload"),
    [("", "nobody"), ("environment: [SHOP_NAME]", "North"), ("environment: [shop.name]", "North"),
     ("environment: true", "North"), ("environment: false", "nobody"), ("environment: [OTHER]", "nobody"),
     ("set: {shop.name: South}\nenvironment: true", "South")],
)  # fmt: skip
def test_the_environment_reaches_a_test_only_where_it_says_so(
    run: Run, monkeypatch: pytest.MonkeyPatch, said: str, payload: str
) -> None:
    monkeypatch.setenv("SHOP_NAME", "North")
    assert fates(run(NAMED, f"{said}\ncases: {{it: {{flow: who, expect: {{payload: {payload}}}}}}}")) == ["passed"]


def test_what_has_no_value_in_a_test_is_told_with_what_gives_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_NAME", "North")
    result = run(NAMED.replace(":nobody", ""), "cases: {it: {flow: who}}")
    assert "'${shop.name}', for which there is no value" in result.broken
    assert "set: {shop.name: …} or environment: [SHOP_NAME] in the test file" in result.broken


@pytest.mark.parametrize(("key", "value"), [("environment", "SHOP"), ("environment", "{a: b}"), ("real", "Payments")])
def test_what_is_no_list_is_a_mistake(run: Run, key: str, value: str) -> None:
    assert f"'{key}'" in run(NAMED, f"{key}: {value}\ncases: {{it: {{flow: who}}}}").broken


# From Python


def test_fixtures_are_kept_inside(flow_app: Any, run_flow: Any, tmp_path: Path, upstream: Any) -> None:
    url, asked = upstream
    (tmp_path / "a.yaml").write_text(PAY)
    flow_app(tmp_path, properties={"pay.url": url})
    with pytest.raises(Unmocked, match=r"mock: \[\{processor: http:request, with: \{path: /charges"):
        run_flow("careless")
    assert asked == []
    flow_app(tmp_path, properties={"pay.url": url}, real=["Ask"])
    assert run_flow("whole").payload == {"paid": "real"}
    assert asked == ["GET /whole"]


def test_a_step_of_the_fixture_has_a_database_of_its_own(run_step: Any, tmp_path: Path) -> None:
    configs = f"Db: {{db:config: {{url: 'sqlite:///{tmp_path}/real.db', initScript: CREATE TABLE a(b)}}}}"
    for _ in range(2):
        assert run_step("- db:insert: {config-ref: Db, sql: INSERT INTO a VALUES(1)}", configs=configs).payload
    assert list(tmp_path.iterdir()) == []


def test_a_step_of_the_fixture_may_be_real(run_step: Any, upstream: Any) -> None:
    url, asked = upstream
    step = f"- http:request: {{url: {url}/x}}"
    with pytest.raises(Unmocked):
        run_step(step)
    assert run_step(step, real=["http:request"]).payload == {"paid": "real"}
    assert asked == ["GET /x"]
