"""A Redis server that is away, comes back, starts anew, or wants a password."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import monotonic

import pytest
from redis_server import MISSING, RedisServer

from engine import FlowError, Runtime
from engine.connectors import STORE_NOT_AVAILABLE, HomeStore, RedisConnection, Script
from engine.limits import LONGEST_HOME_OPERATION, MOST_HOME_CONNECTIONS

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(bool(MISSING), reason=MISSING)]
ECHO = Script("return {KEYS[1], ARGV[1]}")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RedisServer]:
    """A server that the test may end."""
    server = RedisServer(tmp_path / "own", password="p@ss:word/é")  # noqa: S106  # a test's
    yield server
    server.thaw()
    server.kill()


@pytest.fixture
async def connection(own: RedisServer) -> AsyncIterator[RedisConnection]:
    connection = RedisConnection(own.url, STORE_NOT_AVAILABLE)
    yield connection
    await connection.close()


async def test_scripts_and_commands(connection: RedisConnection) -> None:
    assert await connection.run(ECHO, ["key"], b"\x00\xff") == [b"key", b"\x00\xff"]
    assert await connection.command("SET", "a", 1) == b"OK"
    assert await connection.command("GET", "a") == b"1"
    assert await connection.command("GET", "none") is None


async def test_it_heals_when_the_server_has_started_anew(connection: RedisConnection, own: RedisServer) -> None:
    """The new server does not know the scripts, and the connections to the former one are closed."""
    await connection.run(ECHO, ["key"], 1)
    own.kill()
    with pytest.raises(FlowError) as caught:
        await connection.run(ECHO, ["key"], 1)
    assert caught.value.type == STORE_NOT_AVAILABLE
    assert connection.reach.is_away
    own.start()
    await asyncio.sleep(0.2)
    assert await connection.run(ECHO, ["key"], 1) == [b"key", b"1"]
    assert not connection.reach.is_away


@pytest.mark.reaches("LONGEST_HOME_OPERATION")
async def test_a_server_that_does_not_answer_is_away_in_time_and_then_at_once(
    connection: RedisConnection, own: RedisServer
) -> None:
    await connection.command("PING")
    own.freeze()
    began = monotonic()
    first = await asyncio.gather(*(connection.command("PING") for _ in range(50)), return_exceptions=True)
    assert {type(each) for each in first} == {FlowError}
    assert LONGEST_HOME_OPERATION <= monotonic() - began < 2 * LONGEST_HOME_OPERATION
    began = monotonic()
    later = await asyncio.gather(*(connection.command("PING") for _ in range(50)), return_exceptions=True)
    assert {type(each) for each in later} == {FlowError}
    assert monotonic() - began < LONGEST_HOME_OPERATION / 2
    own.thaw()
    await asyncio.sleep(0.2)
    assert await connection.command("PING") == b"PONG"


@pytest.mark.reaches("MOST_HOME_CONNECTIONS")
async def test_many_at_once_share_a_few_connections(connection: RedisConnection) -> None:
    answers = await asyncio.gather(*(connection.run(ECHO, ["key"], number) for number in range(200)))
    assert answers == [[b"key", str(number).encode()] for number in range(200)]
    clients = (await connection.command("CLIENT", "LIST")).count(b"\n")
    assert clients <= MOST_HOME_CONNECTIONS


async def test_who_waits_long_has_a_connection_of_its_own(connection: RedisConnection) -> None:
    line = connection.line()
    waiting = asyncio.create_task(line.command("BLPOP", "jobs", 30, wait=30))
    await asyncio.sleep(0.05)
    await connection.command("RPUSH", "jobs", "one")
    assert await waiting == [b"jobs", b"one"]
    assert await line.command("BLPOP", "jobs", 0.05, wait=1) is None
    abandoned = asyncio.create_task(line.command("BLPOP", "jobs", 30, wait=30))
    await asyncio.sleep(0.05)
    abandoned.cancel()
    await asyncio.wait([abandoned])
    assert await line.command("PING") == b"PONG"


async def test_an_operation_that_is_cancelled_leaves_its_answer_to_nobody(connection: RedisConnection) -> None:
    tasks = [asyncio.create_task(connection.run(ECHO, ["key"], number)) for number in range(100)]
    await asyncio.sleep(0.002)
    for task in tasks[::2]:
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert answers[1::2] == [[b"key", str(number).encode()] for number in range(1, 100, 2)]
    assert await connection.run(ECHO, ["key"], "mine") == [b"key", b"mine"]


async def test_a_script_that_fails_is_nobody_elses_concern(connection: RedisConnection) -> None:
    failing = Script("return redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])")
    with pytest.raises(FlowError, match="an operation of the store is refused"):
        await connection.run(failing, ["key"], 0)
    assert not connection.reach.is_away
    assert await connection.run(ECHO, ["key"], 1) == [b"key", b"1"]


async def test_a_password_is_in_no_message(own: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    wrong = RedisConnection(own.url.replace("p%40ss", "other"), STORE_NOT_AVAILABLE)
    with pytest.raises(FlowError) as caught:
        await wrong.command("PING")
    await wrong.close()
    assert f"redis://127.0.0.1:{own.port}/0: " in caught.value.detailed_description
    assert "word" not in caught.value.detailed_description.replace("password", "") + caplog.text.replace("password", "")


async def test_two_applications_in_one_server_share_nothing(redis: RedisServer) -> None:
    names = [redis.new_application(), redis.new_application() + ":store", redis.new_application() + "}{"]
    stores = []
    for name in names:
        runtime = Runtime()
        runtime.application = name
        store = HomeStore(url=redis.url)
        store.be_named("states")
        store.live_in(runtime)
        stores.append((store, runtime))
    for number, (store, _) in enumerate(stores):
        await store.put("key", number)
    assert [await store.all() for store, _ in stores] == [{"key": 0}, {"key": 1}, {"key": 2}]
    await stores[0][0].clear()
    assert [await store.all() for store, _ in stores] == [{}, {"key": 1}, {"key": 2}]
    for _, runtime in stores:
        await runtime.stop()


async def test_what_expires_leaves_nothing_in_the_server(redis: RedisServer) -> None:
    runtime = Runtime()
    runtime.application = redis.new_application()
    store = HomeStore(url=redis.url, entry_ttl="50ms")
    store.be_named("brief")
    store.live_in(runtime)
    await store.put("a", 1)
    await store.put("b", 2, ttl=0.1)
    pattern = f"*{runtime.application}:*"
    assert redis.ask("KEYS", pattern).startswith(b"*4\r\n")
    await asyncio.sleep(1.3)
    assert redis.ask("KEYS", pattern) == b"*0\r\n"
    await runtime.stop()


@pytest.mark.parametrize("part", ["values", "ages", "expiries", "counts"])
async def test_a_store_of_which_the_server_has_evicted_a_part_is_forgotten_as_one(
    redis: RedisServer, part: str
) -> None:
    """As a server does whose maxmemory-policy is allkeys-lru. What is left must not keep it busy for ever."""
    runtime = Runtime()
    runtime.application = redis.new_application()
    store = HomeStore(url=redis.url, entry_ttl="60s", max_entries=2, max_size=1000)
    store.be_named("evicted")
    store.live_in(runtime)
    for key in "abc":
        await store.put(key, 1)
    assert redis.ask("DEL", f"{{{runtime.application}:store:evicted}}:{part}") == b":1\r\n"
    assert await store.all() == {}
    for key in "defg":
        await store.put(key, 2)
    assert await store.all() == {"f": 2, "g": 2}
    await store.remove("f")
    await store.remove("g")
    assert redis.ask("KEYS", f"*{runtime.application}:*") == b"*0\r\n"
    await runtime.stop()


async def test_a_server_whose_memory_is_full_stores_no_more_and_keeps_what_it_has(own: RedisServer) -> None:
    runtime = Runtime()
    runtime.application = "orders"
    store = HomeStore(url=own.url)
    store.be_named("full")
    store.live_in(runtime)
    await store.put("a", 1)
    own.ask("CONFIG", "SET", "maxmemory", "1")
    for key in "ab":
        with pytest.raises(FlowError, match="cannot be reached") as caught:
            await store.put(key, 2)
        assert "maxmemory" in caught.value.detailed_description
        await asyncio.sleep(0.2)
    assert await store.all() == {"a": 1}
    own.ask("CONFIG", "SET", "maxmemory", "0")
    await store.put("b", 2)
    assert await store.all() == {"a": 1, "b": 2}
    await runtime.stop()
