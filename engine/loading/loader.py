"""Flow files + catalog → the parts of an application; every mistake is reported at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from engine.core.chain import Chain
from engine.core.element import Element, Field, Parameters
from engine.core.error_handler import CATCH_ALL
from engine.core.errors import error_type
from engine.core.expression import Scope
from engine.core.flow import Flow
from engine.core.mistake import Mistake
from engine.core.parameters import Broken, Duration, Runnable
from engine.core.processor import Config, Source
from engine.expressions.functions import FUNCTIONS
from engine.expressions.suggestion import did_you_mean
from engine.loading.builder import Builder, Mention, place_of, shown
from engine.loading.catalog import Catalog
from engine.loading.diagnostic import Diagnostic, LoadError, diagnose
from engine.loading.document import Document, Map, Sequence, resolve
from engine.loading.place import Place
from engine.loading.properties import Filler, Properties, flatten, property_function

SECTIONS = (
    "configs", "flows", "sub-flows", "error-handlers", "configuration", "properties", "configuration-properties",
)  # fmt: skip
NAMED = ("configs", "flows", "sub-flows", "error-handlers")
SUFFIXES = (".yaml", ".yml")
TEST_SUFFIXES = (".test.yaml", ".test.yml")


class Configuration(Parameters):
    """Settings of the whole application."""

    default_error_handler: Annotated[str | None, Field(alias="defaultErrorHandler-ref")] = None
    """The name of the handlers for flows and try scopes that have none of their own."""

    default_response_timeout: Duration = 10.0
    """How long an outward request may take that sets no time of its own."""

    shutdown_timeout: Duration = 5.0
    """How long running requests may take to end after SIGTERM or Ctrl-C."""


@dataclass(frozen=True)
class Parts:
    """What the flow files of an application define."""

    flows: Mapping[str, Flow]
    runnables: Mapping[str, Runnable]
    configs: Mapping[str, Config]
    configuration: Configuration
    warnings: tuple[Diagnostic, ...] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


def load(paths: Iterable[str | Path], catalog: Catalog, given: Mapping[str, str] | None = None) -> Parts:
    """Load flow files and folders as one application.

    given: properties that win over all other sources. Raises LoadError with every mistake found.
    """
    return Loader(read_documents(paths), catalog, given or {}).load()


def read_documents(paths: Iterable[str | Path]) -> list[Document]:
    return [document for path in paths for document in _read_path(Path(path))]


def _read_path(path: Path) -> Iterator[Document]:
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES and not file.name.endswith(TEST_SUFFIXES))
        if not files:
            yield _unreadable(path, "a folder without flow files", "files that end in .yaml")
    for file in files:
        yield _read_file(file)


def _read_file(file: Path) -> Document:
    short = f"{file.absolute().parent.name}/{file.name}"
    try:
        return Document(str(file), file.read_text(encoding="utf-8-sig"), short)
    except UnicodeDecodeError as error:
        return _unreadable(file, f"bytes that are no UTF-8, at offset {error.start}", "text in UTF-8")
    except OSError as error:
        return _unreadable(file, f"a file that cannot be read ({error.strerror})", "a flow file or a folder of them")


def _unreadable(path: Path, found: str, expected: str) -> Document:
    document = Document(str(path), "")
    document.mistakes.append(Mistake("F100", found, expected, place=document.start()))
    return document


class Loader:
    """One run of loading; `load` gives the parts or raises."""

    def __init__(self, documents: list[Document], catalog: Catalog, given: Mapping[str, str]) -> None:
        self.documents = documents
        self.mistakes: list[Mistake] = []
        self.sections: dict[str, dict[str, tuple[Any, Place]]] = {name: {} for name in SECTIONS}
        for document in documents:
            self._collect(document)
        self.properties = Properties(given, os.environ, self._property_files(), self._defaults())
        self.filler = Filler(self.properties)
        for document in documents:
            self.filler.fill(document.data)
        self.mistakes += self.filler.mistakes
        p = property_function(self.properties, self.filler.fill_text)
        self.builder = Builder(catalog, Scope({**FUNCTIONS, "p": p}, None, resolve, self._warn))

    def load(self) -> Parts:
        configuration = self._configuration()
        self.builder.error_handlers.update({name: value for name, (value, _) in self.sections["error-handlers"].items()})
        self._build_configs()
        self._build_error_handlers()
        self._set_default_handler(configuration)
        for name, (value, place) in self.sections["sub-flows"].items():
            self.builder.flows[name] = self._sub_flow(name, value, place)
        flows = {name: flow for name, entry in self.sections["flows"].items() if (flow := self._flow(name, *entry))}
        self.builder.flows.update(flows)
        self._check_flow_mentions()
        self._check_types()
        self._check_claims(flows.values())
        self._check_not_empty()
        self._raise_mistakes()
        warnings = tuple(self._diagnostics(self.builder.warnings, is_warning=True))
        secrets = frozenset(self.properties.secrets)
        return Parts(flows, self.builder.flows, self.builder.configs, configuration, warnings, secrets)

    def _warn(self, mistake: Mistake) -> None:
        self.builder.warnings.append(mistake)

    def _note(self, code: str, found: str, expected: str, write: str, place: Place | None) -> None:
        self.mistakes.append(Mistake(code, found, expected, write, place))

    # Sections

    def _collect(self, document: Document) -> None:
        if document.data is None:
            return
        if not isinstance(document.data, Map):
            self._note("F106", shown(document.data), "a map with flows, sub-flows, configs …", "flows:", document.start())
            return
        for section, value in document.data.items():
            key_place, place = document.data.places[section]
            if section not in SECTIONS:
                expected = f"one of {', '.join(SECTIONS)}"
                self._note("F106", f"the unknown section '{section}'", expected, did_you_mean(section, SECTIONS), key_place)
            elif section == "configuration-properties":
                self._add(section, document.file, value, place)
            elif isinstance(value, Map):
                self._collect_entries(section, value)
            elif value is not None:
                self._note("F106", f"{shown(value)} under '{section}'", "a map of names", "", place)

    def _collect_entries(self, section: str, entries: Map) -> None:
        for name, value in entries.items():
            self._add(section, name, value, entries.places[name][0])

    def _add(self, section: str, name: str, value: Any, place: Place) -> None:
        first = self._first_place(section, name)
        if first is not None:
            found = f"'{name}' a second time under '{section}'"
            self._note("F503", found, f"another name (the first is at {first.file}:{first.line})", "", place)
        else:
            self.sections[section][name] = (value, place)

    def _first_place(self, section: str, name: str) -> Place | None:
        sections = ("flows", "sub-flows") if section in ("flows", "sub-flows") else (section,)
        found = [self.sections[other][name][1] for other in sections if name in self.sections[other]]
        return found[0] if found else None

    def _defaults(self) -> dict[str, Any]:
        return {name: value for name, (value, _) in self.sections["properties"].items()}

    def _property_files(self) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        for flow_file, (value, place) in self.sections["configuration-properties"].items():
            for entry in value if isinstance(value, Sequence) else [value]:
                properties |= self._property_file(flow_file, entry, place)
        return properties

    def _property_file(self, flow_file: str, entry: Any, place: Place) -> dict[str, Any]:
        name = entry.get("file") if isinstance(entry, Map) else None
        if not isinstance(name, str):
            self._note("F202", shown(entry), "the file of the properties", "{file: settings.yaml}", place)
            return {}
        document = _read_file(Path(flow_file).parent / name)
        self.mistakes += [Mistake("F202", f"the property file '{name}': {m.found}", m.expected, "", place) for m in document.mistakes]
        return flatten(document.data)

    # Building

    def _configuration(self) -> Configuration:
        entries = self.sections["configuration"]
        if not entries:
            return Configuration()
        place = next(iter(entries.values()))[1]
        values = Map(place)
        for name, (value, key_place) in entries.items():
            values[name] = value
            values.places[name] = (key_place, place_of(value) or key_place)
        built = self.builder.parameters(Configuration, values, "'configuration'", place)
        return built or Configuration()

    def _build_configs(self) -> None:
        for name, (value, place) in self.sections["configs"].items():
            self.builder.enter(name)
            config = self.builder.element(value if value is not None else Map(place), Config, f"the config '{name}'")
            self.builder.configs[name] = config or Broken()

    def _build_error_handlers(self) -> None:
        for name, (value, place) in self.sections["error-handlers"].items():
            if not isinstance(value, Sequence):
                self._note("F303", shown(value), "a list of on-error-continue and on-error-propagate", "", place)
                self.builder.error_handlers[name] = Sequence(place)
        for name in list(self.builder.error_handlers):
            reference = Map(self.sections["error-handlers"][name][1])
            reference["ref"] = name
            reference.places["ref"] = (reference.place, reference.place)
            self.builder.error_handler(reference)

    def _set_default_handler(self, configuration: Configuration) -> None:
        name = configuration.default_error_handler
        if name is None:
            return
        if name not in self.builder.error_handlers:
            place = self.sections["configuration"]["defaultErrorHandler-ref"][1]
            expected = "a name under error-handlers"
            self._note("F505", f"the unknown error handler '{name}'", expected, did_you_mean(name, self.builder.error_handlers), place)
            return
        self.builder.default_handler.handlers = self.builder.error_handlers[name].handlers

    def _sub_flow(self, name: str, value: Any, place: Place) -> Chain:
        self.builder.enter(name)
        sub_flow = self.builder.parameters(SubFlow, self._map(value, place), f"the sub-flow '{name}'", place)
        return sub_flow.steps if sub_flow else Chain()

    def _flow(self, name: str, value: Any, place: Place) -> Flow | None:
        self.builder.enter(name)
        values = self._map(value, place)
        if "name" in values:
            self._note("F301", f"'name' in the flow '{name}'", "the name as the key above only", "", values.places["name"][0])
        values["name"] = name
        values.places["name"] = (place, place)
        self._read_source(values)
        flow = self.builder.parameters(Flow, values, f"the flow '{name}'", place)
        return flow if isinstance(flow, Flow) else None

    def _read_source(self, values: Map) -> None:
        """Replace the mapping under `source` by the element that it names."""
        if values.get("source") is not None:
            values["source"] = self.builder.element(values["source"], Source, f"the source of '{values['name']}'")

    def _map(self, value: Any, place: Place) -> Map:
        if isinstance(value, Map):
            return value
        if value is not None:
            self._note("F303", shown(value), "a map with steps", "", place)
        return Map(place)

    # Checks that need everything

    def _check_flow_mentions(self) -> None:
        for mention in self.builder.flow_mentions:
            if mention.name not in self.builder.flows:
                expected = "the name of a flow or sub-flow"
                close = did_you_mean(mention.name, self.builder.flows)
                self._note("F501", f"the unknown flow '{mention.name}'", expected, close, mention.place)
        for cycle, mention in self._sub_flow_cycles():
            expected = "a flow in between, or another way to repeat"
            self._note("F506", f"a cycle of sub-flows: {' → '.join(cycle)}", expected, "", mention.place)

    def _sub_flow_cycles(self) -> Iterator[tuple[list[str], Mention]]:
        sub_flows = self.sections["sub-flows"]
        edges: dict[str, list[Mention]] = {name: [] for name in sub_flows}
        for mention in self.builder.flow_mentions:
            if mention.owner in edges and mention.name in edges:
                edges[mention.owner].append(mention)
        done: set[str] = set()
        for name in edges:
            yield from _cycles(name, edges, [], done)

    def _check_types(self) -> None:
        for mention in self.builder.type_mentions:
            if mention.name in CATCH_ALL or self._is_known(mention.name):
                continue
            known = [*self.builder.raised_types, *self.builder.catalog.error_types()]
            close = did_you_mean(str(error_type(mention.name.replace("*", "x"))), known) if "*" not in mention.name else ""
            expected = "a type that an element declares or raise-error names"
            self._note("F508", f"the error type '{mention.name}', which nothing can raise", expected, close, mention.place)

    def _is_known(self, pattern: str) -> bool:
        if "*" not in pattern:
            return str(error_type(pattern)) in self.builder.raised_types or self.builder.known_type(pattern) is not None
        namespace, _, identifier = pattern.rpartition(":")
        known = [*self.builder.raised_types.values(), *self.builder.catalog.error_types().values()]
        return any(
            namespace in ("*", each.namespace) and identifier in ("*", each.identifier) for each in known
        )

    def _check_claims(self, flows: Iterable[Flow]) -> None:
        claimed: dict[str, str] = {}
        for flow in flows:
            for claim in flow.source.claims() if flow.source else ():
                first = claimed.setdefault(claim, flow.name)
                if first != flow.name:
                    place = self._source_place(flow.name)
                    self._note("F503", f"{claim} in the flow '{flow.name}'", f"what the flow '{first}' does not listen to yet", "", place)
                    break

    def _source_place(self, flow: str) -> Place:
        value, place = self.sections["flows"][flow]
        return value.places["source"][0] if "source" in value.places else place

    def _check_not_empty(self) -> None:
        if not any(self.sections[section] for section in NAMED) and not self._all_mistakes():
            place = self.documents[0].start() if self.documents else None
            self._note("F100", "no flow in any file", "a map with flows", "flows:", place)

    # Reporting

    def _all_mistakes(self) -> list[Mistake]:
        return [*self.mistakes, *self.builder.mistakes, *(m for document in self.documents for m in document.mistakes)]

    def _raise_mistakes(self) -> None:
        mistakes = self._all_mistakes()
        if mistakes:
            raise LoadError(self._diagnostics(dict.fromkeys(mistakes)))

    def _diagnostics(self, mistakes: Iterable[Mistake], *, is_warning: bool = False) -> list[Diagnostic]:
        by_file = {document.file: document for document in self.documents}
        order = {file: number for number, file in enumerate(by_file)}
        found = []
        for mistake in mistakes:
            file = mistake.place.file if isinstance(mistake.place, Place) else next(iter(by_file), "")
            found.append(diagnose(mistake, by_file.get(file) or Document(file, ""), is_warning=is_warning))
        return sorted(found, key=lambda each: (order.get(each.place.file, 0), each.place.line, each.place.column))


class SubFlow(Element):
    """Steps that run as if they stood in the caller."""

    doc: str | None = None
    steps: Chain


def _cycles(name: str, edges: Mapping[str, list[Mention]], path: list[str], done: set[str]) -> Iterator[tuple[list[str], Mention]]:
    """The cycles that are reached from a sub-flow, each once, with the mention that closes it."""
    if name in done:
        return
    for mention in edges[name]:
        if mention.name in (*path, name):
            trail = [*path, name]
            yield [*trail[trail.index(mention.name) :], mention.name], mention
        else:
            yield from _cycles(mention.name, edges, [*path, name], done)
    done.add(name)
