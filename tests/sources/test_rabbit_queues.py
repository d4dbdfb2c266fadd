"""Queues in a RabbitMQ server: processes that die, and a server that is away or begins anew."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from order_queues import WORK, Shop, begun, begun_and_killed, taken, until
from rabbit_server import MISSING, RabbitServer
from running import engine

from engine import FlowError

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(bool(MISSING), reason=MISSING)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.fixture
async def shop(tmp_path: Path, rabbit: RabbitServer, anyio_backend: str) -> AsyncIterator[Shop]:
    shop = Shop(tmp_path, rabbit)
    yield shop
    for app in shop.opened:
        await app.stop()


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


async def test_a_server_that_begins_anew_in_the_middle_loses_nothing(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """What was under way is handled twice; listeners connect again by themselves, and tell once that it was away."""
    assert isinstance(shop.server, RabbitServer)
    here = await shop.open()
    for number in range(6):
        await here.run("put", number)
    await shop.open(WORK, "1s")
    await until(lambda: len(begun(caplog)) == 2)
    await here.run("put-one", 0)
    waiting = [asyncio.create_task(here.run("put-one", number)) for number in (1, 2)]
    await asyncio.to_thread(shop.server.stop)
    for task in waiting:
        with pytest.raises(FlowError, match="VM:CONNECTIVITY"):
            await task
    with pytest.raises(FlowError, match="VM:CONNECTIVITY"):
        await here.run("put", "lost")
    await asyncio.to_thread(shop.server.start)
    await until(lambda: {message.split()[0] for message in begun(caplog)} == set("012345"), 60)
    await until(lambda: sum("is back after" in message for message in caplog.messages) >= 1)
    assert len(begun(caplog)) <= 8, "what was not under way came twice"
    assert (await here.run("ask", "new")).payload == "new"
    assert sum("is away" in message for message in caplog.messages) == 2, "once for each application"
    assert not any("the source of the flow" in message for message in caplog.messages)
    assert "guest" not in caplog.text


async def test_a_message_that_cannot_be_read_ends_neither_the_listener_nor_itself(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    app = await shop.open()
    await app.run("put", 1)
    server = app.parts.configs["VM"]._server  # type: ignore[attr-defined]
    await server.do(lambda: server.publish(f"{shop.name}.VM.in", b"spoilt", {}))
    await shop.open(WORK)
    await app.run("put", "good")
    assert {each["what"] for each in await taken(app, 2)} == {1, "good"}
    await until(lambda: any("VM:INVALID_VALUE" in message for message in caplog.messages))


async def test_applications_have_queues_of_their_own(shop: Shop, tmp_path: Path) -> None:
    other = Shop(tmp_path, shop.server)
    await (await shop.open()).run("put", 1)
    app = await other.open(WORK)
    shop.opened.append(app)
    with pytest.raises(FlowError, match="VM:EMPTY_QUEUE"):
        await app.run("take-soon")


async def test_an_application_may_start_again(shop: Shop) -> None:
    app = await shop.open(WORK)
    assert (await app.run("ask", 1)).payload == 1
    await app.stop()
    await app.listen()
    assert (await app.run("ask", 2)).payload == 2
    await app.stop()
    await until(lambda: len(asyncio.all_tasks()) <= 2)  # the test and its fixtures alone


async def test_a_flow_that_is_stopped_keeps_no_messages_in_advance(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    machines = [await shop.open(WORK, "10ms") for _ in range(2)]
    source = machines[0].flows["work"].source
    assert source is not None
    await source.rest()
    for number in range(6):
        await machines[1].run("put", number)
    assert [each["what"] for each in await taken(machines[1], 6)] == list(range(6))


async def test_the_command_tries_the_server(shop: Shop) -> None:
    file = shop.write()
    good = await asyncio.to_thread(engine, "check", "--connect", str(file))
    assert good.returncode == 0, good.stdout + good.stderr
    file.write_text(file.read_text().replace(shop.server.url, "amqp://me:hidden@127.0.0.1:1/"))
    bad = await asyncio.to_thread(engine, "check", "--connect", str(file))
    assert bad.returncode != 0
    assert "127.0.0.1:1" in bad.stdout + bad.stderr
    assert "hidden" not in bad.stdout + bad.stderr
