"""The keys that an issuer gives out at a url: fetched when they are needed, and kept."""

from __future__ import annotations

import asyncio
import logging

from joserfc.jwk import Key

from engine import FlowError, Runtime
from processors.security._algorithms import SECURITY_CONNECTIVITY
from processors.security._keys import choose, key_set

log = logging.getLogger("engine")

LONGEST_FETCH = 10.0
LARGEST_DOCUMENT = 512 * 2**10
MOST_OFTEN = 60.0
"""Seconds between two looks for a key that is not known: a token may name any."""
FRESH = 3600.0
"""Seconds after which keys are fetched anew, so that one that was withdrawn is forgotten."""
AFTER_FAILURE = 5.0
"""Seconds in which nothing is fetched after it failed."""


class FetchedKeys:
    """The keys of a url. However many tokens want them, they are fetched once; old ones serve while new ones fail."""

    def __init__(self, url: str, runtime: Runtime) -> None:
        self._url = url
        self._runtime = runtime
        self._keys: list[Key] = []
        self._fetched = self._tried = float("-inf")
        self._failure: str | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def key_for(self, algorithm: str, kid: str | None) -> Key | None:
        if self._age() >= FRESH:
            await self._renew(AFTER_FAILURE)
        key = choose(self._keys, algorithm, kid)
        if key is None and self._keys:
            await self._renew(MOST_OFTEN)
            key = choose(self._keys, algorithm, kid)
        if not self._keys:
            detail = f"the keys of {self._url}: {self._failure}"
            raise FlowError(SECURITY_CONNECTIVITY, "the keys for tokens cannot be had", detailed_description=detail)
        return key

    def _age(self) -> float:
        return self._runtime.clock.monotonic() - self._fetched

    async def _renew(self, interval: float) -> None:
        """Fetch the keys, unless that was tried within the interval; who comes meanwhile waits for the same fetch."""
        if self._fetching is None or self._fetching.done():
            now = self._runtime.clock.monotonic()
            if now - self._tried < interval:
                return
            self._runtime.keep_from(f"GET {self._url}")
            self._tried = now
            self._fetching = self._runtime.tasks.start(self._fetch(), "keys for tokens")
        await asyncio.shield(self._fetching)  # one that waits may be cancelled; the others go on waiting

    async def _fetch(self) -> None:
        try:
            self._keys = key_set(await download(self._url))
            self._fetched, self._failure = self._runtime.clock.monotonic(), None
        except (OSError, ValueError) as error:
            self._failure = str(error) or type(error).__name__
            log.warning("the keys of %s cannot be fetched: %s", self._url, self._failure)


async def download(url: str) -> bytes:
    """The document at a url. Raises OSError, of which TimeoutError is one, and ValueError."""
    import aiohttp  # only keys of a url need it

    timeout = aiohttp.ClientTimeout(total=LONGEST_FETCH)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.get(url, allow_redirects=False, headers={"Accept": "application/json"}) as response,
        ):
            if response.status != 200:
                raise ValueError(f"status {response.status}")
            document = b""
            async for chunk in response.content.iter_chunked(2**16):
                document += chunk
                if len(document) > LARGEST_DOCUMENT:
                    raise ValueError(f"more than {LARGEST_DOCUMENT} bytes")
            return document
    except aiohttp.ClientError as error:
        raise OSError(str(error) or type(error).__name__) from error
