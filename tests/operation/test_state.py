"""What a reload leaves as it is: all that flows have counted, stored, opened and queued, unless it is defined anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_clock import FakeClock
from loopback import in_loop, serving

from engine import Application, FlowError
from engine.succession import Changes

API = "Api: {http:listener-config: {port: 0}}"


class Flows:
    """An application whose file is written again."""

    def __init__(self, folder: Path, text: str, **options: Any) -> None:
        self.file = folder / "flows.yaml"
        self.file.write_text(text)
        self.app = Application.load(self.file, properties={"dir": str(folder)}, **options)

    async def become(self, text: str) -> Changes:
        self.file.write_text(text)
        changes = await self.app.reload()
        await self.app.none_retiring()
        return changes

    async def run(self, name: str, payload: Any = None) -> Any:
        return (await self.app.run(name, payload)).payload


@asynccontextmanager
async def flows(folder: Path, text: str, **options: Any) -> AsyncIterator[Flows]:
    held = Flows(folder, text, **options)
    await held.app.listen()
    try:
        yield held
    finally:
        await held.app.stop(0.1)


COUNTS = {
    "a store in memory": (
        "configs: {S: {os:object-store: {persistent: false}}}\n"
        "flows: {count: {steps: [{os:increment: {objectStore: S, key: k}}]}}",
        "persistent: false", "persistent: false, maxEntries: 9",
    ),
    "a store in a file": (
        "configuration: {dataDir: '${dir}/data'}\nconfigs: {S: {os:object-store: {}}}\n"
        "flows: {count: {steps: [{os:increment: {objectStore: S, key: k}}]}}",
        "os:object-store: {}", "os:object-store: {maxEntries: 9}",
    ),
    "a database in memory": (
        "configs: {D: {db:config: {url: 'sqlite://', initScript: CREATE TABLE IF NOT EXISTS t(i)}}}\n"
        "flows: {count: {steps: [{db:insert: {config-ref: D, sql: INSERT INTO t VALUES(1)}},"
        " {db:select: {config-ref: D, sql: SELECT count(*) AS n FROM t}}, {set-payload: {value: '#[payload[0].n]'}}]}}",
        "initScript: CREATE", "maxWait: 9s, initScript: CREATE",
    ),
    "the turns of round-robin": (
        "flows: {count: {steps: [{round-robin: {routes: [{steps: [{set-payload: {value: 1}}]},"
        " {steps: [{set-payload: {value: 2}}]}, {steps: [{set-payload: {value: 3}}]}]}}]}}",
        "value: 3", "value: '#[3]'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "before", "after"), COUNTS.values(), ids=list(COUNTS))
@in_loop
async def test_counting_goes_on(tmp_path: Path, text: str, before: str, after: str) -> None:
    """With a definition that is the same, and with another one of the same name."""
    is_database = "db:config" in text
    async with flows(tmp_path, text) as held:
        assert await held.run("count") == 1
        await held.become(text + "\n  # a comment")
        assert await held.run("count") == 2
        if not is_database:
            await held.become(text.replace(before, after))
            assert await held.run("count") == 3


@in_loop
async def test_a_database_of_another_url_is_another_one(tmp_path: Path) -> None:
    text = COUNTS["a database in memory"][0].replace("'sqlite://'", "'sqlite:///${dir}/a.db'")
    async with flows(tmp_path, text) as held:
        assert await held.run("count") == 1
        changes = await held.become(text.replace("a.db", "b.db"))
        assert (changes.configs_started, changes.configs_stopped, changes.configs_kept) == (("D",), ("D",), ())
        assert await held.run("count") == 1
        await held.become(text)
        assert await held.run("count") == 2


@in_loop
async def test_another_script_of_a_database_in_memory_leaves_its_rows(tmp_path: Path) -> None:
    text = COUNTS["a database in memory"][0]
    async with flows(tmp_path, text) as held:
        await held.run("count")
        changes = await held.become(text.replace("CREATE TABLE IF NOT EXISTS t(i)", "CREATE TABLE more(i)"))
        assert changes.configs_started == ("D",)
        assert await held.run("count") == 2


BREAKER = """
flows:
  call:
    steps:
      - circuit-breaker: {name: shop, maxFailures: 2, openFor: 60s, steps: [{raise-error: {type: "SHOP:DOWN"}}]}
"""


async def type_of(call: Any) -> str:
    try:
        await call
    except FlowError as failure:
        return str(failure.type)
    return ""


@in_loop
async def test_an_open_circuit_stays_open_and_one_with_other_settings_begins_closed(tmp_path: Path) -> None:
    clock = FakeClock()
    async with flows(tmp_path, BREAKER, clock=clock) as held:
        assert [await type_of(held.run("call")) for _ in range(3)] == ["SHOP:DOWN"] * 2 + ["MULE:CIRCUIT_OPEN"]
        await held.become(BREAKER.replace("SHOP:DOWN", "SHOP:AWAY"))
        assert await type_of(held.run("call")) == "MULE:CIRCUIT_OPEN"
        await clock.advance(61)
        assert await type_of(held.run("call")) == "SHOP:AWAY"
        await held.become(BREAKER.replace("maxFailures: 2", "maxFailures: 3"))
        assert await type_of(held.run("call")) == "SHOP:DOWN"


@in_loop
async def test_a_circuit_that_nothing_names_any_more_is_forgotten(tmp_path: Path) -> None:
    nothing = "flows: {call: {steps: []}}"
    async with flows(tmp_path, BREAKER) as held:
        for _ in range(2):
            await type_of(held.run("call"))
        await held.become(nothing)
        await held.become(nothing + "\n")
        await held.become(BREAKER)
        assert await type_of(held.run("call")) == "SHOP:DOWN"


CACHE = """
flows:
  price: {steps: [{cache: {key: payload, steps: [{flow-ref: {name: ask}}]}}]}
  ask: {steps: [{os:increment: {key: asked, target: n}}, {set-payload: {value: "%s #[vars.n]"}}]}
  other: {steps: [{set-payload: {value: %s}}]}
configuration: {dataDir: "${dir}/data"}
"""


@in_loop
async def test_a_cache_lives_on_unless_what_it_remembers_would_be_another(tmp_path: Path) -> None:
    async with flows(tmp_path, CACHE % ("a", 1)) as held:
        assert await held.run("price", "pear") == "a 1"
        await held.become(CACHE % ("a", 2))
        assert await held.run("price", "pear") == "a 1"
        await held.become(CACHE % ("b", 2))  # in the flow that its steps refer to
        assert await held.run("price", "pear") == "b 2"


@in_loop
async def test_a_message_that_was_seen_stays_seen(tmp_path: Path) -> None:
    text = "flows: {once: {steps: [{idempotent-message-validator: {idExpression: payload}}, {logger: {message: %s}}]}}"
    async with flows(tmp_path, text % "a") as held:
        assert await held.run("once", 7) == 7
        await held.become(text % "b")
        assert await type_of(held.run("once", 7)) == "MULE:DUPLICATE_MESSAGE"
        await held.become(text.replace("validator: {", "validator: {'doc:name': x, ") % "b")
        assert await type_of(held.run("once", 7)) == "MULE:DUPLICATE_MESSAGE"


LISTENER = """
configs: {%s}
flows:
  hello:
    source: {http:listener: {config-ref: Api, path: /, %s}}
    steps: [{os:increment: {key: runs}}, {set-payload: {value: "%s #[payload]"}}]
configuration: {dataDir: "${dir}/data"}
"""


@asynccontextmanager
async def served(held: Flows) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(held.app.asgi()) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client,
    ):
        yield client


@in_loop
async def test_the_count_of_a_rate_limit_lives_on(tmp_path: Path) -> None:
    limit = "rateLimit: {limit: 2, period: 1h}"
    async with flows(tmp_path, LISTENER % (API, limit, "a")) as held, served(held) as client:
        assert (await client.get("/")).text == "a 1"
        await held.become(LISTENER % (API, limit, "b"))
        assert [(await client.get("/")).status_code for _ in range(2)] == [200, 429]
        await held.become(LISTENER % (API, "rateLimit: {limit: 3, period: 1h}", "b"))
        assert (await client.get("/")).status_code == 200


@in_loop
async def test_a_request_that_has_run_is_answered_as_the_first_time(tmp_path: Path) -> None:
    headers = {"idempotency-key": "k1"}
    async with flows(tmp_path, LISTENER % (API, "idempotency: {}", "a")) as held, served(held) as client:
        assert (await client.post("/", headers=headers)).text == "a 1"
        await held.become(LISTENER % (API, "idempotency: {}", "b"))
        again = await client.post("/", headers=headers)
        assert (again.text, again.headers["idempotent-replayed"]) == ("a 1", "true")
        assert (await client.post("/")).text == "b 2"


QUEUES = """
configs:
  Q: {vm:config: {queues: [{queueName: q, queueType: %(type)s}%(more)s]}}
  Seen: {os:object-store: {persistent: false}}
configuration: {dataDir: "${dir}/data"}
flows:
  put: {steps: [{vm:publish: {config-ref: Q, queueName: q}}]}
  take:
    source: {vm:listener: {config-ref: Q, queueName: q}}
    steps:
      - until-successful: {maxRetries: 1, millisBetweenRetries: 20, steps: [{choice: {when: [{expression:
          "attributes.attempts == `1` && error == null", steps: [{logger: {message: "%(version)s"}}]}]}}]}
      - os:increment: {objectStore: Seen, key: "#[to_string(payload)]"}
  seen: {steps: [{os:retrieve-all: {objectStore: Seen}}]}
"""


def queues(version: int, kind: str, more: str = "") -> str:
    return QUEUES % {"type": kind, "version": version, "more": more}


@pytest.mark.parametrize("kind", ["TRANSIENT", "PERSISTENT"])
@in_loop
async def test_each_message_is_handled_once_however_often_the_flows_are_loaded(tmp_path: Path, kind: str) -> None:
    more = ", {queueName: other}"

    async def publish(held: Flows) -> int:
        number = 0
        while number < 200 or reloads < 10:
            await held.app.run("put", number)
            number += 1
            if number % 10 == 0:
                await asyncio.sleep(0.005)
        return number

    reloads = 0
    async with flows(tmp_path, queues(0, kind)) as held:
        publishing = asyncio.create_task(publish(held))
        for reloads in range(1, 11):
            held.file.write_text(queues(reloads, kind, more if reloads % 3 == 0 else ""))
            await held.app.reload()
        published, seen = await publishing, {}
        while len(seen) < published:
            await asyncio.sleep(0.02)
            seen = await held.run("seen")
        await held.app.none_retiring()
        assert set((await held.run("seen")).values()) == {1}


@in_loop
async def test_a_queue_that_has_gone_is_lost_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    text = "configs: {Q: {vm:config: {queues: [{queueName: a}, {queueName: b}]}}}\nflows:\n"
    text += "  put: {steps: [{vm:publish: {config-ref: Q, queueName: a}}%s]}\n"
    text += "  get: {steps: [{vm:consume: {config-ref: Q, queueName: a}}]}"
    async with flows(tmp_path, text % ", {vm:publish: {config-ref: Q, queueName: b}}") as held:
        await held.run("put", 5)
        await held.become((text % "").replace(", {queueName: b}", ""))
        assert await held.run("get") == 5
    assert [each.message for each in caplog.records if "lost" in each.message] == [
        "1 messages of the transient queue b are lost"
    ]


REDELIVERED = """
configs: {Q: {vm:config: {queues: [{queueName: q}]}}}
configuration: {dataDir: "${dir}/data"}
flows:
  put: {steps: [{vm:publish: {config-ref: Q, queueName: q}}]}
  tries: {steps: [{os:retrieve: {key: tries}}]}
  take:
    source:
      vm:listener:
        config-ref: Q
        queueName: q
        redelivery-policy: {maxRedeliveryCount: 3, delay: 10s}
    steps: [{os:increment: {key: tries, target: n}}, {raise-error: {type: "APP:NO", description: "%s"}}]
    error-handler: [{on-error-propagate: {logException: false}}]
"""


@in_loop
async def test_failures_are_counted_on_and_waits_last_as_long_as_they_must(tmp_path: Path) -> None:
    clock = FakeClock()
    async with flows(tmp_path, REDELIVERED % "a", clock=clock) as held:
        await held.run("put", 1)
        await clock.advance(12)  # the second try has failed
        held.file.write_text(REDELIVERED % "b")
        await held.app.reload()
        await clock.advance(1)
        assert await held.run("tries") == 2
        for _ in range(6):
            await clock.advance(11)
        assert await held.run("tries") == 4


@in_loop
async def test_a_flow_lets_in_no_more_than_before_because_of_a_reload(tmp_path: Path) -> None:
    text = """
configs: {Q: {vm:config: {queues: [{queueName: q}]}}}
configuration: {dataDir: "${dir}/data"}
flows:
  put: {steps: [{vm:publish: {config-ref: Q, queueName: q}}]}
  take:
    source: {vm:listener: {config-ref: Q, queueName: q}}
    maxConcurrency: 1
    steps:
      - os:increment: {key: began}
      - until-successful: {maxRetries: 1, millisBetweenRetries: 5000, steps: [{raise-error: {type: "A:B"}}]}
    error-handler: [{on-error-continue: {logException: false}}]
  began: {steps: [{os:retrieve: {key: began}}]}
"""
    clock = FakeClock()
    async with flows(tmp_path, text, clock=clock) as held:
        for number in range(2):
            await held.run("put", number)
        await clock.advance(1)
        held.file.write_text(text.replace("5000", "5001"))
        await held.app.reload()
        await clock.advance(1)
        assert await held.run("began") == 1
        await clock.advance(6)
        assert await held.run("began") == 2
        await clock.advance(6)


TICK = """
configs: {S: {os:object-store: {persistent: false}}}
flows:
  tick:
    source: {scheduler: {%s}}
    steps: [{os:increment: {objectStore: S, key: n}}%s]
  ticks: {steps: [{os:retrieve: {objectStore: S, key: n}}]}
"""


@pytest.mark.parametrize(
    "how", ["fixed-frequency: {frequency: 10s, startDelay: 5s}", "cron: {expression: 5/10 * * * * ?}"]
)
@in_loop
async def test_a_scheduler_keeps_its_beat(tmp_path: Path, how: str) -> None:
    """It fires at 5, 15, 25 s: not again because it was loaded again, and not later."""
    clock, at = FakeClock(), []
    async with flows(tmp_path, TICK % (how, ""), clock=clock) as held:
        count = 0
        for second in range(40):
            if second % 4 == 1:
                await held.become(TICK % (how, f", {{logger: {{message: '{second}'}}}}"))
            await clock.advance(1)
            ticks = await held.app.run("ticks") if second >= 5 else None
            now = ticks.payload if ticks else 0
            if now > count:
                at.append(second + 1)
                count = now
    assert at == [6, 15, 25, 35] or at == [5, 15, 25, 35]
    assert count == 4


@in_loop
async def test_a_scheduler_with_another_frequency_begins_anew(tmp_path: Path) -> None:
    clock = FakeClock()
    async with flows(tmp_path, TICK % ("fixed-frequency: {frequency: 10s}", ""), clock=clock) as held:
        await clock.advance(3)
        await held.become(TICK % ("fixed-frequency: {frequency: 20s}", ""))
        await clock.advance(1)
        assert await held.run("ticks") == 2
        await clock.advance(18)
        assert await held.run("ticks") == 2


@in_loop
async def test_a_run_of_a_scheduler_before_the_reload_keeps_the_next_from_starting(tmp_path: Path) -> None:
    slow = ", {until-successful: {maxRetries: 1, millisBetweenRetries: 25000, steps: [{raise-error: {type: 'A:B'}}]}}"
    text = TICK % ("fixed-frequency: {frequency: 10s}", slow)
    clock = FakeClock()
    async with flows(tmp_path, text, clock=clock) as held:
        await clock.advance(1)
        held.file.write_text(text.replace("25000", "25001"))
        await held.app.reload()
        await clock.advance(20)
        assert await held.run("ticks") == 1
        await clock.advance(10)
        assert await held.run("ticks") == 2


@in_loop
async def test_a_hundred_milliseconds_are_neither_doubled_nor_missed(tmp_path: Path) -> None:
    """By the clock of the machine: a beat for each tenth of a second, give or take one."""
    text = TICK % ("fixed-frequency: {frequency: 100}", "%s")
    async with flows(tmp_path, text % "") as held:
        began = asyncio.get_running_loop().time()
        for number in range(10):
            held.file.write_text(text % f", {{logger: {{level: DEBUG, message: '{number}'}}}}")
            await held.app.reload()
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        passed = asyncio.get_running_loop().time() - began
        assert await held.run("ticks") <= passed / 0.1 + 2
