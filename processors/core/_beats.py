"""The firings of a scheduler of which one process of all makes each: they go on when another takes over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.connectors import Counter, Lease, restore, serialise
from processors.core._cron import CronExpression

SET_ANEW = timedelta(hours=3)
"""A clock set back by less than this goes on to the next firing; if by more, firings start anew (like Vixie's cron)."""


class Beats:
    """The beat that all processes keep: it stands in the home beside the lease, with the firing that came last.

    A firing takes place after it has been noted with the holder's token. So none comes twice: a process that was cut
    off, or slept, cannot note it. One that ends in between has lost that firing; the next one comes in its time.

    starts_at: what is written of the times; with other times the beat begins anew. missed: counts firings that nobody
    made.
    """

    def __init__(self, lease: Lease, starts_at: str, missed: Counter) -> None:
        self._lease = lease
        self._starts_at = starts_at
        self._missed = missed

    async def at_frequency(self, every: float, delay: float) -> AsyncIterator[float]:
        """Yield at each firing how many seconds late it is."""
        lease = self._lease
        while True:
            await lease.take()
            beat = self._beat()
            if beat is None:
                beat = {"begin": lease.now() + delay, "number": 0}
                if not await self._note(beat):
                    continue
            due = beat["begin"] + beat["number"] * every
            if not await lease.until(due):
                continue
            passed = max(beat["number"], int((lease.now() - beat["begin"]) / every))
            if await self._note({**beat, "number": passed + 1}):
                self._missed.value += passed - beat["number"]
                yield max(0.0, lease.now() - due)

    async def by_cron(self, expression: CronExpression, zone: ZoneInfo | None) -> AsyncIterator[float]:
        """Yield at each firing how many seconds late it is; end if the expression has no time left."""
        lease = self._lease
        while True:
            await lease.take()
            beat, now = self._beat(), lease.now()
            if beat is None or beat["last"] - now >= SET_ANEW.total_seconds():
                beat = {"last": now}
                if not await self._note(beat):
                    continue
            following = expression.after(datetime.fromtimestamp(beat["last"], UTC), zone)
            if following is None:
                return
            due = following.timestamp()
            if await lease.until(due) and await self._note({"last": max(due, lease.now())}):
                yield max(0.0, lease.now() - due)

    def _beat(self) -> dict[str, Any] | None:
        """Return the beat of these times; None if there is none yet."""
        noted = restore(self._lease.noted) if self._lease.noted else {}
        return noted if noted.get("startsAt") == self._starts_at else None

    async def _note(self, beat: dict[str, Any]) -> bool:
        return await self._lease.note(serialise({**beat, "startsAt": self._starts_at}))
