"""Flow files + catalog → the parts of an application; all mistakes are reported together."""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from engine.expressions.functions import discover_functions
from engine.expressions.functions.function import Function
from engine.limits import RESPONSE_TIMEOUT
from engine.loading.application_functions import ClockFunctions, application_functions
from engine.loading.builder import Builder
from engine.loading.catalog import Catalog, CatalogError
from engine.loading.causes import causes_of, is_structural
from engine.loading.diagnostic import Diagnostic, LoadError, diagnose
from engine.loading.files.data import Map, Sequence, resolve
from engine.loading.files.document import Document
from engine.loading.files.place import Place
from engine.loading.identity import data_dir_of, name_of
from engine.loading.properties import Filler, Properties
from engine.loading.sections import NamedEntry, Sections, read_documents
from engine.parameters.amounts import Broken, Duration, Name
from engine.parameters.config import Config
from engine.parameters.element import Element, Parameters
from engine.parameters.files import Resources
from engine.parameters.mistake import Mistake, shown
from engine.parameters.reader import Reach
from engine.steps.chain import Chain
from engine.steps.flow import Flow
from engine.steps.processor import Source
from engine.values.secrets import Secrets
from engine.work.clock import Clock
from engine.work.gate import Gate
from engine.work.isolation import Isolation
from engine.work.nesting import Runnable
from engine.work.runtime import Runtime

SHORTEST_SECRET = 3
"""A shorter text is not a secret, and is part of too many words."""


class ApiInfo(Parameters):
    """The description of the whole API in the OpenAPI document."""

    title: Annotated[str, Field(min_length=1)] | None = None
    """Its title; `Flows`, if left out."""

    version: Annotated[str, Field(min_length=1)] | None = None
    """Its version; the engine's, if left out."""

    description: str | None = None
    """Its purpose, in Markdown."""

    @property
    def told(self) -> dict[str, str]:
        """The fields that are set."""
        found = {"title": self.title, "version": self.version, "description": self.description}
        return {name: str(value) for name, value in found.items() if value is not None}


class Configuration(Parameters):
    """Settings of the whole application."""

    name: Annotated[Name, Field(min_length=1)] | None = None
    """The application's name, for its data; if left out, the folder of its flow files is its name, such as `flows`."""

    default_error_handler: Annotated[str | None, Field(alias="defaultErrorHandler-ref")] = None
    """The name of the handlers for flows and try scopes that have none of their own."""

    default_response_timeout: Duration = RESPONSE_TIMEOUT
    """How long a response may take (http:request) if neither the step nor its config has a responseTimeout."""

    shutdown_timeout: Duration = 5.0
    """How long running requests, `async` work and consumers of queues may take to end after SIGTERM or Ctrl-C."""

    max_concurrency: Annotated[int, Field(ge=1)] | None = None
    """How many requests over HTTP may be under way at the same time in all flows; one more is refused (503)."""

    max_records: Annotated[int, Field(ge=1)] | None = None
    """How many records they may have in all, counted as a flow's maxRecords counts them."""

    not_ready_if_stalled: bool = False
    """Whether /-/ready answers 503 while the watchdog tells that something has stalled."""

    api: ApiInfo = ApiInfo()
    """The description of the whole in /openapi.json and /docs: title, version, description."""

    data_dir: Path | None = None
    """The folder of persistent data that has no place of its own, from the folder in which the engine was started; if
    left out, one in `.engine` that has the application's name. Other applications have another."""


class SubFlow(Element):
    """Steps that run as if they were part of the caller."""

    doc: str | None = None
    """The purpose of the sub-flow."""

    steps: Chain
    """Its steps."""


@dataclass(frozen=True)
class Parts:
    """The parts of an application, defined by its flow files."""

    flows: Mapping[str, Flow]
    runnables: Mapping[str, Runnable]
    configs: Mapping[str, Config]
    configuration: Configuration
    runtime: Runtime
    folders: tuple[Path, ...] = ()
    """The folders of the flow files."""

    warnings: tuple[Diagnostic, ...] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    places: Mapping[int, Place] = field(default_factory=dict, repr=False)
    """The places of the elements that measure something, by their `id`."""


def load(
    paths: Iterable[str | Path],
    catalog: Catalog,
    given: Mapping[str, str] | None = None,
    clock: Clock | None = None,
) -> Parts:
    """Load flow files and folders as one application.

    given: properties that win over all other sources; clock: another than the machine's. Raise LoadError with every
    mistake found.
    """
    paths = list(paths)
    return Loader(read_documents(paths), catalog, given or {}, clock, name=name_of(paths)).load()


def _installed_functions() -> Mapping[str, Function]:
    try:
        return discover_functions()
    except ValueError as error:
        raise CatalogError(str(error)) from None


class Loader:
    """One run of loading. name: of the application, if it gives itself none."""

    def __init__(
        self,
        documents: list[Document],
        catalog: Catalog,
        given: Mapping[str, str],
        clock: Clock | None = None,
        isolation: Isolation | None = None,
        name: str = "",
    ) -> None:
        """isolation: keeps the application from the world; for the rest see `load`."""
        self.name = name
        self.documents = documents
        self.sections = Sections(documents)
        environment, defaults = isolation.environment if isolation else os.environ, self.sections.property_defaults()
        self.properties = Properties(given, environment, defaults, is_test=isolation is not None)
        self.filler = Filler(self.properties)
        self.filler.use_files(self.sections.property_files(self.filler))
        for document in documents:
            self.filler.fill(document.data)
        flows: dict[str, Runnable] = {}
        resources = Resources(self._folders())
        runtime = Runtime(clock)
        runtime.isolation = isolation
        functions = ChainMap(
            application_functions(self.filler, flows, resources),
            ClockFunctions(runtime.clock),  # type: ignore[arg-type]  # it is only read
            _installed_functions(),  # type: ignore[arg-type]  # it is only read
        )
        reach = Reach(functions, read_scalar=resolve, warn=self._warn)
        self.builder = Builder(catalog, reach, flows, runtime, resources, self.sections.languages)

    def _warn(self, mistake: Mistake) -> None:
        self.builder.warnings.append(mistake)

    def load(self) -> Parts:
        """Build the contents of the sections, those that others refer to first."""
        configuration = self._configuration()
        self.builder.runtime.data_dir = configuration.data_dir or data_dir_of(configuration.name or self.name)
        self.builder.runtime.default_response_timeout = configuration.default_response_timeout
        self.builder.runtime.requests = Gate(configuration.max_concurrency, configuration.max_records)
        self._build_configs()
        self._build_error_handlers(configuration)
        for name, entry in self.sections["sub-flows"].items():
            self.builder.flows[name] = self._sub_flow(name, entry)
        flows = {name: flow for name, entry in self.sections["flows"].items() if (flow := self._flow(name, entry))}
        self.builder.flows.update(flows)
        self.builder.runtime.flows = self.builder.flows
        self._build_others()
        self._check(flows)
        self.builder.warnings += [*self.builder.mentions.missing(self.builder.flows), *self.builder.doubts()]
        once = dict.fromkeys(self.builder.warnings)  # handlers that several flows share may be built for each
        warnings = tuple(self._diagnostics(once, is_warning=True))
        secrets = frozenset(self.properties.secrets)
        builder, folders = self.builder, self._folders()
        return Parts(
            flows, builder.flows, builder.configs, configuration, builder.runtime, folders, warnings, secrets,
            builder.places,
        )  # fmt: skip

    def _build_others(self) -> None:
        """Build anything else made of the same elements, such as the cases of a test file."""

    def _is_empty(self) -> bool:
        """Return whether there is nothing to run."""
        return self.sections.is_empty

    def _folders(self) -> tuple[Path, ...]:
        """Return the folders of the flow files, each once."""
        return tuple(dict.fromkeys(Path(os.path.realpath(document.file)).parent for document in self.documents))

    # Building

    def _configuration(self) -> Configuration:
        entries = self.sections["configuration"]
        if not entries:
            return Configuration()
        values = Map(next(iter(entries.values())).place)
        for name, (value, place, value_place) in entries.items():
            values.put(name, value, place, value_place)
        built = self.builder.parameters(Configuration, values, "'configuration'", values.place)
        return built or Configuration()

    def _build_configs(self) -> None:
        for name, (value, _, place) in self.sections["configs"].items():
            self.builder.enter(name, place)
            config = self.builder.element(value, Config, f"the config '{name}'", place)
            if config:
                config.be_named(name)
                self._isolate(config)
            self.builder.configs[name] = config or Broken()

    def _isolate(self, config: Config) -> None:
        isolation = self.builder.runtime.isolation
        if isolation is not None and config.config_name not in isolation.real:
            config.isolate(isolation)

    def _build_error_handlers(self, configuration: Configuration) -> None:
        for name, (value, _, place) in self.sections["error-handlers"].items():
            if not isinstance(value, Sequence):
                found = f"{shown(value)} for the error handler '{name}'"
                self.builder.note("F303", found, "a list of on-error-continue and on-error-propagate", "", place)
            self.builder.handler_lists[name] = value if isinstance(value, Sequence) else Sequence(place)
        for name in self.builder.handler_lists:
            self.builder.named_handler(name, None)
        if configuration.default_error_handler is not None:
            place = self.sections["configuration"]["defaultErrorHandler-ref"].value_place
            default = self.builder.named_handler(configuration.default_error_handler, place)
            self.builder.default_handler.handlers = default.handlers
            if configuration.default_error_handler in self.builder.handler_lists:
                self.builder.default_name = configuration.default_error_handler

    def _sub_flow(self, name: str, entry: NamedEntry) -> Chain:
        self.builder.enter(name, entry.place)
        values = self._map(entry, f"the sub-flow '{name}'")
        sub_flow = values and self.builder.parameters(SubFlow, values, f"the sub-flow '{name}'", entry.place)
        return sub_flow.steps if sub_flow else Chain()

    def _flow(self, name: str, entry: NamedEntry) -> Any:
        self.builder.enter(name, entry.place)
        values = self._map(entry, f"the flow '{name}'")
        if values is None:
            return None
        if "name" in values:
            place = values.places["name"][0]
            self.builder.note("F301", f"'name' in the flow '{name}'", "the name as the key above only", "", place)
        values.put("name", name, entry.place)
        if values.get("source") is not None:
            place = values.places["source"][1]
            values["source"] = self.builder.element(values["source"], Source, f"the source of '{name}'", place)
        return self.builder.parameters(Flow, values, f"the flow '{name}'", entry.place, given=("name",))

    def _map(self, entry: NamedEntry, owner: str) -> Map | None:
        """Return a map of the entry's own: an alias may share the one in the file."""
        if entry.value is None:
            return Map(entry.place)
        if isinstance(entry.value, Map):
            return entry.value.with_entries_of(entry.value)
        write = "steps: …" if isinstance(entry.value, Sequence) else "{steps: […]}"
        self.builder.note("F303", f"{shown(entry.value)} for {owner}", "a map with steps", write, entry.value_place)
        return None

    # Checks that need everything

    def _check(self, flows: Mapping[str, Flow]) -> None:
        read = [mistake for document in self.documents for mistake in document.mistakes]
        read += [*self.sections.mistakes, *self.filler.mistakes]
        names = {**self.sections["flows"], **self.sections["sub-flows"]}
        is_whole = not any(map(is_structural, [*read, *self.builder.mistakes]))
        self.builder.mistakes += self.builder.mentions.check(names, self.sections["sub-flows"], is_whole=is_whole)
        self._check_claims(flows)
        self.builder.mistakes += self.builder.objections()
        if not read and not self.builder.mistakes and self._is_empty():
            place = self.documents[0].start() if self.documents else None
            read.append(Mistake("F100", "no flow in any file", "a map with flows", "flows:", place))
        has_lost_names = self.sections.has_lost_names or any(document.is_unreadable for document in self.documents)
        mistakes = causes_of(
            read,
            self.builder.mistakes,
            unfilled=self.filler.unfilled,
            has_lost_names=has_lost_names,
            unread_languages=self.sections.unread_languages,
        )
        if mistakes:
            raise LoadError(self._diagnostics(mistakes))

    def _check_claims(self, flows: Mapping[str, Flow]) -> None:
        claimed: dict[str, str] = {}
        for name, flow in flows.items():
            claims = flow.source.claims() if flow.source and not _is_broken(flow.source) else []
            if taken := next((claim for claim in claims if claim in claimed), None):
                place = self.sections["flows"][name].value.places["source"][1]
                first = self.sections["flows"][claimed[taken]].place
                expected = f"what '{claimed[taken]}' at {first.file}:{first.line} does not listen to"
                self.builder.note("F503", f"{taken} a second time, in the flow '{name}'", expected, "", place)
            claimed = dict.fromkeys(claims, name) | claimed

    def _without_secrets(self) -> Callable[[Mistake], Mistake]:
        """Hide secrets in mistakes: elements of others quote values too, so nothing that looks like one is shown."""
        secrets = Secrets((each for each in self.properties.secrets if len(each) >= SHORTEST_SECRET), hidden="•••")

        def hidden(mistake: Mistake) -> Mistake:
            found, expected, write = map(secrets.hide, (mistake.found, mistake.expected, mistake.write))
            return replace(mistake, found=found, expected=expected, write=write)

        return hidden

    def _all_documents(self) -> list[Document]:
        return [*self.documents, *self.sections.property_documents, *self.builder.text_files]

    def _diagnostics(self, mistakes: Iterable[Mistake], *, is_warning: bool = False) -> list[Diagnostic]:
        """Return the mistakes at their exact places, in the order of the files and lines."""
        by_file = {document.file: document for document in self._all_documents()}
        order = {file: number for number, file in enumerate(by_file)}
        hidden = self._without_secrets()
        found = []
        for mistake in mistakes:
            file = mistake.place.file if isinstance(mistake.place, Place) else next(iter(by_file), "")
            found.append(diagnose(hidden(mistake), by_file.get(file) or Document(file, ""), is_warning=is_warning))
        return sorted(found, key=lambda each: (order.get(each.place.file, 0), each.place.line, each.place.column))


def _is_broken(source: Source) -> bool:
    """Return whether a config that the source needs has mistakes."""
    return any(isinstance(value, Broken) for value in vars(source).values())
