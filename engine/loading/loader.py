"""Flow files + catalog → the parts of an application; all mistakes are reported together."""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from engine.expressions.functions import discover_functions
from engine.expressions.functions.function import Function
from engine.limits import RESPONSE_TIMEOUT
from engine.loading.application_functions import ClockFunctions, application_functions
from engine.loading.builder import Builder
from engine.loading.catalog import Catalog, CatalogError
from engine.loading.causes import causes_of, is_structural
from engine.loading.config.effective import Effective, effective_properties, hide_in_messages
from engine.loading.config.folders import DEFAULT, folder_of, project_of
from engine.loading.config.property_files import PropertyFiles, misspelt
from engine.loading.config.revealing import reveal
from engine.loading.definitions import Definition, Definitions, texts_in
from engine.loading.diagnostic import Diagnostic, LoadError, diagnose
from engine.loading.files.data import Map, Sequence, resolve
from engine.loading.files.document import Document
from engine.loading.files.place import Place
from engine.loading.identity import data_dir_of, name_of
from engine.loading.placeholders import NO_VALUE, Filler
from engine.loading.project import Project
from engine.loading.properties import ENV_PROPERTY, Properties, as_text
from engine.loading.sections import NamedEntry, Sections, read_documents
from engine.parameters.amounts import Broken, Duration, Name
from engine.parameters.config import Config
from engine.parameters.element import Element, Parameters
from engine.parameters.files import Resources, noting_files
from engine.parameters.mistake import Mistake, refuse, shown
from engine.parameters.python_function import PythonFunction
from engine.parameters.reader import Reach
from engine.parameters.validated import Naming
from engine.plan.inside import own_parts
from engine.steps.chain import Chain
from engine.steps.error_handler import ErrorHandler
from engine.steps.flow import Flow
from engine.steps.processor import Source
from engine.stores.homes.urls import HomeUrl, home_of, nameless
from engine.values.secrets import Secrets
from engine.values.telling_names import is_name
from engine.work.clock import Clock
from engine.work.gate import Gate
from engine.work.isolation import Isolation
from engine.work.nesting import Runnable
from engine.work.runtime import Runtime

if TYPE_CHECKING:  # only an editor has a memory
    from engine.loading.memory import Memory
    from engine.loading.recording import Holder

ENV = "ENGINE_ENV"
"""The variable that names the environment."""


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


def _hidden_name(name: str) -> str:
    if not is_name(name):
        last = name.rpartition(".")[2]
        write = last if is_name(last) else "cardNumber"
        expected = "the name of a field, which counts at any depth; * stands for any characters"
        refuse([Mistake("F303", f"{shown(name)} to redact", expected, write)])
    return name


class Logging(Parameters):
    """What the log of the application must not show."""

    redact: tuple[Annotated[str, AfterValidator(_hidden_name)], ...] = ()
    """Names of fields whose values are hidden in logs and recordings, at any depth and in any case, in addition to
    password, authorization, token and their like: `[cardNumber, "*_pin"]`."""


class Configuration(Parameters):
    """Settings of the whole application."""

    name: Annotated[Name, Field(min_length=1)] | None = None
    """The application's name, for its data; if left out, the folder of its flow files is its name, such as `flows`."""

    default_error_handler: Annotated[str | None, Naming("error handler"), Field(alias="defaultErrorHandler-ref")] = None
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

    logging: Logging = Logging()
    """The log: `redact`."""

    data_dir: Path | None = None
    """The folder of persistent data that has no place of its own, from the folder in which the engine was started; if
    left out, one in `.engine` that has the application's name. Other applications have another."""

    state_url: HomeUrl | None = None
    """Where state lives that names no place of its own, for all processes and machines that serve the application:
    object stores, idempotency keys, identifiers of messages, redelivery counts, cached results, rate limits, circuits,
    and which process fires a scheduler. `redis://host:6379/0`, `postgresql://user:password@host/database`, or
    `sqlite:///file.db` for the processes of one machine. If left out, each process has its own, in memory."""


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
    name: str = ""
    """The name of the application: that of its configuration, else the folder of its flow files, or the files."""

    folders: tuple[Path, ...] = ()
    """The folders of the flow files."""

    definitions: Definitions = field(default_factory=Definitions, repr=False)
    warnings: tuple[Diagnostic, ...] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    env: str = ""
    """The environment whose property file was read; empty for none."""

    properties: Callable[[], list[Effective]] = list
    """Returns all properties, with their values and where these come from; secrets are hidden."""

    places: Mapping[int, Place] = field(default_factory=dict, repr=False)
    """The places of the elements that measure something, by their `id`."""


def load(
    paths: Iterable[str | Path],
    catalog: Catalog,
    given: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    former: Parts | None = None,
    name: str = "",
    env: str | None = None,
    *,
    is_check: bool = False,
) -> Parts:
    """Load flow files and folders as one application.

    given: properties that win over all other sources; clock: another than the machine's. former: the application that
    this one is to replace: a config that is defined in the same way is the same object; name: see `Configuration`, if
    that has none; env: the environment whose property file is read (config/prod.yaml), that of ENGINE_ENV if None.
    is_check: whether nothing will run, so that encrypted values need no key. Raise LoadError with every mistake found.
    """
    paths = list(paths)
    documents, name = read_documents(paths), name or name_of(paths)
    return Loader(documents, catalog, given or {}, clock, name=name, former=former, env=env, is_check=is_check).load()


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
        former: Parts | None = None,
        env: str | None = None,
        *,
        is_check: bool = False,
        memory: Memory | None = None,
    ) -> None:
        """isolation: keeps the application from the world. memory: what was built before of the same files.

        For the rest see `load`.
        """
        self.name = name
        self.former = former
        self.memory = memory
        self.definitions = Definitions()
        self._use(documents)
        self.property_files = PropertyFiles(memory.read) if memory else PropertyFiles()
        self._is_check = is_check
        self._flows_before: Mapping[str, Runnable] = {}
        """The flows that elements of the memory saw before."""

        self._lacking: list[Mistake] = []
        """What only those who run the flows must have."""

        self._use_properties(given, isolation, env)
        if memory and not memory.suits(self._surroundings()):
            self._use(documents)
        self._fill()
        self.flows: dict[str, Runnable] = {}
        runtime = former.runtime.successor() if former else memory.runtime(clock) if memory else Runtime(clock)
        runtime.isolation = isolation
        self.builder = self._builder(catalog, runtime)

    def _builder(self, catalog: Catalog, runtime: Runtime) -> Builder:
        memory, flows = self.memory, self.memory.flows if self.memory else self.flows
        resources = memory.resources(self._folders()) if memory else Resources(self._folders())
        self.own_functions = application_functions(self.filler, flows, resources)
        functions = ChainMap(
            self.own_functions,
            ClockFunctions(runtime.clock),  # type: ignore[arg-type]  # it is only read
            _installed_functions(),  # type: ignore[arg-type]  # it is only read
        )
        warnings = list(self._lacking)
        self._app = {"name": Path(self.name).name, "encoding": "UTF-8"}
        reach = Reach(functions, read_scalar=resolve, warn=warnings.append, app=self._app)
        given = catalog, reach, flows, runtime, resources, self.sections.languages, warnings
        return memory.builder(*given) if memory else Builder(*given)

    def _use(self, documents: list[Document]) -> None:
        self.documents = self.memory.copies(documents) if self.memory else documents
        self.sections = Sections(self.documents)

    def _use_properties(self, given: Mapping[str, str], isolation: Isolation | None, env: str | None) -> None:
        """Read the property files, decrypt values, and read those that files and providers keep."""
        variables = isolation.environment if isolation else os.environ
        self.env = variables.get(ENV, "") if env is None else env
        if self.env:
            given = {ENV_PROPERTY: self.env, **given}
        file = next((each.file for each in self.documents if os.path.exists(each.file)), None)
        project = project_of(file) if file else Project()
        defaults = self.property_files.scalars(self.sections.as_map("properties"), "properties")
        is_test = isolation is not None
        self.properties = Properties(given, variables, defaults, project=project.properties, is_test=is_test)
        self.filler = Filler(self.properties, self.memory.outside if self.memory else None)
        if self.memory:
            self.memory.outside = self.filler.read_outside
        folder = folder_of(project, file) if file else None
        names = (DEFAULT, self.env) if file else ("", "")
        default, own = (self.property_files.of_environment(folder, name) for name in names)
        self.filler.use_files({**default, **own})
        named = self.property_files.named(self.sections["configuration-properties"], self.filler)
        self.filler.use_files({**default, **named, **own})
        self.filler.mistakes += reveal(self.properties, self._lacking.append if self._is_check else None)
        self.filler.prepare()

    @cached_property
    def holders(self) -> list[Holder]:
        """All that building an entry may add to, with a memory."""
        assert self.memory
        return self.memory.holders(self.builder, self.filler)

    def _surroundings(self) -> Any:
        """Return all values that any entry may depend on."""
        configuration = self.sections["configuration"].get("name")
        named = configuration.value if configuration else None
        return named, self.env, self.properties.values()

    def _fill(self) -> None:
        """Fill in the placeholders of the files' sections."""
        if self.memory:
            filled = self.memory.filled(self.filler, self._fill_section)
            if any(one is not other for one, other in zip(filled, self.documents, strict=True)):
                self.documents, self.sections = filled, Sections(filled)
            return
        for document in self.documents:
            for section in document.data if isinstance(document.data, Map) else ("",):
                self._fill_section(document.data, section)

    def _fill_section(self, data: Any, section: str) -> None:
        """Fill one section; all of a document that has none."""
        if not isinstance(data, Map):
            self.filler.fill(data)
        elif section == "properties":
            self.filler.fill_defaults(data[section])
        else:
            data[section] = self.filler.fill(data[section])

    def load(self) -> Parts:
        """Build the contents of the sections, those that others refer to first."""
        configuration = self._configuration()
        name = configuration.name or self.name
        self._app["name"] = Path(name).name
        self._give_home(configuration)
        self.builder.runtime.data_dir = configuration.data_dir or data_dir_of(name)
        self.builder.runtime.default_response_timeout = configuration.default_response_timeout
        self.builder.runtime.limits = configuration.max_concurrency, configuration.max_records
        self.builder.runtime.requests = Gate(*self.builder.runtime.limits)
        self._build_configs()
        self._build_error_handlers(configuration)
        if self.memory:
            self.memory.note_answers(self)
        for name, entry in self.sections["sub-flows"].items():
            self.flows[name] = self._defined(name, entry, self._sub_flow)
        entries = self.sections["flows"].items()
        flows = {name: flow for name, entry in entries if (flow := self._defined(name, entry, self._flow))}
        self.flows.update(flows)
        self.builder.runtime.flows = self.flows
        self._remember()
        self._build_others()
        self._check(flows)
        self.builder.warnings += [*self.builder.mentions.missing(self.flows), *self.builder.doubts()]
        self.builder.warnings += misspelt(self.filler)
        once = dict.fromkeys(self.builder.warnings)  # handlers that several flows share may be built for each
        warnings = tuple(self._diagnostics(once, is_warning=True))
        return self._parts(flows, configuration, warnings)

    def _remember(self) -> None:
        """Have elements that live on see the flows as they are now."""
        if self.memory:
            self._flows_before, self.memory.flows.now = self.memory.flows.now, self.flows
            sections = ("configs", "flows", "sub-flows")
            self.memory.tidy((section, name) for section in sections for name in self.sections[section])

    def _parts(
        self, flows: Mapping[str, Flow], configuration: Configuration, warnings: tuple[Diagnostic, ...]
    ) -> Parts:
        builder, secrets = self.builder, self.properties.all_secrets()
        builder.runtime.secrets = Secrets(secrets)
        builder.runtime.version = self._version()
        entries = {name: as_text(entry.value) for name, entry in self.properties.entries()}
        self.definitions.properties = {**entries, **self.properties.revealed}
        return Parts(
            flows,
            self.flows,
            builder.configs,
            configuration,
            builder.runtime,
            configuration.name or self.name,
            self._folders(),
            self.definitions,
            warnings,
            secrets,
            self.env,
            partial(effective_properties, self.filler),
            builder.places,
        )

    def _version(self) -> str:
        texts = sorted(document.text for document in self._all_documents())
        values = [f"{name}={as_text(entry.value)}" for name, entry in self.properties.entries()]
        return sha256("\0".join([*texts, *values]).encode(errors="surrogatepass")).hexdigest()[:16]

    def _defined(self, name: str, entry: NamedEntry, build: Callable[[str, NamedEntry], Any]) -> Any:
        """Build something, and note what it is made of."""
        if self.memory:
            section = "flows" if name in self.sections["flows"] else "sub-flows"
            return self.memory.built(self, (section, name), entry, partial(build, name, entry))
        with noting_files() as files:
            built = build(name, entry)
        self.definitions.flows[name] = Definition.of(entry, files)
        return built

    def _build_others(self) -> None:
        """Build anything else made of the same elements, such as the cases of a test file."""

    def _is_empty(self) -> bool:
        """Return whether there is nothing to run."""
        return self.sections.is_empty

    def _folders(self) -> tuple[Path, ...]:
        """Return the folders of the flow files, each once."""
        find = self.memory.folder_of if self.memory else _real_folder
        return tuple(dict.fromkeys(find(document.file) for document in self.documents))

    # Building

    def _configuration(self) -> Configuration:
        if not self.sections["configuration"]:
            return Configuration()
        values = self.filler.fill(self.sections.as_map("configuration"))
        built = self.builder.parameters(Configuration, values, "'configuration'", values.place)
        return built or Configuration()

    def _give_home(self, configuration: Configuration) -> None:
        """Say where state lives. What other applications must not read needs a name that none of them has."""
        self.builder.runtime.application = configuration.name or ""
        if configuration.state_url and configuration.name:
            self.builder.runtime.state_url = configuration.state_url
            home_of(self.builder.runtime)  # its driver is imported now, and a reload goes on with it
        elif configuration.state_url:
            place = self.sections["configuration"]["stateUrl"].value_place
            self.builder.mistakes.append(replace(nameless("stateUrl"), place=place))

    def _build_configs(self) -> None:
        for name, entry in self.sections["configs"].items():
            build = partial(self._config, name, entry)
            built = self.memory.built(self, ("configs", name), entry, build) if self.memory else build()
            self.builder.configs[name] = built

    def _config(self, name: str, entry: NamedEntry) -> Config | Broken:
        place = entry.value_place
        self.builder.enter(name, place)
        self.own_functions.were_used = False
        with noting_files() as files:
            config = self.builder.element(entry.value, Config, f"the config '{name}'", place)
        if not config:
            return Broken()
        config.be_named(name)
        self._isolate(config)
        return config if self.memory else self._kept(name, config, entry, files)

    def _kept(self, name: str, config: Config, entry: NamedEntry, files: Mapping[str, int]) -> Config:
        """Return the config of the former application if it is defined in the same way, otherwise the new one."""
        if self.own_functions.were_used:  # they know the flows and properties of one application
            return config
        named = {text: self.builder.configs[text] for text in texts_in(entry.value) if text in self.builder.configs}
        functions = [each.call for each in own_parts(config) if isinstance(each, PythonFunction)]
        beside = type(config), functions, self.builder.runtime.default_response_timeout, named
        own = self.definitions.configs[name] = Definition.of(entry, files, *beside)
        is_same = self.former is not None and own.is_same(self.former.definitions.configs.get(name))
        return self.former.configs[name] if is_same and self.former else config

    def _isolate(self, config: Config) -> None:
        isolation = self.builder.runtime.isolation
        if isolation is not None and config.config_name not in isolation.real:
            config.isolate(isolation)

    def _build_error_handlers(self, configuration: Configuration) -> None:
        for name, entry in self.sections["error-handlers"].items():
            value, _, place = entry
            if not isinstance(value, Sequence):
                found = f"{shown(value)} for the error handler '{name}'"
                self.builder.note("F303", found, "a list of on-error-continue and on-error-propagate", "", place)
            self.definitions.flows[f"error handler {name}"] = Definition.of(entry, {})
            self.builder.handler_lists[name] = value if isinstance(value, Sequence) else Sequence(place)
        if self.memory:
            self.builder.handlers_by_name = dict(self.memory.handlers(self, self._handlers))
        else:
            self._handlers()
        if configuration.default_error_handler is not None:
            place = self.sections["configuration"]["defaultErrorHandler-ref"].value_place
            default = self.builder.named_handler(configuration.default_error_handler, place)
            self.builder.default_handler.handlers = default.handlers
            if configuration.default_error_handler in self.builder.handler_lists:
                self.builder.default_name = configuration.default_error_handler

    def _handlers(self) -> dict[str, ErrorHandler]:
        for name in self.builder.handler_lists:
            self.builder.named_handler(name, None)
        return self.builder.handlers_by_name

    def _sub_flow(self, name: str, entry: NamedEntry) -> Chain:
        self.builder.enter(name, entry.place)
        values = self._map(entry, f"the sub-flow '{name}'")
        if values is None:
            return Chain()
        sub_flow = self.builder.parameters(SubFlow, values, f"the sub-flow '{name}'", entry.place)
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
        read += [*self.sections.mistakes, *self.property_files.mistakes, *self._unfilled()]
        names = {**self.sections["flows"], **self.sections["sub-flows"]}
        self.builder.mistakes += self.builder.crowded
        is_whole = not any(map(is_structural, [*read, *self.builder.mistakes]))
        self.builder.mistakes += self.builder.mentions.check(names, self.sections["sub-flows"], is_whole=is_whole)
        self._check_claims(flows)
        is_sound = not read and not self.builder.has_mistakes
        self.builder.mistakes += self.builder.objections(is_sound=is_sound)
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
            if self.memory:
                self.memory.flows.now = self._flows_before
            else:
                self.flows.clear()  # what is left is in no reference cycle
            raise LoadError(self._diagnostics(mistakes))

    def _unfilled(self) -> Iterator[Mistake]:
        """Yield the mistakes of placeholders, but for values that a file may have that could not be read."""
        for mistake in self.filler.mistakes:
            if mistake.code != NO_VALUE or not self.property_files.has_lost_names:
                yield mistake

    def _check_claims(self, flows: Mapping[str, Flow]) -> None:
        claimed: dict[str, str] = {}
        for name, flow in flows.items():
            claims = flow.source.claims() if flow.source and not _is_broken(flow.source) else []
            if taken := next((claim for claim in claims if claim in claimed), None):
                place = self.sections["flows"][name].value.places["source"][1]
                first = self.sections["flows"][claimed[taken]].place
                expected = f"what '{claimed[taken]}' at {first.file}:{first.line} does not listen to"
                self.builder.note("F503", f"{taken} a second time, in the flow '{name}'", expected, "", place)
            for claim in claims:
                claimed.setdefault(claim, name)

    def _all_documents(self) -> list[Document]:
        return [*self.documents, *self.property_files.documents, *self.builder.text_files]

    def _diagnostics(self, mistakes: Iterable[Mistake], *, is_warning: bool = False) -> list[Diagnostic]:
        """Return the mistakes at their exact places, in the order of the files and lines."""
        by_file = {document.file: document for document in self._all_documents()}
        order = {file: number for number, file in enumerate(by_file)}
        hide = hide_in_messages(self.filler, self.property_files.suspects).hide
        found = []
        for mistake in mistakes:
            file = mistake.place.file if isinstance(mistake.place, Place) else next(iter(by_file), "")
            document = by_file.get(file) or Document(file, "")
            found.append(diagnose(mistake, document, hide, is_warning=is_warning))
        return sorted(found, key=lambda each: (order.get(each.place.file, 0), each.place.line, each.place.column))


def _real_folder(file: str) -> Path:
    return Path(os.path.realpath(file)).parent


def _is_broken(source: Source) -> bool:
    """Return whether a config that the source needs has mistakes."""
    return any(isinstance(value, Broken) for value in vars(source).values())
