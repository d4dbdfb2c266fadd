"""Loads the flows of a running application again; SIGHUP and the management port ask for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from engine.application import Application, Prepare, ReloadError
from engine.edition import StartError
from engine.loading.catalog import CatalogError
from engine.loading.diagnostic import LoadError
from engine.succession import Changes
from engine.values.secrets import Secrets
from engine.work.measures import Taken

log = logging.getLogger("engine")

REFUSED = (LoadError, CatalogError, StartError, ReloadError, Taken, OSError)
"""The errors of whoever wrote the flows, or runs them: what they say is enough."""


@dataclass(frozen=True)
class Reloaded:
    """The outcome of a reload.

    changes: what is different now; None if the reload was refused, and all is as before. mistakes: why it was refused,
    or why some workers have refused it: a text for each, with its place. seconds: how long it took.
    """

    changes: Changes | None = None
    mistakes: tuple[str, ...] = ()
    seconds: float = 0.0
    warnings: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_done(self) -> bool:
        return self.changes is not None

    def beside(self, mistakes: tuple[str, ...]) -> Reloaded:
        """Return the same with the mistakes of others."""
        return replace(self, mistakes=mistakes)

    def as_json(self) -> dict[str, Any]:
        """Return `{reloaded, seconds}`, with `changes` by their names or `mistakes`, as texts."""
        told: dict[str, Any] = {"reloaded": self.is_done, "seconds": round(self.seconds, 3)}
        if self.changes is None:
            return told | {"mistakes": list(self.mistakes)}
        told |= {"changes": self.changes.as_json(), "warnings": list(self.warnings)}
        return told | ({"mistakes": list(self.mistakes)} if self.mistakes else {})


class Reload:
    """Reloads an application, one time after another.

    Whoever asks while a reload runs gets the next one: files may have changed since this one has read them. All who ask
    meanwhile share it.

    prepare, loaded: as for `Application.reload`. done: called when new flows have taken over. name: what the log calls
    it. around: makes a context that is open during each reload.
    """

    def __init__(
        self,
        app: Application,
        prepare: Prepare | None = None,
        loaded: Callable[[frozenset[str]], None] = lambda secrets: None,
        done: Callable[[], None] = lambda: None,
        name: str = "reload",
        around: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._name = name
        self._app = app
        self._prepare = prepare
        self._loaded = loaded
        self._done = done
        self._around = around
        self._secrets = app.parts.secrets
        self._running: asyncio.Task[Reloaded] | None = None
        self._next: asyncio.Task[Reloaded] | None = None

    async def reload(self) -> Reloaded:
        """Load the flows again, and have them take the place of those that run; return what happened.

        It never raises: mistakes are in the outcome, and in the log, and leave what was served before.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._in_turn(self._running), name="reload")
        return await asyncio.shield(self._next)

    async def _in_turn(self, before: asyncio.Task[Reloaded] | None) -> Reloaded:
        if before is not None:
            await asyncio.wait([before])
        self._running, self._next = self._next, None
        with self._around():
            return await self._now()

    async def _now(self) -> Reloaded:
        began = monotonic()
        log.info("%s: the flows are loaded again, beside those that run", self._name)
        try:
            changes = await self._app.reload(self._prepare, self._note)
        except REFUSED as error:
            return self._refused(_told(error), _told(error, in_one_line=True), began)
        except Exception:
            log.exception("%s: unexpected error", self._name)
            return self._refused(("unexpected error",), (), began)
        self._done()
        warnings = self._app.parts.warnings
        for warning in warnings:
            log.warning("%s: %s", self._name, warning.in_one_line)
        reloaded = Reloaded(changes, (), monotonic() - began, tuple(map(str, warnings)))
        log.info("%s: done in %.2f s; %s", self._name, reloaded.seconds, changes)
        return reloaded

    def _note(self, secrets: frozenset[str]) -> None:
        self._secrets = secrets
        self._loaded(secrets)

    def _refused(self, mistakes: tuple[str, ...], lines: tuple[str, ...], began: float) -> Reloaded:
        seconds, hide = monotonic() - began, Secrets(self._secrets).hide
        for line in lines:
            log.error("%s: %s", self._name, hide(line))
        log.error("%s: refused after %.2f s; what was served before still is", self._name, seconds)
        return Reloaded(None, tuple(map(hide, mistakes)), seconds)


def _told(error: Exception, *, in_one_line: bool = False) -> tuple[str, ...]:
    """Return what is wrong; in_one_line: for a log, without the lines of the files."""
    if isinstance(error, LoadError):
        return tuple(each.in_one_line if in_one_line else str(each) for each in error.diagnostics)
    return ((error.strerror if isinstance(error, OSError) else None) or str(error),)
