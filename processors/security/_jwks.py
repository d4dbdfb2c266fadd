"""The keys that an issuer publishes at a url: fetched when they are needed, and kept."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from joserfc.jwk import Key

from engine import FlowError, Runtime
from engine.limits import (
    LARGEST_KEY_SET,
    LONGEST_FETCH_OF_KEYS,
    LONGEST_WAIT_FOR_KEYS,
    OLDEST_KEYS,
    UNKNOWN_KEYS_ASKED,
)
from processors.security._algorithms import SECURITY_CONNECTIVITY
from processors.security._keys import choose, key_set

log = logging.getLogger("engine")

FRESH = 3600.0
"""Seconds after which keys are fetched again, so that one that was withdrawn is forgotten."""
AFTER_FAILURE = 5.0
"""Seconds after a failed fetch in which nothing is fetched."""
PLAIN = {"Accept": "application/json", "Accept-Encoding": "identity"}
"""Compressed, a small document could be a very large one."""


class FetchedKeys:
    """The keys of a url. However many tokens want them, they are fetched once; old ones serve while fetching new ones
    fails.

    Times are those of a monotonic clock: a jump of the time of day makes no keys older.
    """

    def __init__(self, url: str, runtime: Runtime) -> None:
        self._url = url
        self._runtime = runtime
        self._keys: list[Key] = []
        self._fetched = self._tried = float("-inf")
        self._failure: str | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def key_for(self, algorithm: str, kid: str | None) -> Key | None:
        if self._age() >= FRESH:
            await self._renew(AFTER_FAILURE, LONGEST_WAIT_FOR_KEYS if self._are_good() else None)
        if not self._are_good():
            detail = f"the keys of {self._url}: {self._failure}"
            raise FlowError(SECURITY_CONNECTIVITY, "the keys for tokens cannot be had", detailed_description=detail)
        key = choose(self._keys, algorithm, kid)
        if key is None:
            await self._renew(UNKNOWN_KEYS_ASKED)
            key = choose(self._keys, algorithm, kid)
        return key

    def _age(self) -> float:
        return self._runtime.clock.monotonic() - self._fetched

    def _are_good(self) -> bool:
        """Return whether there are keys that are not too old."""
        return self._age() < OLDEST_KEYS

    async def _renew(self, interval: float, patience: float | None = None) -> None:
        """Fetch the keys, unless that was tried within the interval; concurrent callers wait for the same fetch.

        patience: how many seconds after its start the fetch is waited for; None waits for its end.
        """
        if self._fetching is None or self._fetching.done():
            if self._runtime.clock.monotonic() - self._tried < interval:
                return
            self._runtime.keep_from(f"GET {self._url}")
            self._tried = self._runtime.clock.monotonic()
            self._fetching = self._runtime.tasks.start(self._fetch(), "keys for tokens")
        if patience is None:
            await asyncio.shield(self._fetching)  # one that waits may be cancelled; the others go on waiting
        else:
            await self._wait(self._fetching, self._tried + patience)

    async def _wait(self, fetching: asyncio.Task[None], until: float) -> None:
        """Wait for a fetch that is under way, at most until that moment of the clock."""
        clock = self._runtime.clock
        alarm = asyncio.ensure_future(clock.sleep(max(0.0, until - clock.monotonic())))
        try:
            await asyncio.wait({fetching, alarm}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            alarm.cancel()
            with suppress(asyncio.CancelledError):
                await alarm

    async def _fetch(self) -> None:
        try:
            self._keys = key_set(await download(self._url))
            self._fetched, self._failure = self._runtime.clock.monotonic(), None
        except (OSError, ValueError) as error:
            self._failure = str(error) or type(error).__name__
            self._tried = self._runtime.clock.monotonic()  # the pause begins after the end of a fetch that hung
            log.warning("the keys of %s cannot be fetched: %s", self._url, self._failure)


async def download(url: str) -> bytes:
    """Return the document at a url. Raise OSError, which includes TimeoutError, or ValueError."""
    import aiohttp  # only keys of a url need it

    from processors._pool import Pool

    timeout = aiohttp.ClientTimeout(total=LONGEST_FETCH_OF_KEYS)
    jar = aiohttp.DummyCookieJar()
    try:
        async with (
            aiohttp.ClientSession(connector=Pool(), timeout=timeout, cookie_jar=jar, auto_decompress=False) as session,
            session.get(url, allow_redirects=False, headers=PLAIN) as response,
        ):
            if response.status != 200:
                raise ValueError(f"status {response.status}")
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise ValueError("a document that is compressed")
            document = bytearray()
            async for chunk in response.content.iter_chunked(2**16):
                document += chunk
                if len(document) > LARGEST_KEY_SET:
                    raise ValueError(f"more than {LARGEST_KEY_SET} bytes")
            return bytes(document)
    except aiohttp.ClientError as error:
        raise OSError(str(error) or type(error).__name__) from error
