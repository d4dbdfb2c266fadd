"""`Reload`: new flows take the place of those that run; a mistake leaves all as it was."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_clock import FakeClock
from loopback import Upstream, in_loop, serving, until

from engine import Application, LoadError, StartError
from engine.application import ReloadError
from engine.operation.addresses import Serving, Where
from engine.operation.reload import Reload, Reloaded
from engine.parameters.element import Element

HELLO = """
configs:
  Api: {http:listener-config: {port: 0}}
flows:
  hello:
    source: {http:listener: {config-ref: Api, path: /hello}}
    steps: [{set-payload: {value: %s}}]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "flows.yaml"


def write(file: Path, text: str) -> None:
    file.write_text(text)


@asynccontextmanager
async def listening(app: Application) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(app.asgi(api_docs=True)) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client,
    ):
        yield client


def counted(app: Application) -> dict[str, float]:
    """How many events each flow has had."""
    (series,) = (family.series for family in app.measures if family.name == "engine_flow_events_total")
    return {flow: read() or 0.0 for (flow,), read in series.items() if callable(read)}


# What is served


@in_loop
async def test_a_changed_flow_answers_anew_and_one_that_is_gone_no_more(file: Path) -> None:
    write(file, HELLO % "one" + HELLO.partition("flows:")[2].replace("hello", "bye") % "bye")
    app = Application.load(file)
    async with listening(app) as client:
        assert [(await client.get(path)).text for path in ("/hello", "/bye")] == ["one", "bye"]
        write(file, HELLO % "two")
        changes = await app.reload()
        assert (changes.flows_changed, changes.flows_removed) == (("hello",), ("bye",))
        assert (await client.get("/hello")).text == "two"
        assert (await client.get("/bye")).status_code == 404
        assert list((await client.get("/openapi.json")).json()["paths"]) == ["/hello"]
        assert (await client.get("/-/ready")).status_code == 200


ASKS = """
configs:
  Api: {http:listener-config: {port: 0}}
  Up: {http:request-config: {url: "${up}", responseTimeout: 20s, connectionTimeout: %s}}
flows:
  ask:
    source: {http:listener: {config-ref: Api, path: /ask}}
    steps: [{http:request: {config-ref: Up, path: /}}, {flow-ref: {name: mark}}]
  mark: {steps: [{set-payload: {value: %s}}]}
"""


@in_loop
async def test_an_event_ends_with_the_steps_and_on_the_connections_with_which_it_began(file: Path) -> None:
    """Its config, which is defined anew meanwhile, is stopped after it, not before."""
    write(file, ASKS % ("9s", "one"))
    upstream = Upstream()
    async with serving(upstream) as up:
        app = Application.load(file, properties={"up": up}, metrics=True)
        async with listening(app) as client:
            upstream.gate.clear()
            waiting = asyncio.create_task(client.get("/ask"))
            await until(lambda: upstream.in_flight == 1)
            former: Any = app.parts.configs["Up"]
            write(file, ASKS % ("8s", "two"))
            await app.reload()
            await asyncio.sleep(0.1)
            assert not former.client._sessions[False].closed
            assert counted(app) == {"ask": 1}
            upstream.gate.set()
            assert (await waiting).text == "one"
            await app.none_retiring()
            assert not former.client._sessions
            assert (await client.get("/ask")).text == "two"


@in_loop
async def test_a_config_that_is_defined_as_before_is_the_same_one(file: Path) -> None:
    write(file, ASKS % ("9s", "one"))
    async with Application.load(file, properties={"up": "http://127.0.0.1:1"}) as app:
        former = app.parts.configs["Up"]
        write(file, "# moved\n" + ASKS % ("9s", "two"))
        assert (await app.reload()).configs_kept == ("Api", "Up")
        assert app.parts.configs["Up"] is former
        assert former.runtime is app.parts.runtime


FILES = {
    "properties.yaml": ("text: one", "text: two", "configuration-properties: {file: properties.yaml}", "${text}"),
    "answer.properties": ("text=one", "text=two", "configuration-properties: {file: answer.properties}", "${text}"),
    "answer.txt": ("one", "two", "", "#[resource('answer.txt')]"),
    "defaults": ("", "", "properties: {text: one}", "#[p('text')]"),
}


@pytest.mark.parametrize(("name", "values"), FILES.items(), ids=list(FILES))
@in_loop
async def test_files_beside_the_flows_are_read_again(file: Path, name: str, values: tuple[str, ...]) -> None:
    one, two, head, value = values
    flows = f'{head}\nflows: {{say: {{steps: [{{set-payload: {{value: "{value}"}}}}]}}}}'
    write(file, flows)
    (file.parent / name).write_text(one)
    async with Application.load(file) as app:
        assert (await app.run("say")).payload == "one"
        (file.parent / name).write_text(two)
        write(file, flows.replace("text: one", "text: two"))
        await app.reload()
        assert (await app.run("say")).payload == "two"


@in_loop
async def test_a_config_is_opened_anew_if_a_file_that_it_names_has_changed(file: Path) -> None:
    write(file, "configs: {D: {db:config: {url: 'sqlite://', initScript: make.sql}}}\nflows: {a: {steps: []}}")
    script = file.parent / "make.sql"
    script.write_text("CREATE TABLE a(i)")
    async with Application.load(file) as app:
        assert (await app.reload()).configs_kept == ("D",)
        script.write_text("CREATE TABLE b(i)")
        assert (await app.reload()).configs_started == ("D",)


@in_loop
async def test_a_config_that_refers_to_a_changed_one_or_reads_a_property_changes_too(file: Path) -> None:
    text = """
properties: {agent: %s}
configs:
  Plain: {http:request-config: {url: "http://127.0.0.1:1"}}
  Reads: {http:request-config: {url: "http://127.0.0.1:1", headers: {user-agent: "#[p('agent')]"}}}
flows: {a: {steps: []}}
"""
    write(file, text % "one")
    async with Application.load(file) as app:
        write(file, text % "two")
        assert (await app.reload()).configs_kept == ("Plain",)


@in_loop
async def test_a_flow_that_was_stopped_stays_stopped(file: Path) -> None:
    write(file, HELLO % "one")
    app = Application.load(file)
    async with listening(app) as client:
        await app.stop_flow("hello")
        write(file, HELLO % "two")
        await app.reload()
        assert (await client.get("/hello")).status_code == 503
        await app.start_flow("hello")
        assert (await client.get("/hello")).text == "two"


@in_loop
async def test_counts_go_on_and_those_of_flows_that_are_gone_are_forgotten(file: Path) -> None:
    bye = HELLO.partition("flows:")[2].replace("hello", "bye") % 1
    write(file, HELLO % "one" + bye)
    app = Application.load(file, metrics=True)
    app.measures.counter("process_things_total", "Of the process").value = 7
    async with listening(app) as client:
        for path in ("/hello", "/bye"):
            await client.get(path)
        write(file, HELLO % "two")
        await app.reload()
        await client.get("/hello")
        assert counted(app) == {"hello": 2}
        write(file, (HELLO % "two").replace("set-payload", "set-paylod"))
        with pytest.raises(LoadError):
            await app.reload()
        write(file, HELLO % "three" + bye)
        await app.reload()
        await client.get("/bye")
        assert counted(app) == {"hello": 2, "bye": 1}
        assert app.measures.counter("process_things_total", "Of the process").value == 7


# Mistakes

DOWN = "configs: {D: {db:config: {url: 'sqlite:////nowhere/x.db', initScript: SELECT 1}}}\n"
WRONG = {
    "a mistake": (HELLO % "two").replace("set-payload", "set-paylod"),
    "no YAML": "flows: [",
    "nothing to serve": "flows: {a: {steps: []}}",
    "a config that cannot be started": HELLO.replace(
        "configs:", "configs:\n  D: {db:config: {url: 'sqlite:////nowhere/x.db', initScript: SELECT 1}}"
    ) % "two",
    "data elsewhere": "configuration: {dataDir: elsewhere}" + HELLO % "two",
    "a port that is taken": (HELLO % "two").replace("port: 0", "port: TAKEN"),
}  # fmt: skip
SAYS = {
    "a mistake": "F102 unknown element 'set-paylod'",
    "no YAML": "F101",
    "nothing to serve": "no flow has a source",
    "a config that cannot be started": "the config 'D' cannot be started",
    "data elsewhere": "that takes a restart",
    "a port that is taken": "cannot listen at",
}


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.mark.parametrize("what", WRONG)
@in_loop
async def test_a_mistake_leaves_what_was_served(
    file: Path, what: str, taken: int, caplog: pytest.LogCaptureFixture
) -> None:
    write(file, HELLO % "one")
    caplog.set_level("INFO", "engine")
    app = Application.load(file)
    flows = Serving(app, Where(), Where().addresses(app.flows.values()))
    for address in flows.addresses:
        address.listen()
    reloading = Reload(app, flows.prepare)
    async with listening(app) as client:
        write(file, WRONG[what].replace("TAKEN", str(taken)))
        outcome = await reloading.reload()
        assert not outcome.is_done
        assert SAYS[what] in outcome.mistakes[0]
        assert [each.message for each in caplog.records if each.levelname == "ERROR"][-1].startswith("reload: refused")
        assert SAYS[what] in caplog.text
        assert outcome.as_json()["mistakes"] == list(outcome.mistakes)
        assert (await client.get("/hello")).text == "one"
        write(file, HELLO % "three")
        assert (await reloading.reload()).is_done
        assert (await client.get("/hello")).text == "three"
    for address in flows.addresses:
        assert address.listening is not None
        address.listening.close()


@in_loop
async def test_what_failed_to_start_leaves_queues_and_schedulers_as_they_were(file: Path) -> None:
    text = """
configs:
  Q: {vm:config: {queues: [{queueName: q, maxOutstandingMessages: %s}]}}
  S: {os:object-store: {persistent: false}}
flows:
  put: {steps: [{vm:publish: {config-ref: Q, queueName: q, timeout: 10ms}}]}
  take:
    source: {vm:listener: {config-ref: Q, queueName: q}}
    maxConcurrency: %s
    steps: [{os:increment: {objectStore: S, key: n}}]
  taken: {steps: [{os:retrieve: {objectStore: S, key: n}}]}
"""
    write(file, text % (5, 2))
    app = Application.load(file)
    await app.listen()
    write(
        file, text.replace("configs:", DOWN.partition("\n")[0].replace("{D", "\n  D").replace("}}}", "}}"), 1) % (1, 1)
    )
    with pytest.raises(Exception, match="cannot be started"):
        await app.reload()
    queue = app.parts.configs["Q"].queue("q")  # type: ignore[attr-defined]  # a vm:config
    assert queue._limit == 5
    await app.run("put", 1)
    await until(lambda: len(queue) == 0)
    await asyncio.sleep(0.05)
    assert (await app.run("taken")).payload == 1
    await app.stop()


FAILS = '''
from engine import FlowError, Served, Source

class Fails(Source):
    """Never start."""

    async def start(self, flow: Served) -> None:
        raise FlowError("APP:NO", "not today")
'''


@in_loop
async def test_a_source_that_cannot_start_leaves_a_scheduler_its_beat(file: Path, package: str) -> None:
    """The new one has begun already when the source after it fails."""
    (file.parent / "packages" / package / "fails.py").write_text(FAILS)
    text = """
configs: {S: {os:object-store: {persistent: false}}}
flows:
  tick:
    source: {scheduler: {fixed-frequency: {frequency: 10s}}}
    steps: [{os:increment: {objectStore: S, key: n}}]
  ticks: {steps: [{os:retrieve: {objectStore: S, key: n}}]}
"""
    clock = FakeClock()
    write(file, text)
    app = Application.load(file, processors=[package], clock=clock)
    await app.listen()
    await clock.advance(1)
    write(file, text + "  fails: {source: {fails: {}}, steps: []}")
    for _ in range(3):
        with pytest.raises(StartError, match="not today"):
            await app.reload()
        await clock.advance(1)
    assert (await app.run("ticks")).payload == 1
    await clock.advance(7)
    assert (await app.run("ticks")).payload == 2
    await app.stop()


@in_loop
async def test_a_secret_of_the_new_flows_is_not_told(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(file, HELLO % "one")
    app, hidden = Application.load(file), set[str]()
    await app.listen()
    url = "sqlite:////nowhere/${secret:word:verysecret}.db"
    write(file, HELLO.replace("configs:", f"configs:\n  D: {{db:config: {{url: '{url}', initScript: SELECT 1}}}}") % 1)
    outcome = await Reload(app, loaded=hidden.update).reload()
    assert not outcome.is_done
    assert "verysecret" not in "".join(outcome.mistakes) + caplog.text
    assert "verysecret" in hidden
    await app.stop()


# At the same time


@in_loop
async def test_who_asks_during_a_reload_gets_the_next_which_all_share(file: Path) -> None:
    write(file, HELLO % 0)
    app, loads = Application.load(file), 0

    def loaded(secrets: frozenset[str]) -> None:
        nonlocal loads
        loads += 1

    await app.listen()
    reloading = Reload(app, loaded=loaded)
    first = asyncio.create_task(reloading.reload())
    await asyncio.sleep(0)
    write(file, HELLO % 2)
    others = [asyncio.create_task(reloading.reload()) for _ in range(5)]
    outcomes = await asyncio.gather(first, *others)
    assert loads == 2
    assert all(outcome is outcomes[1] for outcome in outcomes[2:])
    assert (await app.run("hello")).payload == 2
    await app.stop()


@in_loop
async def test_one_who_does_not_wait_for_the_outcome_does_not_end_the_reload(file: Path) -> None:
    write(file, HELLO % 1)
    app = Application.load(file)
    reloading = Reload(app)
    write(file, HELLO % 2)
    waiting = asyncio.create_task(reloading.reload())
    other = asyncio.create_task(reloading.reload())
    await asyncio.sleep(0.01)
    waiting.cancel()
    assert (await other).is_done
    assert (await app.run("hello")).payload == 2
    await app.stop()


@in_loop
async def test_the_application_ends_while_it_is_loaded_again(file: Path) -> None:
    write(file, HELLO % 1)
    app = Application.load(file)
    await app.listen()
    reloading = asyncio.create_task(app.reload())
    await asyncio.sleep(0)
    await app.stop_sources()
    with pytest.raises(ReloadError, match="ends"):
        await reloading
    await app.stop()


@in_loop
async def test_the_end_waits_for_events_of_the_flows_before(file: Path) -> None:
    write(file, ASKS % ("9s", "one"))
    upstream = Upstream()
    async with serving(upstream) as up:
        app = Application.load(file, properties={"up": up})
        async with listening(app) as client:
            upstream.gate.clear()
            waiting = asyncio.create_task(client.get("/ask"))
            await until(lambda: upstream.in_flight == 1)
            write(file, ASKS % ("8s", "two"))
            await app.reload()
            asyncio.get_running_loop().call_later(0.2, upstream.gate.set)
            assert (await waiting).text == "one"


@in_loop
async def test_an_application_that_has_not_started_or_has_stopped_can_be_loaded_again(file: Path) -> None:
    write(file, HELLO % 1)
    app = Application.load(file)
    for value in (2, 3):
        write(file, HELLO % value)
        await app.reload()
        assert (await app.run("hello")).payload == value
        await app.stop()


@in_loop
async def test_one_that_was_not_loaded_from_files_says_so(file: Path) -> None:
    write(file, HELLO % 1)
    with pytest.raises(ReloadError, match="not loaded from files"):
        await Application(Application.load(file).parts).reload()


# Modules

SHOUT = '''
from engine import Event, Processor
from %(package)s._words import WORD

class Shout(Processor):
    """Say a word."""

    async def run(self, event: Event) -> Event:
        return event.with_payload(WORD)
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = f"shop_of_{tmp_path.name}"
    folder = tmp_path / "packages" / name
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "_words.py").write_text("WORD = 'one'")
    (folder / "shout.py").write_text(SHOUT % {"package": name})
    monkeypatch.syspath_prepend(str(folder.parent))
    yield name
    for module in [each for each in sys.modules if each.startswith(name)]:
        del sys.modules[module]


@in_loop
async def test_modules_of_the_project_are_imported_anew_if_one_has_changed(file: Path, package: str) -> None:
    words = file.parent / "packages" / package / "_words.py"
    write(file, "flows: {say: {steps: [{shout: {}}]}}")
    async with Application.load(file, processors=[package]) as app:
        former = app.flows["say"]
        assert (await app.reload()).modules == ()
        words.write_text("WORD = 'two'")
        assert f"{package}.shout" in (await app.reload()).modules
        assert (await app.run("say")).payload == "two"
        assert former is not app.flows["say"]
        words.write_text("WORD = nothing")
        with pytest.raises(LoadError, match="cannot be imported: name 'nothing'"):
            await app.reload()
        assert (await app.run("say")).payload == "two"
        assert sys.modules[f"{package}._words"].WORD == "two"
        words.write_text("WORD = 'three'")
        await app.reload()
        assert (await app.run("say")).payload == "three"


@in_loop
async def test_a_python_function_is_the_one_of_its_file_now(file: Path) -> None:
    name = f"sums_of_{file.parent.name}"
    module = file.parent / f"{name}.py"
    write(file, f"flows: {{say: {{steps: [{{python: {{function: '{name}:say'}}}}]}}}}")
    module.write_text("def say() -> int: return 1")
    async with Application.load(file) as app:
        assert (await app.run("say")).payload == 1
        module.write_text("def say() -> int: return 2")
        await app.reload()
        assert (await app.run("say")).payload == 2


# Memory

ALL_KINDS = """
configs:
  Api: {http:listener-config: {port: 0}}
  Up: {http:request-config: {url: "http://127.0.0.1:1", headers: {x: "#[vars.x]"}}}
  Q: {vm:config: {queues: [{queueName: q}]}}
  D: {db:config: {url: "sqlite://", initScript: CREATE TABLE IF NOT EXISTS t(i)}}
flows:
  hello:
    source: {http:listener: {config-ref: Api, path: /, rateLimit: {limit: 900}, idempotency: {}}}
    steps:
      - cache: {steps: [{flow-ref: {name: other}}]}
      - logger: {message: "%s #[lookup('small', payload)]"}
  other:
    source: {vm:listener: {config-ref: Q, queueName: q, redelivery-policy: {}}}
    steps:
      - db:insert: {config-ref: D, sql: INSERT INTO t VALUES(1)}
      - async: {steps: [{round-robin: {routes: [{steps: [{flow-ref: {name: small}}]}, {steps: []}]}}]}
  small: {steps: [{circuit-breaker: {name: c, steps: [{validation:is-true: {expression: "'1' == '1'"}}]}}]}
  asks: {steps: [{http:request: {config-ref: Up, path: /}}]}
  tick: {source: {scheduler: {fixed-frequency: {frequency: 20}}}, steps: [{flow-ref: {name: other}}]}
"""


@in_loop
async def test_nothing_is_left_of_what_was_served(file: Path) -> None:
    """The garbage collector is not needed for it: a server keeps it from looking at what was loaded."""
    write(file, ALL_KINDS % "first")
    app = Application.load(file)
    sizes: list[int] = []
    async with listening(app) as client:
        for number in range(20):
            assert (await client.get("/")).status_code == 200
            gone = [weakref.ref(each) for each in (*app.flows.values(), app.parts.runtime, app._edition)]
            write(file, ALL_KINDS % f"{number:03}" if number % 5 else "flows: {a: {steps: [{b: {}}]}}")
            with suppress(LoadError):
                await app.reload()
                await app.none_retiring()
                await asyncio.sleep(0.01)
                assert [each() for each in gone if each()] == []
            if number % 5 == 4:
                sizes.append(sum(isinstance(each, Element) for each in gc.get_objects()))
    assert max(sizes) - min(sizes) < 50, sizes


@in_loop
async def test_classes_of_modules_that_were_imported_anew_are_freed(file: Path, package: str) -> None:
    words = file.parent / "packages" / package / "_words.py"
    write(file, "flows: {say: {steps: [{shout: {}}]}}")
    async with Application.load(file, processors=[package]) as app:
        former = weakref.ref(type(app.flows["say"].steps.steps[0].processor))
        words.write_text("WORD = 'two'")
        await app.reload()
        await app.none_retiring()
        await asyncio.sleep(0.01)
        gc.collect()
        assert former() is None


# The outcome


def test_an_outcome_as_json() -> None:
    assert Reloaded(None, ("a mistake",), 0.1234).as_json() == {
        "reloaded": False, "seconds": 0.123, "mistakes": ["a mistake"],
    }  # fmt: skip
