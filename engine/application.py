"""An application: the flows of a set of files, which it starts, runs, serves, loads again and stops."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self
from weakref import WeakKeyDictionary

from msgspec.structs import replace

from engine.edition import Edition, StartError, Wanted
from engine.expressions.appended import settle
from engine.expressions.suggestion import did_you_mean
from engine.loading.config.effective import as_data
from engine.loading.loader import Parts
from engine.plan.link import Around, forget_classes
from engine.plan.observer import Meter, Observer
from engine.recipe import Metrics as Metrics
from engine.recipe import Recipe
from engine.steps.flow import Flow
from engine.succession import Changes, Succession
from engine.values.event import NOTHING, Event
from engine.work.aside import aside, collect_all
from engine.work.clock import Clock
from engine.work.measures import Measures

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from engine.serving.app import FlowApp

log = logging.getLogger("engine")

Choose = Callable[[Mapping[str, Flow]], list[Flow]]
"""Returns those of the flows that an ASGI application serves."""


class ReloadError(Exception):
    """The flows that were loaded again cannot take the place of those that run; the message says why."""


class Prepared(Protocol):
    """What a server has prepared for a reload."""

    def switch(self) -> None:
        """Have requests answered by the new flows."""

    async def switched(self) -> None:
        """Wait until that holds for new connections, too."""

    def undo(self) -> None:
        """Close what was opened: the reload fails."""

    async def settled(self) -> None:
        """Wait until the flows before get no more requests."""


Prepare = Callable[[Parts], Awaitable[Prepared]]
"""Prepares a server for new parts. Raises OSError or ReloadError: the reload fails."""


Loaded = Callable[[frozenset[str]], None]


def _ignored(secrets: frozenset[str]) -> None:
    """Hide nothing."""


class Application:
    """Flows that can be run from Python and served over HTTP.

        app = Application.load("flows/")
        event = await app.run("upsert-single-record", payload={"id": "a1"})

    It starts at the first use; `stop`, or the end of `async with`, closes everything it opened. Its
    sources make events only once it listens, as it does when it is served.
    """

    def __init__(self, parts: Parts, recipe: Recipe | None = None) -> None:
        self._edition = Edition(parts)
        self._recipe = recipe
        self._starting = asyncio.Lock()
        self._is_started = False
        self._wanted: Wanted = _all
        self._is_listening = False
        self._is_draining = False
        self._is_changing = False
        self._retiring: dict[asyncio.Task[None], tuple[Edition, Edition]] = {}
        """The editions before, whose events have not ended, each with the one in its place."""
        self._served: WeakKeyDictionary[FlowApp, tuple[Choose, Callable[[list[Flow]], bool]]] = WeakKeyDictionary()

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
        name: str = "",
        env: str | None = None,
        is_check: bool = False,
    ) -> Self:
        """Return the application of flow files and folders. Raises LoadError, with every mistake at its place.

        properties: values of placeholders; they take precedence over all other sources, as those of `--set` do.
        processors: packages of elements in addition to the installed ones.
        clock: replaces the clock of the machine.
        observers: called for each event that enters and leaves a step, a handler or a flow.
        around: wrappers of steps, such as a recording. meters: wrappers of the functions that serve events, run flows
        and are steps, such as OpenTelemetry's.
        metrics: whether events are counted and timed, to be read from `measures`; they are, if a source has
        expectEvery. `elements`: those of each element, too.
        name: of the application, for its data, if its `configuration` gives it none; if left out, that of its folder.
        env: the environment, whose properties are in config/ENV.yaml; if left out, that of the variable ENGINE_ENV.
        is_check: whether nothing will run: encrypted values then need no key.
        """
        recipe = Recipe(
            paths, properties, tuple(processors), clock, observers, around, meters, metrics, name, env, is_check
        )
        return cls(recipe.load(), recipe)

    @property
    def parts(self) -> Parts:
        return self._edition.parts

    @property
    def flows(self) -> Mapping[str, Flow]:
        return self.parts.flows

    @property
    def measures(self) -> Measures:
        """What is counted while the flows run, by the name of each measure."""
        return self.parts.runtime.measures

    # Start and stop

    async def start(self) -> None:
        """Open connections and run init scripts. Do nothing if already started. Raises StartError."""
        if self._is_started:
            return
        async with self._starting:
            if not self._is_started:
                await self._or_stop(self._edition.open())
                self._is_started = True

    async def _or_stop(self, starting: Awaitable[None]) -> None:
        try:
            await starting
        except StartError:
            await self.stop()
            raise

    async def listen(self, wanted: Wanted | None = None) -> None:
        """Start, and let the sources make events. Do nothing if already listening or stopping. Raises StartError.

        wanted: whether the source of a flow makes events; tests leave some out.
        """
        if self._is_listening or self._is_draining:
            return
        await self.start()
        async with self._starting:
            if not self._is_listening and not self._is_draining:
                self._is_listening, self._wanted = True, wanted or _all
                await self._or_stop(self._edition.begin(self._wanted))

    async def start_flow(self, name: str) -> None:
        """Have the source of a flow make events again. Do nothing if it does. Raises LookupError and StartError."""
        flow = self._with_source(name)
        if flow.is_started:
            return
        flow.take_events(is_started=True)
        if self._is_listening:
            await self._edition.begin_flow(flow)

    async def stop_flow(self, name: str) -> None:
        """Have the source of a flow make no more events, and wait for those under way. Raises LookupError.

        Requests are then refused (503), as if the flow had `initialState: stopped`; a flow-ref still runs it. After a
        reload it is still stopped.
        """
        flow = self._with_source(name)
        flow.take_events(is_started=False)
        await self._edition.end_flow(flow)

    def _with_source(self, name: str) -> Flow:
        flow = self.flows.get(name)
        if flow is None or flow.source is None:
            close = did_you_mean(name, [name for name, flow in self.flows.items() if flow.source])
            hint = f"; did you mean '{close}'?" if close else ""
            raise LookupError(f"there is no flow '{name}' with a source{hint}")
        return flow

    async def stop_sources(self) -> None:
        """Stop the sources, and wait for their events that are under way."""
        self._is_draining, self._is_listening = True, False
        await asyncio.gather(*(edition.stop_sources() for edition in self._editions))

    @property
    def _secrets(self) -> frozenset[str]:
        """The secrets of all flows that may still say something."""
        return frozenset().union(*(edition.parts.secrets for edition in self._editions))

    @property
    def _editions(self) -> list[Edition]:
        return [self._edition, *(edition for edition, _ in self._retiring.values())]

    async def stop(self, seconds: float | None = None) -> None:
        """Close everything that was opened. Work that is under way is cancelled if it takes longer than the seconds.

        seconds: `shutdownTimeout` of the configuration if left out.
        """
        await self._end_work(seconds)
        self._is_started = self._is_draining = False
        await self._end_retiring()
        await self._edition.close()

    async def end_work(self) -> None:
        """Stop the sources and wait for all that is under way, as `stop` does; everything stays open.

        It may listen again.
        """
        await self._end_work()
        self._is_draining = False

    async def _end_work(self, seconds: float | None = None) -> None:
        began = monotonic()
        seconds = self.parts.configuration.shutdown_timeout if seconds is None else seconds
        try:
            async with asyncio.timeout(seconds):
                await self.stop_sources()
        except TimeoutError:
            log.warning("sources did not end within %g s", seconds)
        left = max(0.0, seconds - (monotonic() - began))
        late = sum(await asyncio.gather(*(each.parts.runtime.tasks.drain(left) for each in self._editions)))
        if late:
            log.warning("%d background tasks did not end within %g s and were cancelled", late, seconds)

    async def is_ready(self) -> bool:
        """Return whether it takes requests and every config is ready. A config that is not is logged once."""
        runtime = self.parts.runtime
        is_stalled = self.parts.configuration.not_ready_if_stalled and bool(runtime.stalled())
        return self._is_listening and not is_stalled and await self._edition.is_ready()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    # Reload

    async def reload(self, prepare: Prepare | None = None, loaded: Loaded = _ignored) -> Changes:
        """Load the flows again, beside those that run, and have them take their place; return what has changed.

        Events that are under way end where they are. Configs that are defined as before live on, and so does what flows
        share and count. If it fails, the flows that run go on as they are: raises LoadError, CatalogError, StartError,
        ReloadError, or the error of `prepare`. Two at a time are not possible; `engine.operation.reload` makes a row
        of them.

        prepare: prepares a server for the new parts, before they take over. loaded: called with the secrets of the new
        flows, and of those before, as soon as they are known: what is told from then on must not show them.
        """
        recipe = self._recipe
        if recipe is None or self._is_changing:
            raise ReloadError("it is being loaded again" if recipe else "it was not loaded from files")
        self._is_changing = True
        try:
            succession = await aside(lambda: recipe.load_again(self.parts))
            loaded(succession.parts.secrets | self._secrets)
            async with self._starting:
                await self._replace(succession, prepare)
            return succession.changes
        finally:
            self._is_changing = False

    async def _replace(self, succession: Succession, prepare: Prepare | None) -> None:
        former, fresh = self._edition, Edition(succession.parts)
        prepared, is_running = None, self._is_started
        try:
            self._check(fresh, is_running=is_running)
            succession.hand_over_configs()
            if is_running:
                await fresh.open(former.parts.configs)
            prepared = prepare and await prepare(fresh.parts)
            tables = [partial(app.serve, *self._routes(fresh, *how)) for app, how in list(self._served.items())]
            await former.rest()
            self._check(fresh, is_running=is_running)
            succession.hand_over_flows()
            if self._is_listening:
                await fresh.begin(self._wanted)
            self._check(fresh, is_running=is_running)
        except BaseException:
            await self._stay(former, fresh, succession, prepared)
            raise
        self._edition = fresh
        self.measures.go_on()
        for serve in tables:
            serve()
        if prepared:
            prepared.switch()
        self._retire(former, fresh, prepared, has_other_classes=bool(succession.changes.modules))
        if prepared:
            await prepared.switched()

    def _check(self, fresh: Edition, *, is_running: bool) -> None:
        if self._is_draining or self._is_started != is_running:
            raise ReloadError("the application ends")
        own, other = self.parts.runtime.data_dir, fresh.parts.runtime.data_dir
        if own != other:
            reason = f"its data would be in {other}, and is in {own}"
            raise ReloadError(f"configuration.name or dataDir has changed: {reason}; that takes a restart")

    async def _stay(self, former: Edition, fresh: Edition, succession: Succession, prepared: Prepared | None) -> None:
        """Have all as it was: the new flows do not take over."""
        if prepared:
            prepared.undo()
        await fresh.rest()
        succession.undo()
        if self._is_listening:
            await former.go_on()
        await fresh.stop_sources()
        await fresh.give_up(former)

    def _retire(self, former: Edition, fresh: Edition, prepared: Prepared | None, *, has_other_classes: bool) -> None:
        before = next(reversed(self._retiring), None)
        task = asyncio.create_task(_ended(former, fresh, prepared, before), name="the flows before a reload")
        self._retiring[task] = former, fresh

        def forget(task: asyncio.Task[None]) -> None:
            self._retiring.pop(task, None)
            if has_other_classes:
                asyncio.get_running_loop().call_soon(_forget_classes)

        task.add_done_callback(forget)

    async def none_retiring(self) -> None:
        """Wait until all that was served before has ended."""
        while self._retiring:
            await asyncio.wait(list(self._retiring))

    async def _end_retiring(self) -> None:
        """Close the editions whose events have ended, or are cancelled."""
        for task, (edition, successor) in list(self._retiring.items()):
            task.cancel()
            await asyncio.wait([task])
            await edition.retire(successor)

    # Use

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
        await self.start()
        parts = self.parts
        flow = parts.runnables.get(name)
        if flow is None:
            close = did_you_mean(name, parts.runnables)
            raise LookupError(f"there is no flow {name!r}" + (f"; did you mean {close!r}?" if close else ""))
        event = Event(payload=payload, vars=dict(vars or {}), attributes=attributes or NOTHING)
        if correlation_id is not None:
            event = replace(event, correlation_id=correlation_id)
        with parts.runtime.under_way:
            after = await flow.run(event)
        return replace(after, payload=settle(after.payload), vars=settle(dict(after.vars)))

    def asgi(self, flows: Iterable[Flow] | None = None, *, api_docs: bool | None = None) -> Starlette:
        """Return the ASGI application of the flows with an HTTP source (all, or those given).

        After a reload it serves the new flows (all, or those of the same names).
        api_docs: whether to add /openapi.json and /docs, at paths that no flow serves; if left out, the listeners
        decide.
        """
        names = None if flows is None else {flow.name for flow in flows}
        return self.serving(lambda known: [known[name] for name in known if names is None or name in names], api_docs)

    def serving(self, choose: Choose, api_docs: bool | None = None, host: str | None = None) -> Starlette:
        """Do as `asgi` for the flows that a function chooses now and after each reload.

        host: the address it listens on, overriding the listeners' own.
        """
        from engine.openapi.pages import is_described  # Starlette is not needed to run flows from Python
        from engine.serving.app import FlowApp
        from engine.serving.request_meter import Unrouted

        def describes(flows: list[Flow]) -> bool:
            return is_described(flows, host) if api_docs is None else api_docs

        app = FlowApp(self.listen, self.stop, Unrouted(self.measures) if self.measures.is_on else None)
        self._served[app] = choose, describes
        app.serve(*self._routes(self._edition, choose, describes))
        return app

    def _routes(self, edition: Edition, choose: Choose, describes: Callable[[list[Flow]], bool]) -> Any:
        from engine.openapi.pages import docs
        from engine.serving.app import routes_of

        served = choose(edition.parts.flows)
        pages = docs(partial(_openapi, edition.parts, served)) if describes(served) else []
        return routes_of(served, self.listen, self.is_ready), pages

    def openapi(self, flows: Iterable[Flow] | None = None, servers: Iterable[str] = ("/",)) -> dict[str, Any]:
        """Return the OpenAPI 3.1 document of the flows with an HTTP source (all, or those given).

        servers: the base URLs to send requests to.
        """
        return _openapi(self.parts, self.flows.values() if flows is None else flows, servers)

    def effective_configuration(self) -> dict[str, Any]:
        """Return the environment, and each property with its value and where it comes from; secrets are •••.

            {"environment": "prod",
             "properties": [{"name": "db.url", "value": "sqlite://", "from": "config/prod.yaml:2",
                             "secret": False, "used": True}]}

        used: whether a placeholder or `p('name')` asks for it. The properties come in the order of their names.
        """
        return as_data(self.parts.env, self.parts.properties())


def _all(flow: Flow) -> bool:
    return True


def _forget_classes() -> None:
    """Free those of modules that were imported anew; it takes as long as a whole garbage collection."""
    forget_classes()
    collect_all()


def _openapi(parts: Parts, flows: Iterable[Flow], servers: Iterable[str] = ("/",)) -> dict[str, Any]:
    from engine.analysis.examples import examples_in
    from engine.openapi.document import openapi, without_secrets

    document = openapi(flows, servers, examples_in(parts.folders), parts.configuration.api.told)
    secrets = parts.runtime.secrets
    return without_secrets(document, secrets) if secrets.are_known else document


async def _ended(
    former: Edition, successor: Edition, prepared: Prepared | None, before: asyncio.Task[None] | None
) -> None:
    """Close an edition after its last event, and after those before it."""
    if before is not None:
        await asyncio.wait([before])
    if prepared is not None:
        await prepared.settled()
    try:
        await former.none_under_way()
        await former.stop_sources()
        await former.retire(successor)
    except Exception:
        log.exception("what was served before a reload cannot be closed")
