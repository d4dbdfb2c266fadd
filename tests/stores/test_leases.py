"""Leases in each home, and schedulers that hold one: one process of all makes each firing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from fake_clock import FakeClock, settle
from redis_server import MISSING, RedisServer

from engine import Application, Clock, Runtime
from engine.connectors import Home, Lease, home_of

pytestmark = pytest.mark.anyio
Pass = Callable[[float], Awaitable[None]]


@pytest.fixture(params=["sqlite", "redis", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def home(url: str, runtime: Runtime) -> Home:
    home = home_of(runtime, url)
    assert home is not None
    return home


async def test_one_of_many_holds_a_lease(home: Home) -> None:
    found = await asyncio.gather(*(home.hold("poll", str(number), 60.0) for number in range(50)))
    assert sum(each.token is not None for each in found) == 1
    assert all(0 < each.left <= 60 for each in found)
    assert (await home.hold("other", "1", 60.0)).token is not None


async def test_the_holder_keeps_it_and_its_token(home: Home, passing: Pass) -> None:
    first = await home.hold("poll", "a", 5.0)
    await passing(4)
    again = await home.hold("poll", "a", 5.0)
    await passing(4)
    assert again.token == first.token
    assert (await home.hold("poll", "b", 5.0)).token is None


async def test_a_lease_that_is_over_is_the_next_one_s_whose_token_is_greater(home: Home, passing: Pass) -> None:
    first = await home.hold("poll", "a", 5.0)
    await passing(5)
    second = await home.hold("poll", "b", 5.0)
    assert first.token is not None
    assert second.token is not None
    assert second.token > first.token
    assert (await home.hold("poll", "a", 5.0)).token is None


async def test_who_held_it_before_cannot_note_anything(home: Home, passing: Pass) -> None:
    first = (await home.hold("poll", "a", 5.0)).token
    assert first is not None
    assert await home.note("poll", first, b"\x00one")
    await passing(5)
    assert await home.note("poll", first, b"two")  # nobody else has held it
    second = await home.hold("poll", "b", 5.0)
    assert second.token is not None
    assert second.note == b"two"
    assert not await home.note("poll", first, b"late")
    await home.release("poll", first)
    assert (await home.hold("poll", "c", 5.0)).token is None
    assert await home.note("poll", second.token, b"three")
    assert (await home.hold("poll", "c", 5.0)).note == b"three"


async def test_a_lease_that_is_given_up_is_free_at_once(home: Home) -> None:
    first = await home.hold("poll", "a", 60.0)
    assert first.token is not None
    await home.release("poll", first.token)
    second = await home.hold("poll", "b", 60.0)
    assert second.token is not None
    assert second.token > first.token


async def test_of_two_that_slept_too_long_one_learns_that_there_is_another(tmp_path: Path) -> None:
    """As when its process was stopped (SIGSTOP) between two steps."""
    clock = FakeClock()
    runtime = Runtime(clock)
    runtime.application = "shop"
    home = home_of(runtime, f"sqlite:///{tmp_path}/home.db")
    assert home is not None
    one, other = (Lease(home, "poll", name, clock) for name in ("one", "other"))
    await one.take()
    waiting = asyncio.create_task(other.take())
    await clock.advance(6)
    await waiting
    assert [one.is_held, other.is_held] == [False, True]
    assert [await one.note(b"mine"), await other.note(b"yours"), await one.note(b"mine")] == [False, True, False]
    assert not await one.until(one.now() + 1)
    await runtime.stop()


# Schedulers

FLOWS = """
configuration: {{name: {name}, stateUrl: "{url}"}}
flows:
  tick:
    source: {{scheduler: {{{times}}}}}
    steps: [{{logger: {{message: fired}}}}]
"""
EVERY_SECOND = "fixed-frequency: {frequency: 1s}"


class Nodes:
    """Processes of one application on one clock, each at the end of a step when it is asked for what has come."""

    def __init__(self, folder: Path, clock: Clock, url: str, caplog: pytest.LogCaptureFixture) -> None:
        self._folder, self._clock, self._url, self._caplog = folder, clock, url, caplog
        self.running: list[Application] = []

    async def start(self, times: str = EVERY_SECOND) -> Application:
        (self._folder / "flows.yaml").write_text(FLOWS.format(name="shop", url=self._url, times=times))
        app = Application.load(self._folder / "flows.yaml", clock=self._clock)
        await app.listen()
        await settle()
        self.running.append(app)
        return app

    def fired(self) -> int:
        return self._caplog.messages.count("fired")

    async def die(self, app: Application) -> None:
        """Make no more firings, and say so to nobody."""
        source = app.flows["tick"].source
        assert source is not None
        await source.rest()


@pytest.fixture
async def nodes(tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Nodes]:
    caplog.set_level(logging.INFO)
    nodes = Nodes(tmp_path, clock, f"sqlite:///{tmp_path}/home.db", caplog)
    yield nodes
    for app in nodes.running:
        await app.stop()


async def test_of_three_processes_one_fires_each_beat(nodes: Nodes, clock: FakeClock) -> None:
    for _ in range(3):
        await nodes.start()
    found = []
    for _ in range(8):
        found.append(nodes.fired())
        await clock.advance(1)
    assert found == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_another_goes_on_within_the_lease_when_the_holder_dies(nodes: Nodes, clock: FakeClock) -> None:
    first = await nodes.start()
    for _ in range(2):
        await nodes.start()
    await clock.advance(2.5)
    assert nodes.fired() == 3
    await nodes.die(first)
    await clock.advance(5)
    assert nodes.fired() in (4, 5)  # one for all that were missed, and perhaps the next
    before = nodes.fired()
    await clock.advance(4)
    assert nodes.fired() == before + 4


async def test_another_goes_on_at_once_when_the_holder_ends(nodes: Nodes, clock: FakeClock) -> None:
    first = await nodes.start("fixed-frequency: {frequency: 3s}")
    await nodes.start("fixed-frequency: {frequency: 3s}")
    await clock.advance(1)
    await first.stop()
    await clock.advance(2.1)
    assert nodes.fired() == 2
    await clock.advance(3)
    assert nodes.fired() == 3


async def test_the_beat_goes_on_over_a_restart_of_all(nodes: Nodes, clock: FakeClock) -> None:
    times = "fixed-frequency: {frequency: 10s, startDelay: 5s}"
    first = await nodes.start(times)
    await clock.advance(6)
    assert nodes.fired() == 1
    await first.stop()
    await clock.advance(3)
    again = await nodes.start(times)
    await clock.advance(5.9)
    assert nodes.fired() == 1
    await clock.advance(0.2)
    assert nodes.fired() == 2
    await again.stop()
    await nodes.start("fixed-frequency: {frequency: 20s}")  # another beat
    assert nodes.fired() == 3


async def test_a_time_of_day_comes_once(nodes: Nodes, clock: FakeClock) -> None:
    times = 'cron: {expression: "0 * * * * ?"}'
    first = await nodes.start(times)
    await nodes.start(times)
    await clock.advance(150)
    assert nodes.fired() == 2
    await nodes.die(first)
    await clock.advance(60)
    assert nodes.fired() == 3
    await clock.advance(600)
    assert nodes.fired() == 13


async def test_a_cron_expression_without_a_time_left_ends(nodes: Nodes, clock: FakeClock) -> None:
    await nodes.start('cron: {expression: "0 0 0 1 1 ? 2020"}')
    await clock.advance(10)
    assert nodes.fired() == 0


async def test_a_reload_keeps_the_lease_and_the_beat(nodes: Nodes, clock: FakeClock) -> None:
    first = await nodes.start()
    await nodes.start()
    await clock.advance(2.5)
    await first.reload()
    await settle()
    await first.none_retiring()
    for count in (4, 5, 6):
        await clock.advance(1)
        assert nodes.fired() == count


async def test_in_memory_each_process_fires(nodes: Nodes, clock: FakeClock) -> None:
    for _ in range(2):
        await nodes.start('fixed-frequency: {frequency: 1s}, url: "memory://"')
    await clock.advance(1)
    assert nodes.fired() == 4


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
async def test_while_the_server_is_away_none_comes_and_then_the_beat_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("TTL", 0.6), ("PAUSE", 0.2)):
        monkeypatch.setattr(f"engine.stores.homes.lease.{name}", seconds)
    caplog.set_level(logging.INFO)
    server = RedisServer(tmp_path / "redis")
    nodes = Nodes(tmp_path, Clock(), server.url, caplog)
    apps: list[Any] = [await nodes.start("fixed-frequency: {frequency: 100}") for _ in range(2)]
    await asyncio.sleep(0.5)
    assert nodes.fired() >= 4
    token = int(server.ask("HGET", "{shop:lease:scheduler%3Atick}", "token").split(b"\r\n")[1])
    server.kill()
    await asyncio.sleep(0.15)
    before = nodes.fired()
    await asyncio.sleep(0.3)
    assert nodes.fired() == before
    server.start()  # and it has forgotten all
    await asyncio.sleep(1.2)
    assert 3 <= nodes.fired() - before <= 13
    assert int(server.ask("HGET", "{shop:lease:scheduler%3Atick}", "token").split(b"\r\n")[1]) > token
    for app in apps:
        await app.stop()
    server.kill()
