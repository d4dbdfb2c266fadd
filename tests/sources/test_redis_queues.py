"""Queues in a Redis server: processes that die, are cut off or live long, and a server that is away or begins anew."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import monotonic

import pytest
from order_queues import FLOWS, WORK, Shop, begun, begun_and_killed, taken, until
from redis_server import MISSING, RedisServer
from running import Running, engine

from engine import Application, FlowError, LoadError
from processors.vm import _redis_queue

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(bool(MISSING), reason=MISSING)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a dead process held is taken from it after a second."""
    monkeypatch.setattr(_redis_queue, "HELD", 1.0)


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server that the test may stop, with a password."""
    server = RedisServer(tmp_path_factory.mktemp("own"), "p@ss:word")
    yield server
    server.thaw()
    server.kill()


@pytest.fixture
async def shop(tmp_path: Path, redis: RedisServer, anyio_backend: str) -> AsyncIterator[Shop]:
    shop = Shop(tmp_path, redis)
    yield shop
    for app in shop.opened:
        await app.stop()


@pytest.fixture
async def own_shop(tmp_path: Path, own: RedisServer, anyio_backend: str) -> AsyncIterator[Shop]:
    shop = Shop(tmp_path, own)
    yield shop
    for app in shop.opened:
        await app.stop()


@pytest.mark.usefixtures("quickly")
async def test_what_a_killed_process_held_is_delivered_elsewhere(shop: Shop) -> None:
    here = await shop.open()
    for number in range(4):
        await here.run("put", number)
    assert await begun_and_killed(shop.write(WORK, "60s"), 2) == ["0 1", "1 1"]
    await shop.open(WORK)
    found = await taken(here, 4)
    assert sorted((each["what"], each["attempts"]) for each in found) == [(0, 2), (1, 2), (2, 1), (3, 1)]
    with pytest.raises(FlowError, match="VM:EMPTY_QUEUE"):
        await here.run("take-soon")


@pytest.mark.usefixtures("quickly")
async def test_a_flow_that_takes_long_keeps_its_message(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    machines = [await shop.open(WORK, "2500ms") for _ in range(2)]
    await machines[0].run("put", "long")
    assert await taken(machines[0], 1) == [{"what": "long", "attempts": 1}]
    assert begun(caplog) == ["long 1"]


@pytest.mark.usefixtures("quickly")
async def test_who_gave_no_sign_of_life_loses_the_message_and_does_not_take_it_from_the_next(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    dull = await shop.open(WORK, "2s")
    await dull.run("put", 1)
    await until(lambda: begun(caplog))
    queue = dull.parts.configs["VM"].queue("in")  # type: ignore[attr-defined]
    queue._renewing.cancel()
    await shop.open(WORK, "3s")
    found = await taken(dull, 2)
    assert [each["attempts"] for each in found] == [1, 2]
    assert sum("was handled, and is handled again" in message for message in caplog.messages) == 1
    assert sum("1 messages of" in message for message in caplog.messages) == 1


@pytest.mark.usefixtures("quickly")
async def test_a_server_that_begins_anew_in_the_middle_loses_and_repeats_nothing(
    own_shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """It is away for longer than messages are held; those under way end meanwhile."""
    here = await own_shop.open()
    for _ in range(2):
        await own_shop.open(WORK, "500ms")
    for number in range(6):
        await here.run("put", number)
    await until(lambda: len(begun(caplog)) >= 4)
    own_shop.server.stop()
    with pytest.raises(FlowError, match="VM:CONNECTIVITY"):
        await here.run("put", "lost")
    await asyncio.sleep(2)
    own_shop.server.start()
    await until(lambda: len(begun(caplog)) == 6)
    await asyncio.sleep(1.5)  # longer than messages are held
    assert Counter(begun(caplog)) == Counter(f"{number} 1" for number in range(6))
    assert sum("is away" in message for message in caplog.messages) <= 3, "once for each application"
    assert not any("the source of the flow" in message for message in caplog.messages)
    assert "p@ss:word" not in caplog.text
    assert "p%40ss" not in caplog.text


async def test_listeners_wait_for_a_server_that_is_away_at_the_start(
    own_shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    own_shop.server.stop()
    app = await own_shop.open(WORK)
    await asyncio.sleep(0.5)
    own_shop.server.start()
    await until(lambda: any("is back after" in message for message in caplog.messages))
    assert (await app.run("ask", 1)).payload == 1
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_server_that_does_not_answer_is_told_in_time(own_shop: Shop) -> None:
    app = await own_shop.open()
    own_shop.server.freeze()
    began = monotonic()
    with pytest.raises(FlowError, match="VM:CONNECTIVITY") as caught:
        await app.run("put", 1)
    assert monotonic() - began < 6
    assert "p@ss" not in caught.value.for_log


async def test_a_message_that_cannot_be_read_ends_neither_the_listener_nor_itself(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    app = await shop.open(WORK)
    stream = f"{{{shop.name}:VM:queue:in}}:messages"
    shop.server.ask("XADD", stream, "*", "other", "fields")
    await app.run("put", "good")
    assert await taken(app, 1) == [{"what": "good", "attempts": 1}]
    await until(lambda: any("VM:INVALID_VALUE" in message for message in caplog.messages))
    assert shop.server.ask("XLEN", stream) == b":1\r\n"


async def test_nothing_is_left_of_messages_and_answers(shop: Shop) -> None:
    app = await shop.open(WORK)
    await asyncio.gather(*(app.run("ask", number) for number in range(20)))
    await taken(app, 20)
    for queue in ("in", "out"):
        await until(lambda: shop.server.ask("XLEN", f"{{{shop.name}:VM:queue:{queue}}}:messages") == b":0\r\n")  # noqa: B023
    replies = f"{{{shop.name}:VM:replies:{app.parts.configs['VM']._server.process}}}"  # type: ignore[attr-defined]
    await until(lambda: shop.server.ask("XLEN", replies) == b":0\r\n")
    assert shop.server.ask("TTL", replies).startswith((b":5", b":60"))


async def test_applications_have_queues_of_their_own(shop: Shop, tmp_path: Path) -> None:
    other = Shop(tmp_path, shop.server)
    await (await shop.open()).run("put", 1)
    app = Application.load(other.write(WORK))
    shop.opened.append(app)
    await app.listen()
    with pytest.raises(FlowError, match="VM:EMPTY_QUEUE"):
        await app.run("take-soon")


async def test_an_application_may_start_again(shop: Shop) -> None:
    app = await shop.open(WORK)
    assert (await app.run("ask", 1)).payload == 1
    await app.stop()
    await app.listen()
    assert (await app.run("ask", 2)).payload == 2
    await app.stop()
    assert len(asyncio.all_tasks()) <= 2, "the test and its fixtures alone"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis://", "a url that names no server"),
        ("redis://host:port", "a url that names no server"),
        ("redi://host", "the scheme 'redi'"),
        ("kafka://host", "the scheme 'kafka'"),
        ("host:6379", "as a url"),
        ("sqlite://", "a url that names no file"),
        ("redis://host?colour=red", "options behind the ?"),
        ("", "as a url"),
    ],
)
async def test_a_wrong_url_is_a_mistake(tmp_path: Path, url: str, told: str) -> None:
    file = tmp_path / "flows.yaml"
    config = f"vm:config: {{url: '{url}', queues: [{{queueName: q}}]}}"
    file.write_text(f"configuration: {{name: x}}\nconfigs: {{VM: {{{config}}}}}\n")
    with pytest.raises(LoadError, match=told) as caught:
        Application.load(file)
    assert "F303" in str(caught.value)


async def test_an_application_without_a_name_has_no_queues_with_a_server(tmp_path: Path) -> None:
    file = tmp_path / "flows.yaml"
    file.write_text("configs: {VM: {vm:config: {url: 'redis://host', queues: [{queueName: q}]}}}\n")
    with pytest.raises(LoadError, match="F304 url in an application without a name"):
        Application.load(file)


async def test_a_test_uses_queues_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text(
        FLOWS.replace("URL", "redis://127.0.0.1:1").replace("NAME", "x").replace("DIR", str(tmp_path))
    )
    (tmp_path / "flows.test.yaml").write_text(
        "cases: {it publishes: {flow: put, given: {payload: 1}, expect: {payload: 1}}}\n"
    )
    done = await asyncio.to_thread(engine, "test", str(tmp_path))
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout + done.stderr


async def test_the_command_tries_the_server(shop: Shop) -> None:
    file = shop.write()
    good = await asyncio.to_thread(engine, "check", "--connect", str(file))
    assert good.returncode == 0, good.stdout + good.stderr
    file.write_text(file.read_text().replace(shop.server.url, "redis://:hidden@127.0.0.1:1/0"))
    bad = await asyncio.to_thread(engine, "check", "--connect", str(file))
    assert bad.returncode != 0
    assert "127.0.0.1:1" in bad.stdout + bad.stderr
    assert "hidden" not in bad.stdout + bad.stderr


async def test_workers_consume_one_queue_together(shop: Shop, tmp_path: Path) -> None:
    api = """
  accept:
    source: {http:listener: {config-ref: Api, path: /orders, allowedMethods: POST}}
    steps: [{vm:publish-consume: {config-ref: VM, queueName: in, timeout: 20}}]
"""
    file = shop.write(WORK + api, "5ms")
    file.write_text(file.read_text().replace("configs:\n", "configs:\n  Api: {http:listener-config: {port: 0}}\n"))
    with Running(tmp_path, str(file), "--workers", "2") as server:
        for number in range(20):
            assert (await asyncio.to_thread(server.post, "/orders", json=number)).json() == number
        assert await asyncio.to_thread(server.end) == 0
        assert "Traceback" not in server.log
    app = await shop.open()
    assert [each["what"] for each in await taken(app, 20)] == list(range(20))
