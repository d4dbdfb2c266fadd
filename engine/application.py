"""An application: the flows of a set of files, which it starts, runs and serves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from msgspec.structs import replace

from engine.expressions.appended import settle
from engine.expressions.suggestion import did_you_mean
from engine.limits import LONGEST_READY_CHECK
from engine.loading.catalog import discover
from engine.loading.loader import Parts, load
from engine.loading.measuring import measure
from engine.plan.inside import reachable
from engine.plan.link import Around, Link
from engine.plan.observer import Meter, Observer
from engine.steps.element_meter import ElementMeter
from engine.steps.flow import Flow
from engine.steps.flow_meter import FlowMeter
from engine.steps.processor import Source
from engine.values.errors import FlowError
from engine.values.event import NOTHING, Event
from engine.work.clock import Clock
from engine.work.measures import Measures

if TYPE_CHECKING:
    from starlette.applications import Starlette


log = logging.getLogger("engine")


Metrics = Literal["flows", "elements"]
"""What is counted and timed: the events of flows, with all that elements count; and those of each element."""


class StartError(Exception):
    """A config or a source could not be started; the message names it."""


class Application:
    """Flows that can be run from Python and served over HTTP.

        app = Application.load("flows/")
        event = await app.run("upsert-single-record", payload={"id": "a1"})

    It starts at the first use; `stop`, or the end of `async with`, closes everything it opened. Its
    sources make events only once it listens, as it does when it is served.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._starting = asyncio.Lock()
        self._is_started = False
        self._listening: list[Source] = []
        self._is_listening = False
        self._is_draining = False
        self._unready: set[str] = set()

    @classmethod
    def load(
        cls,
        *paths: str | Path,
        properties: Mapping[str, str] | None = None,
        processors: Iterable[str] = (),
        clock: Clock | None = None,
        observers: Sequence[Observer] = (),
        around: Sequence[Around] = (),
        meters: Sequence[Meter] = (),
        metrics: Metrics | bool = False,
    ) -> Self:
        """Return the application of flow files and folders. Raises LoadError, with every mistake at its place.

        properties: values of placeholders; they take precedence over all other sources, as those of `--set` do.
        processors: packages of elements in addition to the installed ones.
        clock: replaces the clock of the machine.
        observers: called for each event that enters and leaves a step, a handler or a flow.
        around: wrappers of steps, such as a recording. meters: wrappers of the functions that serve events.
        metrics: whether events are counted and timed, to be read from `measures`; they are, if a source has
        expectEvery. `elements`: those of each element, too.
        """
        parts = load(paths, discover(processors), properties, clock)
        if metrics or any(flow.source and flow.source.expect_every for flow in parts.flows.values()):
            measure(parts)
            meters = [FlowMeter(), *meters]
        if metrics == "elements":
            observers = [ElementMeter(parts.runtime.measures, reachable(*parts.runnables.values())), *observers]
        Link(observers, around, meters).link(parts.runnables.values()).install()
        return cls(parts)

    @property
    def flows(self) -> Mapping[str, Flow]:
        return self.parts.flows

    @property
    def measures(self) -> Measures:
        """What is counted while the flows run, by the name of each measure."""
        return self.parts.runtime.measures

    async def start(self) -> None:
        """Open connections and run init scripts. Do nothing if already started. Raises StartError."""
        if self._is_started:
            return
        async with self._starting:
            if not self._is_started:
                await self._start_configs()
                self._is_started = True

    async def _start_configs(self) -> None:
        for name, config in self.parts.configs.items():
            try:
                await config.start()
            except FlowError as error:
                await self.stop()
                raise StartError(f"the config '{name}' cannot be started: {error.detailed_description}") from error
        await self.parts.runtime.start()

    async def listen(self, wanted: Callable[[Flow], bool] = lambda flow: True) -> None:
        """Start, and let the sources make events. Do nothing if already listening or stopping. Raises StartError.

        wanted: whether the source of a flow makes events; tests leave some out.
        """
        if self._is_listening or self._is_draining:
            return
        await self.start()
        async with self._starting:
            if not self._is_listening and not self._is_draining:
                self._is_listening = True
                await self._start_sources(wanted)

    async def _start_sources(self, wanted: Callable[[Flow], bool]) -> None:
        for flow in self.flows.values():
            if flow.is_started and wanted(flow):
                try:
                    await self._start_source(flow)
                except StartError:
                    await self.stop()
                    raise

    async def _start_source(self, flow: Flow) -> None:
        source = flow.source
        if source is None or (self.parts.runtime.worker and not source.in_every_worker):
            return
        self._listening.append(source)
        try:
            await source.start(flow)
        except FlowError as error:
            reason = error.detailed_description
            raise StartError(f"the source of the flow '{flow.name}' cannot be started: {reason}") from error

    async def start_flow(self, name: str) -> None:
        """Have the source of a flow make events again. Do nothing if it does. Raises LookupError and StartError."""
        flow = self._with_source(name)
        if flow.is_started:
            return
        flow.take_events(is_started=True)
        if self._is_listening:
            await self._start_source(flow)

    async def stop_flow(self, name: str) -> None:
        """Have the source of a flow make no more events, and wait for those under way. Raises LookupError.

        Requests are then refused (503), as if the flow had `initialState: stopped`; a flow-ref still runs it.
        """
        flow = self._with_source(name)
        flow.take_events(is_started=False)
        if flow.source in self._listening:
            self._listening.remove(flow.source)
            await flow.source.stop()

    def _with_source(self, name: str) -> Flow:
        flow = self.flows.get(name)
        if flow is None or flow.source is None:
            close = did_you_mean(name, [name for name, flow in self.flows.items() if flow.source])
            hint = f"; did you mean '{close}'?" if close else ""
            raise LookupError(f"there is no flow '{name}' with a source{hint}")
        return flow

    async def stop_sources(self) -> None:
        """Stop the sources, and wait for their events that are under way."""
        self._is_draining = True
        sources, self._listening, self._is_listening = self._listening, [], False
        await asyncio.gather(*(source.stop() for source in sources))

    async def stop(self, seconds: float | None = None) -> None:
        """Close everything that was opened. Work that is under way is cancelled if it takes longer than the seconds.

        seconds: `shutdownTimeout` of the configuration if left out.
        """
        began = monotonic()
        seconds = self.parts.configuration.shutdown_timeout if seconds is None else seconds
        try:
            async with asyncio.timeout(seconds):
                await self.stop_sources()
        except TimeoutError:
            log.warning("sources did not end within %g s", seconds)
        late = await self.parts.runtime.tasks.drain(max(0.0, seconds - (monotonic() - began)))
        if late:
            log.warning("%d background tasks did not end within %g s and were cancelled", late, seconds)
        self._is_started = self._is_draining = False
        for config in reversed(list(self.parts.configs.values())):
            await config.stop()
        await self.parts.runtime.stop()

    async def is_ready(self) -> bool:
        """Return whether it takes requests and every config is ready. A config that is not is logged once."""
        if not self._is_listening:
            return False
        if self.parts.configuration.not_ready_if_stalled and self.parts.runtime.stalled():
            return False
        names = list(self.parts.configs)
        answers = await asyncio.gather(*map(self._is_config_ready, names))
        unready = {name for name, is_ready in zip(names, answers, strict=True) if not is_ready}
        for name in sorted(unready - self._unready):
            log.warning("not ready: the config '%s'", name)
        self._unready = unready
        return not unready

    async def _is_config_ready(self, name: str) -> bool:
        try:
            async with asyncio.timeout(LONGEST_READY_CHECK):
                return await self.parts.configs[name].is_ready()
        except (FlowError, TimeoutError):
            return False

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def run(
        self,
        name: str,
        payload: Any = None,
        *,
        vars: Mapping[str, Any] | None = None,
        attributes: Mapping[str, Any] | None = None,
        correlation_id: str | None = None,
    ) -> Event:
        """Run a flow or sub-flow without its source, and return the event after it.

        Raises FlowError if the flow fails, and LookupError if there is none of that name.
        """
        flow = self.parts.runnables.get(name)
        if flow is None:
            close = did_you_mean(name, self.parts.runnables)
            raise LookupError(f"there is no flow {name!r}" + (f"; did you mean {close!r}?" if close else ""))
        await self.start()
        event = Event(payload=payload, vars=dict(vars or {}), attributes=attributes or NOTHING)
        if correlation_id is not None:
            event = replace(event, correlation_id=correlation_id)
        after = await flow.run(event)
        return replace(after, payload=settle(after.payload), vars=settle(dict(after.vars)))

    def asgi(self, flows: Iterable[Flow] | None = None, *, api_docs: bool | None = None) -> Starlette:
        """Return the ASGI application of the flows with an HTTP source (all, or those given).

        api_docs: whether to add /openapi.json and /docs, at paths that no flow serves; if left out, the listeners
        decide.
        """
        from engine.openapi.pages import docs, is_described  # Starlette is not needed to run flows from Python
        from engine.serving.app import build_app

        served = list(self.flows.values() if flows is None else flows)
        app = build_app(served, self.listen, self.stop, self.is_ready)
        if is_described(served) if api_docs is None else api_docs:
            app.router.routes += docs(lambda: self.openapi(served))
        return app

    def openapi(self, flows: Iterable[Flow] | None = None, servers: Iterable[str] = ("/",)) -> dict[str, Any]:
        """Return the OpenAPI 3.1 document of the flows with an HTTP source (all, or those given).

        servers: the base URLs to send requests to.
        """
        from engine.analysis.examples import examples_in
        from engine.openapi.document import openapi

        served = self.flows.values() if flows is None else flows
        return openapi(served, servers, examples_in(self.parts.folders), self.parts.configuration.api.told)
