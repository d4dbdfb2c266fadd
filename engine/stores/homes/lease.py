"""What one process of all holds, while it is heard of."""

from __future__ import annotations

import logging

from engine.stores.homes.home import Home
from engine.stores.store import STORE_NOT_AVAILABLE
from engine.values.errors import FlowError
from engine.work.clock import Clock

log = logging.getLogger("engine")

TTL = 5.0
"""Seconds after which a lease is free whose holder is not heard of."""

PAUSE = TTL / 3
"""Seconds between two times that the holder is heard of, and that others ask."""

MARGIN = 0.01
"""Seconds after the end of a lease at which others ask for it."""


class Lease:
    """A lease in a home, as one process sees it.

    Whoever holds it does nothing that others must not do before `note` has returned true: the home compares the token
    of the holder, so that one who slept too long learns that there is another.

    holder: the name of the process, which no other has.
    """

    def __init__(self, home: Home, name: str, holder: str, clock: Clock) -> None:
        self.home = home
        self.noted = b""
        """What the last holder has noted, as far as this process knows."""
        self.keeper: object = None
        """Whoever is to release it: after a reload somebody else."""
        self._name = name
        self._holder = holder
        self._clock = clock
        self._token: int | None = None
        self._asked = self._left = self._ahead = 0.0

    @property
    def is_held(self) -> bool:
        """Whether this process holds it, as far as it knows."""
        return self._token is not None and self._clock.monotonic() < self._asked + TTL

    def now(self) -> float:
        """Return the home's time, in seconds since 1970."""
        return self._clock.monotonic() + self._ahead

    async def take(self) -> None:
        """Wait until this process holds it. While the home is away, nobody takes it."""
        while not await self._is_taken():
            await self._clock.sleep(min(self._left + MARGIN, PAUSE))

    async def until(self, moment: float) -> bool:
        """Wait until a moment of the home's time, and go on holding it. Return false as soon as it is lost."""
        while True:
            if self._clock.monotonic() >= self._asked + PAUSE and not await self._is_taken():
                return False
            left = moment - self.now()
            if left <= 0:
                return True
            await self._clock.sleep(min(left, max(0.0, self._asked + PAUSE - self._clock.monotonic())))

    async def note(self, note: bytes) -> bool:
        """Note something for all. Return false if this process does not hold it any more, or if nobody knows."""
        try:
            is_noted = self._token is not None and await self.home.note(self._name, self._token, note)
        except FlowError as failure:
            self._lose(failure)
            return False
        if not is_noted:
            self._token = None
            return False
        self.noted = note
        return True

    async def release(self) -> None:
        """Let others take it at once."""
        token, self._token = self._token, None
        if token is None:
            return
        try:
            await self.home.release(self._name, token)
        except FlowError as failure:
            log.info("the lease %s is not released: %s", self._name, failure.detailed_description)

    async def _is_taken(self) -> bool:
        asked = self._clock.monotonic()
        try:
            tenure = await self.home.hold(self._name, self._holder, TTL)
        except FlowError as failure:
            self._lose(failure)
            return False
        if tenure.token is not None and self._token is None:
            log.info("the lease %s is held by this process now", self._name)
        self._asked, self._token, self._left = asked, tenure.token, tenure.left
        self._ahead = tenure.now - self._clock.monotonic()
        self.noted = tenure.note or self.noted  # a home that has forgotten all is told again
        return tenure.token is not None

    def _lose(self, failure: FlowError) -> None:
        if failure.type != STORE_NOT_AVAILABLE:
            raise failure
        self._token, self._left = None, PAUSE
