"""Connections to a Redis server, over redis-py, which is imported here and nowhere else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Sequence
from hashlib import sha1
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError

from engine.limits import LONGEST_HOME_OPERATION, MOST_HOME_CONNECTIONS
from engine.stores.homes.reach import Reach
from engine.values.errors import ErrorType

Argument = str | bytes | int | float

CODE = re.compile(r"[A-Z]{4,} ")
DATABASE = re.compile(r"(?:/[0-9]*)?")
OWN_OPTIONS = frozenset({
    "connection_class", "credential_provider", "decode_responses", "encoding", "encoding_errors", "max_connections",
    "protocol", "retry_on_error", "retry_on_timeout", "socket_timeout", "timeout",
})  # fmt: skip
"""Options of redis-py that a url cannot set: answers, and how long one waits for them, are what operations expect."""


class Script:
    """A script in Lua, which the server runs as one operation and remembers by its digest."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = sha1(text.encode(), usedforsecurity=False).hexdigest()


class RedisConnection:
    """The connections of one application to a server: opened when they are needed, and again after `close`.

    An operation takes its place in a bounded pool, and runs at most once: it is not repeated if its answer is lost,
    since it may have taken place. A connection that the server has closed is replaced before its next use.

    url: redis://, rediss:// or unix://. unavailable: the type of the FlowError that each method raises if the server
    cannot be reached, refuses an operation, or does not answer in time.
    """

    def __init__(self, url: str, unavailable: ErrorType) -> None:
        self._url = url
        self.reach = Reach(url, (RedisError,), unavailable, _is_refusal)
        self._client: Redis | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lines: set[Line] = set()

    async def run(self, script: Script, keys: Sequence[str], *arguments: Argument) -> Any:
        """Return the result of a script: bytes, numbers, None, and lists of these."""
        return await self.reach.do(lambda: self._run(script, (len(keys), *keys, *arguments)))

    async def command(self, *parts: Argument) -> Any:
        """Return the answer to a command, such as `command("XLEN", "orders")`; texts are bytes."""
        return await self.reach.do(lambda: _sent(self._opened(), *parts))

    def line(self) -> Line:
        """Return a connection that nobody else uses, for commands that wait long for their answer (BLOCK)."""
        line = Line(_client(self._url, 1), self.reach)
        self._lines.add(line)
        return line

    async def close(self) -> None:
        client, self._client = self._client, None
        lines, self._lines = self._lines, set()
        for line in lines:
            await line.close()
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.aclose()

    async def _run(self, script: Script, arguments: tuple[Argument, ...]) -> Any:
        client = self._opened()
        try:
            return await _sent(client, "EVALSHA", script.digest, *arguments)
        except NoScriptError:  # the server has started anew: nothing was done
            return await _sent(client, "EVAL", script.text, *arguments)

    def _opened(self) -> Redis:
        """Return the client of this event loop: connections belong to the loop that has opened them."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._client, self._loop = _client(self._url, MOST_HOME_CONNECTIONS), loop
        return self._client


class Line:
    """One connection, for one task at a time."""

    def __init__(self, client: Redis, reach: Reach) -> None:
        self._client = client
        self._reach = reach

    async def command(self, *parts: Argument, wait: float = 0.0) -> Any:
        """Return the answer to a command. wait: the seconds for which the server may keep it back."""
        patience = wait + LONGEST_HOME_OPERATION
        return await self._reach.do_apart(lambda: _sent(self._client, *parts), patience)

    async def close(self) -> None:
        await self._client.aclose()


def reason_against(url: str) -> str:
    """Return why there can be no connection to a url, such as an option that is none; empty if there can be one."""
    parts = urlsplit(url)
    if parts.scheme != "unix" and not DATABASE.fullmatch(parts.path):  # redis-py would take database 0
        return "a path that is not the number of a database"
    if own := next((name for name, _ in parse_qsl(parts.query) if name in OWN_OPTIONS), ""):
        return f"the option {own}, which is the engine's own"
    try:
        BlockingConnectionPool.from_url(url).make_connection()  # type: ignore[no-untyped-call]  # it has no types
    except (TypeError, ValueError, RedisError):
        return "options behind the ? that redis-py does not know, or of the wrong kind"
    return ""


def _is_refusal(error: Exception) -> bool:
    """Return whether a command in a script was wrong; what tells of the server has a type, or a code in capitals."""
    text = str(error)
    return type(error) is ResponseError and "script" in text and CODE.match(text) is None


def _sent(client: Redis, *parts: Argument) -> Awaitable[Any]:
    answer: Awaitable[Any] = client.execute_command(*parts)  # type: ignore[no-untyped-call]  # it has no types
    return answer


def _client(url: str, most: int) -> Redis:
    """Return a client with a pool of its own. Each operation has its time limit, so the sockets have none."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=most,
        timeout=None,
        socket_timeout=None,
        socket_connect_timeout=LONGEST_HOME_OPERATION,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        driver_info=None,  # it need not be told who calls
    )
    client = Redis.from_pool(pool)
    client.response_callbacks.clear()  # answers are what the server says
    return client
