"""Recording: served requests, with their outward calls, are written as test cases."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.expressions.functions.chance import repeatable
from engine.plan.code import Run
from engine.serving.path_route import raw_path_of
from engine.steps.chain import Step
from engine.testing.recordings.exchanges import MOST_BYTES, Call, Exchange
from engine.testing.recordings.recorded import Unwritable, case_of
from engine.testing.recordings.redaction import Redaction
from engine.values.errors import FlowError
from engine.values.event import Event
from engine.values.stream import Stream
from engine.work.clock import Clock

log = logging.getLogger("engine")

OUR_OWN = re.compile(r"/(-/|docs\b|openapi\.json$)")
"""Paths that no flow answers."""
NO_WORD = re.compile(r"[^a-z0-9]+")

_exchange: ContextVar[Exchange | None] = ContextVar("recorded_exchange", default=None)


class RecordingClock(Clock):
    """The machine's clock; for the flow of a request it stands still, and waits move it on, as in a replay."""

    def now(self) -> datetime:
        exchange = _exchange.get()
        return super().now() if exchange is None else exchange.began + timedelta(seconds=exchange.waited)

    async def sleep(self, seconds: float) -> None:
        if (exchange := _exchange.get()) is not None:
            exchange.waited += max(0.0, seconds)
        await super().sleep(seconds)


class Recorder:
    """Writes each request as a test file of its own into a folder; only its owner may read them.

    flows: the flow files under test; settings: properties given in addition. The application takes `around_step` and
    `clock`: a replay then sees the same time and the same random numbers.
    """

    def __init__(self, folder: Path, flows: Iterable[str | Path], settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.flows = [os.path.relpath(path, folder) for path in flows]
        self.settings = settings
        self.secrets: frozenset[str] = frozenset()
        self.unseen: Mapping[str, str] = {}
        """The properties that no test sees by itself, such as those of the environment; secrets are hidden."""
        self.redact: Sequence[str] = ()
        """Further names of fields whose values are hidden."""
        self.clock = RecordingClock()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._number = sum(1 for _ in folder.glob("*.test.yaml"))

    def around_step(self, step: Step, run: Run) -> Run:
        """Record a step that acts outward; the linker calls it for each step."""
        if not step.processor.is_outward:
            return run

        async def recorded(event: Event) -> Event:
            exchange = _exchange.get()
            return await (run(event) if exchange is None else self._call(exchange, Call(step, event), run))

        return recorded

    async def _call(self, exchange: Exchange, call: Call, run: Run) -> Event:
        for other in exchange.calls:
            if not other.is_over:
                other.is_beside = call.is_beside = True
        exchange.calls.append(call)
        try:
            call.after = after = _teed(call, await run(call.before))
            return after
        except FlowError as failure:
            call.failure = failure
            raise
        finally:
            call.is_over = True
            if exchange.is_whole:  # the answer did not wait for it
                self._write(exchange)

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return the application with each request recorded."""

        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or OUR_OWN.match(raw_path_of(scope)):
                await app(scope, receive, send)
                return
            with repeatable() as seed:
                exchange = Exchange(scope, seed)
                token = _exchange.set(exchange)
                try:
                    await app(scope, _heard(exchange, receive), _said(exchange, send))
                finally:
                    _exchange.reset(token)
                    self._write(exchange)

        return recorded

    def _write(self, exchange: Exchange) -> None:
        where = f"{exchange.scope['method']} {exchange.scope['path']}"
        if not exchange.is_whole or max(len(exchange.body), len(exchange.content)) > MOST_BYTES:
            log.warning("not recorded: %s was cut off, or is longer than %d bytes", where, MOST_BYTES)
            return
        try:
            redaction = Redaction(self.secrets, self.redact)
            text = case_of(exchange, self.flows, {**self.unseen, **self.settings}, redaction)
            exchange.file = exchange.file or self._new_file(_slug(redaction.text(where)))
            exchange.file.write_text(text, encoding="utf-8")
        except (Unwritable, OSError) as error:
            log.warning("not recorded: %s: %s", where, error)

    def _new_file(self, slug: str) -> Path:
        """Create an empty file of the next number; other processes write beside this one."""
        while True:
            self._number += 1
            file = self.folder / f"{self._number:04}-{slug}.test.yaml"
            if not any(self.folder.glob(f"{self._number:04}-*")):
                os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
                return file


def _slug(text: str) -> str:
    """Return a file name that resembles the text."""
    return NO_WORD.sub("-", text.lower()).strip("-")[:60]


def _heard(exchange: Exchange, receive: Receive) -> Receive:
    async def heard() -> Message:
        message = await receive()
        exchange.heard(message)
        return message

    return heard


def _said(exchange: Exchange, send: Send) -> Send:
    async def said(message: Message) -> None:
        exchange.said(message)
        await send(message)

    return said


def _teed(call: Call, after: Event) -> Event:
    """Return the event; if its result is a stream, its items are noted while it is read."""
    target = getattr(call.step.processor, "target", None)
    result = after.payload if target is None else after.vars.get(target)
    if not isinstance(result, Stream) or result is call.before.payload:
        return after
    noted: list[Any] = []
    call.streamed = noted
    teed = Stream(_noting(result, noted))
    return replace(after, payload=teed) if target is None else after.with_variable(target, teed)


async def _noting(stream: Stream, noted: list[Any]) -> AsyncGenerator[list[Any]]:
    async for portion in stream.portions():
        noted += portion
        yield portion
