"""An issuer of keys that hangs, drips, floods, redirects or never says the same: whom it holds, how often it is asked.

The time is that of a clock that the test moves; only a fetch that hangs ends by the clock on the wall.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from fake_clock import settle
from loopback import in_loop, until
from security.issuing import OTHER_RSA, RSA, Asked, key_set

from processors.security import _jwks

SHORT = 0.3
"""Seconds in which a fetch must end here."""

KNOWN, UNKNOWN = (RSA, "one"), (RSA, "another")
Act = Callable[["Issuer", asyncio.StreamWriter], Awaitable[None]]


def document(**keys: Any) -> bytes:
    return json.dumps(key_set(**keys)).encode()


GOOD = document(one=RSA)


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def says(body: bytes, *headers: str, status: str = "200 OK") -> Act:
    async def act(issuer: Issuer, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(body, *headers, status=status))
        await writer.drain()

    return act


async def hangs(issuer: Issuer, writer: asyncio.StreamWriter) -> None:
    await issuer.released.wait()


async def hangs_in_the_body(issuer: Issuer, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(GOOD)[:-20])
    await issuer.released.wait()


async def drips(issuer: Issuer, writer: asyncio.StreamWriter) -> None:
    """A byte is always there before any wait for the next one would end."""
    for byte in answer(GOOD):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(SHORT / 20)


async def floods(issuer: Issuer, writer: asyncio.StreamWriter) -> None:
    """100 MB; `taken` is what went into the connection."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
    for _ in range(100_000_000 // 2**14):
        writer.write(b"[" * 2**14)
        await writer.drain()
        issuer.taken += 2**14


class Issuer:
    """Does `act` to each who asks, and counts them."""

    def __init__(self, act: Act) -> None:
        self.act = act
        self.asked: list[str] = []
        self.taken = 0
        self.released = asyncio.Event()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.asked.append(head.decode().split()[1])
            await self.act(self, writer)
        writer.close()


def story(test: Callable[[Issuer, Asked], Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that is told an issuer, which gives out good keys at first, and a flow that asks it."""

    @in_loop
    async def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_jwks, "LONGEST_FETCH_OF_KEYS", SHORT)
        issuer = Issuer(says(GOOD))
        server = await asyncio.start_server(issuer.talk, "127.0.0.1", 0)
        asked = Asked(tmp_path, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys")
        async with server, asked.app:
            await test(issuer, asked)
            issuer.released.set()

    return run


async def statuses(asked: Asked, times: int, *who: Any) -> set[int]:
    return set(await asyncio.gather(*(asked.status(*who) for _ in range(times))))


HOSTILE: dict[str, Act] = {
    "hangs": hangs,
    "hangs in the body": hangs_in_the_body,
    "drips": drips,
    "floods": floods,
    "redirects": says(b"", "Location: /elsewhere", status="302 Found"),
    "compresses": says(gzip.compress(b" " * 50_000_000 + GOOD), "Content-Encoding: gzip"),
    "says nothing": says(b""),
    "never ends its head": says(b"", "X: " + "x" * 100_000),
    "has keys without end": says(b'{"keys": [' + b",".join([b'{"kty":"oct","k":"AA"}'] * 10_000) + b"]}"),
}


@pytest.mark.reaches("LONGEST_FETCH_OF_KEYS")
@pytest.mark.parametrize("how", HOSTILE)
def test_without_keys_all_are_answered_in_time(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many come: one fetch for all of them, 503 for each, and no other fetch for five seconds."""

    @story
    async def test(issuer: Issuer, asked: Asked) -> None:
        issuer.act = HOSTILE[how]
        assert await statuses(asked, 50, *KNOWN) == {503}
        assert await statuses(asked, 50, *UNKNOWN) == {503}
        assert issuer.asked == ["/keys"]
        assert issuer.taken < 20_000_000  # the buffers of the system, mostly
        await asked.clock.advance(5)
        issuer.act = says(GOOD)
        assert await statuses(asked, 50, *KNOWN) == {200}
        assert issuer.asked == ["/keys"] * 2

    test(tmp_path, monkeypatch)


@pytest.mark.reaches("LONGEST_WAIT_FOR_KEYS")
@story
async def test_while_it_hangs_old_keys_serve_after_a_second(issuer: Issuer, asked: Asked) -> None:
    assert await asked.status(*KNOWN) == 200
    issuer.act = hangs
    await asked.clock.advance(3600)
    waiting = [asyncio.create_task(asked.status(*KNOWN)) for _ in range(50)]
    await until(lambda: len(issuer.asked) == 2)
    await asked.clock.advance(0.9)
    assert not any(task.done() for task in waiting)
    await asked.clock.advance(0.1)
    assert set(await asyncio.gather(*waiting)) == {200}
    assert await statuses(asked, 50, *KNOWN) == {200}  # without any wait: the second is over for all
    assert len(issuer.asked) == 2


@story
async def test_a_fetch_that_hung_is_not_followed_by_the_next(issuer: Issuer, asked: Asked) -> None:
    """The pause begins where the fetch has ended, not where it began: else one would always be under way."""
    issuer.act = hangs
    asking = asyncio.create_task(asked.status(*KNOWN))
    await until(lambda: issuer.asked)
    await asked.clock.advance(100)
    assert await asking == 503
    assert await asked.status(*KNOWN) == 503
    await asked.clock.advance(4.9)
    assert await asked.status(*KNOWN) == 503
    assert len(issuer.asked) == 1


@pytest.mark.reaches("OLDEST_KEYS")
@story
async def test_keys_that_were_fetched_a_day_ago_are_no_keys(issuer: Issuer, asked: Asked) -> None:
    """A key that was withdrawn must end some day, however its issuer is kept from saying so."""
    assert await asked.status(*KNOWN) == 200
    issuer.act = says(b"", status="500 Down")
    for hours, expected in [(1, 200), (22, 200), (0.9, 200), (0.2, 503)]:
        await asked.clock.advance(hours * 3600)
        assert await asked.status(*KNOWN) == expected
    issuer.act = says(GOOD)
    await asked.clock.advance(5)
    assert await asked.status(*KNOWN) == 200


@pytest.mark.reaches("UNKNOWN_KEYS_ASKED")
@story
async def test_names_of_keys_that_nobody_knows_ask_once_a_minute(issuer: Issuer, asked: Asked) -> None:
    """And hold nobody else: those whose key is known wait for nothing."""
    assert await asked.status(*KNOWN) == 200
    issuer.act = hangs
    await asked.clock.advance(61)
    storm = [asyncio.create_task(asked.status(RSA, f"key-{number}")) for number in range(100)]
    await until(lambda: len(issuer.asked) == 2)
    await settle()
    assert await statuses(asked, 50, *KNOWN) == {200}
    assert set(await asyncio.gather(*storm)) == {401}
    for _ in range(10):
        await asked.clock.advance(5.9)
        assert await statuses(asked, 20, RSA, "another yet") == {401}
    assert len(issuer.asked) == 2


@story
async def test_other_keys_each_time(issuer: Issuer, asked: Asked) -> None:
    """What is fetched last counts alone, and it is fetched no more often for it."""
    for number in range(5):
        key = (RSA, OTHER_RSA)[number % 2]
        issuer.act = says(document(one=key))
        await asked.clock.advance(3600)
        assert [await asked.status(each, "one") for each in (key, RSA, OTHER_RSA)].count(401) == 1
    assert len(issuer.asked) == 5


@story
async def test_flows_with_the_same_url_fetch_once(issuer: Issuer, asked: Asked) -> None:
    assert [await asked.status(*KNOWN, flow) for flow in ("protected", "other")] == [200, 200]
    assert len(issuer.asked) == 1
