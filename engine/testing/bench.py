"""One application on a bench: flows and steps are run from Python, processors are replaced."""

from __future__ import annotations

from asyncio import Runner
from collections.abc import Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent, indent
from types import TracebackType
from typing import Any, Self

from engine.analysis.rehearsal import failure_of
from engine.application import Application
from engine.content.bodies import JSON, write_content
from engine.expressions.appended import settle
from engine.loading.catalog import Catalog, discover
from engine.loading.files.document import Document
from engine.loading.loader import Loader
from engine.loading.project import Project
from engine.loading.sections import read_documents
from engine.plan.code import Run
from engine.plan.link import Around
from engine.steps.chain import Step
from engine.testing.client import Received, send
from engine.testing.expected.selecting import is_named
from engine.testing.staged.clock import CaseClock
from engine.testing.staged.doubles import returned
from engine.testing.staged.isolating import boundary, crossings, inner_parts, isolation_of
from engine.testing.staged.stage import Layers, Stage
from engine.values.errors import ErrorType, FlowError, error_type
from engine.values.event import NOTHING, Event
from engine.work.isolation import Isolation

STEPS = "steps"


class Unmocked(AssertionError):
    """A call that would have left the test, with the mock that answers it."""


class Bench:
    """The base of pytest's fixtures: an event loop, an application, the mocks on it.

    databases: servers on which applications may make databases of their own.
    """

    def __init__(self, databases: Iterable[str] = ()) -> None:
        self.app: Application | None = None
        self._databases = tuple(databases)
        self._isolation = Isolation()
        self._runner = Runner()
        self._stage = Stage(())
        self._known_type: Callable[[str], ErrorType | None] = lambda name: None
        self._layers: list[Around] = []
        self._folder = TemporaryDirectory()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()
        self._runner.close()
        self._folder.cleanup()

    def _stop(self) -> None:
        if self.app is not None:
            self._runner.run(self.app.stop())
            self._runner.run(self._isolation.end())

    def load(
        self,
        *paths: str | Path,
        properties: Mapping[str, str] | None = None,
        processors: Iterable[str] = (),
        real: Iterable[str] = (),
        environment: bool | Iterable[str] = False,
        database: str | None = None,
        env: str | None = None,
    ) -> Application:
        """Load the application of flow files and folders; its sources are off, and waits take no time.

        It is kept from the world like a test file, and has the settings of its project's file. real: names of configs
        and steps that are not kept.
        environment: the variables that its placeholders see, or True for all. database: the URL of a
        server on which it may make databases of its own. env: the environment of its properties. Raise LoadError and
        ProjectError.
        """
        project = Project.of(paths)
        project.find_packages()
        databases = (*self._databases, *project.databases) if database is None else (database,)
        isolation = isolation_of(real, environment, databases)
        known = {**project.properties, **(properties or {})}
        return self._load(read_documents(paths), discover([*project.processors, *processors]), known, isolation, env)

    def _load(
        self,
        documents: list[Document],
        catalog: Catalog,
        properties: Mapping[str, str],
        isolation: Isolation,
        env: str | None = None,
    ) -> Application:
        self._stop()
        self._isolation = isolation
        loader = Loader(documents, catalog, properties, CaseClock(), isolation, env=env)
        self._stage = Stage(loader.builder.steps)
        self._known_type = loader.builder.mentions.known_type
        parts = loader.load()
        parts.runtime.data_dir = Path(self._folder.name)
        self.app = Application(inner_parts(parts, self._stage.steps, isolation))
        self._stage.open(parts.runnables.values(), boundary(isolation))
        return self.app

    def _run(self, running: Coroutine[Any, Any, Any]) -> Any:
        """Return the result of running something; raise AssertionError if a call would have left the test."""
        self._stage.set(Layers(self._layers))
        try:
            return self._runner.run(self._to_its_end(running))
        finally:
            if refused := crossings(self._isolation, self._stage.steps):
                raise Unmocked("\n".join(f"{each.expression}\n{each.note}" for each in refused)) from None

    async def _to_its_end(self, running: Coroutine[Any, Any, Any]) -> Any:
        """Return the result of running something, as soon as what it has begun in the background has ended, too."""
        try:
            return await running
        finally:
            await self._loaded().end_work()

    def _loaded(self) -> Application:
        if self.app is None:
            raise LookupError('no flows are loaded: call flow_app("flows/") first')
        return self.app

    def run_flow(
        self, name: str, payload: Any = None, *, vars: Mapping[str, Any] | None = None, attributes: Any = None
    ) -> Event:
        """Return the event after a flow or sub-flow. Raise FlowError, LookupError."""
        event: Event = self._run(self._loaded().run(name, payload, vars=vars, attributes=attributes))
        return event

    def run_step(
        self,
        steps: str,
        payload: Any = None,
        *,
        vars: Mapping[str, Any] | None = None,
        attributes: Any = None,
        configs: str = "",
        processors: Iterable[str] = (),
        real: Iterable[str] = (),
    ) -> Event:
        """Return the event after steps, written as in a flow file: a list, or one map.

        configs: the value of `configs`; real: the names of those, and of steps, that are not kept from the world. Raise
        FlowError; LoadError for steps with mistakes.
        """
        written = steps if steps.lstrip().startswith(("-", "[")) else f"- {steps.strip()}"
        text = f"flows:\n  {STEPS}:\n    steps:\n{_indented(written, 6)}\n"
        text += f"configs:\n{_indented(configs, 2)}\n" if configs else ""
        isolation = isolation_of(real, databases=self._databases)
        self._load([Document(STEPS, text)], discover(processors), {}, isolation)
        return self.run_flow(STEPS, payload, vars=vars, attributes=attributes)

    def mock(
        self, processor: str, returns: Any = NOTHING, raises: str | FlowError | None = None, attributes: Any = None
    ) -> list[Event]:
        """Replace the steps of this element, or with this doc:name or path; return the events that enter them.

        returns: the result; if left out, the event passes. raises: an error, or its type.
        """
        events: list[Event] = []

        def around(step: Step, run: Run) -> Run:
            if not is_named(step, processor):
                return run

            async def mocked(event: Event) -> Event:
                events.append(event)
                if raises is not None:
                    raise self._failure(step, raises)
                return event if returns is NOTHING else returned(step, event, returns, attributes)

            return mocked

        self._layers.append(around)
        return events

    def _failure(self, step: Step, raised: str | FlowError) -> FlowError:
        """Return the error, or, as the step raises it, one of the type that the elements in use know by the name."""
        if isinstance(raised, FlowError):
            return raised
        return failure_of(step.processor, self._known_type(raised) or error_type(raised), f"a mocked {raised}")

    def post(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Received:
        """Return the answer to a POST of a body as JSON; with a Content-Type, a text is sent unchanged."""
        named = {name.lower(): value for name, value in (headers or {}).items()}
        media_type = named.setdefault("content-type", JSON)
        answer: Received = self._run(self._post(path, named, write_content(settle(body), media_type)[0]))
        return answer

    async def _post(self, path: str, headers: Mapping[str, str], content: bytes) -> Received:
        app = self._loaded()
        await app.listen(lambda flow: False)
        return await send(app.asgi(), "POST", path, headers, content)


def _indented(text: str, blanks: int) -> str:
    return indent(dedent(text), " " * blanks)
