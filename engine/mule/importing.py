"""`engine import`: an application of Mule's becomes a folder of flows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from engine.loading.catalog import discover
from engine.loading.files.data import Map
from engine.loading.files.document import Document
from engine.loading.properties import entries_of
from engine.loading.properties_file import PropertiesFile
from engine.mule.apis.apis import Apis
from engine.mule.application import Application, NoApplication
from engine.mule.conversion import missing
from engine.mule.conversion.conversion import Conversion, Globals
from engine.mule.conversion.decisions import decisions
from engine.mule.conversion.flows import SECTIONS, FlowFile
from engine.mule.conversion.hints import note_hints
from engine.mule.conversion.properties import Settings
from engine.mule.conversion.rules import STEPS, written_step
from engine.mule.conversion.texts import value_of
from engine.mule.elements import files, scripting
from engine.mule.elements.settings import IGNORED
from engine.mule.elements.web import apikit
from engine.mule.reports.report import Advice, Report
from engine.mule.writing.yaml import write
from engine.mule.xml.nodes import ROOTS, Node, globals_of
from engine.mule.xml.reader import XmlMistake, read

LANGUAGE = "dataweave"
MISSING = "missing.yaml"
UNREADABLE = Advice("the file cannot be read", "repair it", "L")
YAML = (".yaml", ".yml")
APP_NAME = re.compile(r"\bapp\.name\b")
OF_MULE_3 = (
    "custom-transformer", "set-session-variable", "expression-component", "message-properties-transformer",
    "choice-exception-strategy", "catch-exception-strategy", "rollback-exception-strategy", "expression-filter",
    "inbound-endpoint", "outbound-endpoint", "processor-chain", "dw:transform-message", "set-property", "flow-variable",
    "http:connector", "byte-array-to-string-transformer", "object-to-string-transformer", "all",
)  # fmt: skip


class Run(NamedTuple):
    """What an import worked with."""

    application: Application
    conversion: Conversion
    settings: Settings


@dataclass
class Imported:
    """What became of an application. files: what is written, by name; sections: the flow files before they are text."""

    report: Report
    files: dict[str, bytes] = field(default_factory=dict)
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    run: Run | None = None
    elements: list[Node] = field(default_factory=list)
    """All elements of the XML."""

    round: int = 0
    """How often the result was checked."""

    unconverted: set[int] = field(default_factory=set)
    """The `id`s of those that are in a gap."""

    def count(self) -> None:
        """Count the elements anew."""
        converted = sum(id(each) not in self.unconverted for each in self.elements)
        self.report.elements = {"converted": converted, "all": len(self.elements)}

    def write_flows(self) -> None:
        """Make the texts of the flow files anew."""
        for name, sections in self.sections.items():
            self.files[name] = write(sections, self.heads.get(name, "")).encode()


def import_application(application: Application) -> Imported:
    """Return the flows of an application. Raise NoApplication, or XmlMistake if none of its files can be read."""
    roots, broken = _read(application)
    _refuse_mule_3(roots)
    known = Globals({(each.name, each.get("name")): each for root in roots.values() for each in _globals(root)})
    apis = Apis(application.resources)
    conversion = Conversion(application.name, STEPS, known, apis)
    conversion.ignored = IGNORED
    conversion.written = written_step
    resources, project = set(application.resources), application.project
    settings = Settings(conversion, resources, lambda name: properties_in(application, name), project)
    settings.learn(list(roots.values()))
    conversion.filled = settings.filled
    imported = Imported(conversion.report, run=Run(application, conversion, settings))
    for mistake in broken:
        node = Node("file", mistake.file, mistake.line)
        conversion.report.add_gap(node, mistake.file, Advice(mistake.found, "repair it", "L"))
    names = _names(roots, application)
    for file, root in roots.items():
        flow_file = FlowFile(conversion, LANGUAGE, settings)
        flow_file.add(root, Path(file).stem)
        imported.sections[names[file]] = flow_file.result()
    if not any(sections.keys() - {"expression-language"} for sections in imported.sections.values()):
        raise NoApplication(f"'{application.name}' has neither flows nor configs")
    _add_name(application, roots, imported)
    _add_project(settings, imported)
    _add_missing(conversion, settings, imported)
    _add_resources(application, conversion, settings, imported)
    note_hints(conversion.report, roots.values())
    others = {name: data for name, data in imported.files.items() if name not in imported.sections}
    conversion.report.decisions += decisions(roots.values(), others)
    conversion.report.libraries += application.libraries
    imported.elements = [each for root in roots.values() for each in root.walk() if each.name not in ROOTS]
    imported.unconverted = conversion.unconverted
    imported.count()
    for name in ("scripts", "flows"):
        counts = getattr(conversion.report, name)
        counts["converted"] = counts["all"]
    imported.write_flows()
    return imported


def _add_name(application: Application, roots: Mapping[str, Node], imported: Imported) -> None:
    """Keep the name of the application if a script reads it."""
    texts = (text for root in roots.values() for each in root.walk() for text in (each.text, *each.attributes.values()))
    if any(APP_NAME.search(text) for text in texts):
        _add_section(imported, "configuration", {"name": application.name})


def _add_project(settings: Settings, imported: Imported) -> None:
    """Keep the properties that Maven would have filled in."""
    texts = (text for sections in imported.sections.values() for _, _, text in missing.texts_in(sections, None, ""))
    if used := settings.of_project(texts):
        _add_section(imported, "properties", {name: value_of(value) for name, value in used.items()})


def _add_section(imported: Imported, name: str, values: dict[str, Any]) -> None:
    """Add values to a section, in the first file that has it, or in the first one."""
    files = imported.sections.values()
    sections = next((each for each in files if name in each), next(iter(files)))
    sections[name] = {**values, **sections.get(name, {})}
    ordered = {each: sections[each] for each in SECTIONS if each in sections}
    sections.clear()
    sections.update(ordered)


def _read(application: Application) -> tuple[dict[str, Node], list[XmlMistake]]:
    roots, broken = {}, []
    for name, data in application.flows.items():
        try:
            roots[name] = read(data, name)
        except XmlMistake as mistake:
            broken.append(mistake)
    if not roots:
        raise broken[0]
    return roots, broken


def _refuse_mule_3(roots: Mapping[str, Node]) -> None:
    for file, root in roots.items():
        for each in root.walk():
            if each.name in OF_MULE_3:
                reason = f"{file}:{each.line}: '{each.name}' is of Mule 3"
                raise NoApplication(f"{reason}; the Mule Migration Assistant makes an application of Mule 4 of it")


def _globals(root: Node) -> Iterator[Node]:
    return (each for each in globals_of(root) if isinstance(each, Node))


def _names(roots: Iterable[str], application: Application) -> dict[str, str]:
    """Return the name of the flow file of each XML file: the same, unless a resource has it."""
    names: dict[str, str] = {}
    taken = {name for name in application.resources if "/" not in name} | {MISSING}
    for file in roots:
        stem = file.removesuffix(".xml").replace("/", "-")
        name = next(
            each for each in (f"{stem}.yaml", f"{stem}-flows.yaml", f"{stem}-flows-2.yaml") if each not in taken
        )
        taken.add(name)
        names[file] = name
    return names


def properties_in(application: Application, name: str) -> dict[str, str]:
    """Return the properties of a file, YAML or Java's; none if it cannot be read."""
    text = (application.read(name) or b"").decode("utf-8", "replace")
    kind = PropertiesFile if name.endswith(".properties") else Document
    data = kind(name, text.replace("\r\n", "\n").replace("\r", "\n")).data
    entries = entries_of(data) if isinstance(data, Map) else ()
    return {key: str(entry.value) for key, entry in entries if not isinstance(entry.value, list)}


def _add_missing(conversion: Conversion, settings: Settings, imported: Imported) -> None:
    _add_statuses(conversion, imported)
    missing.break_circles(imported.sections.values())
    stubs = missing.stubs(conversion)
    known = {name.upper() for name in discover().error_types()} | set(raised_in(imported.sections.values()))
    sub_flows = missing.error_types(conversion, known)
    if conversion.configs:
        first = next(iter(imported.sections.values()))
        first["configs"] = first.get("configs", {}) | conversion.configs
    properties = missing.properties(conversion, settings, [*imported.sections.values(), stubs])
    sections = {
        "expression-language": LANGUAGE,
        **({"properties": properties} if properties else {}),
        **stubs,
        **({"sub-flows": stubs.get("sub-flows", {}) | sub_flows} if sub_flows else {}),
    }
    if len(sections) > 1:
        imported.sections[MISSING] = sections
        imported.heads[MISSING] = missing.HEAD


def _add_statuses(conversion: Conversion, imported: Imported) -> None:
    """Answer operations of APIs with the status of their first success."""
    for (element, _), node in conversion.globals.by_name.items():
        for name, status in apikit.usual_statuses(conversion, node).items() if element == "apikit:config" else ():
            for sections in imported.sections.values():
                if part := sections.get("flows", {}).get(name):
                    part.value["steps"].append(apikit.default_status(node, status))


def raised_in(value: Any) -> Iterable[str]:
    """Yield the error types that steps name, and so make known."""
    from engine.mule.writing.parts import Part

    if isinstance(value, Part):
        yield from raised_in(value.value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "raise-error" and isinstance(inner, dict):
                yield str(inner.get("type")).upper()
            if key == "targetType":
                yield str(inner).upper()
            if key == "raises":
                yield from inner
            yield from raised_in(inner)
    elif not isinstance(value, str) and isinstance(value, Iterable):
        for inner in value:
            yield from raised_in(inner)


def _add_resources(application: Application, conversion: Conversion, settings: Settings, imported: Imported) -> None:
    for name, path in application.resources.items():
        data = application.read(name)
        if "/" not in name and Path(name).suffix in YAML and name not in settings.named and not _is_api(data):
            conversion.report.add_note(name, 1, name, "no flow names this file: it is not taken over")
        elif data is not None and path.suffix != ".xml":
            imported.files[name] = data
    for name, text in missing.scripts(conversion, application.resources).items():
        imported.files[name] = text.encode()
    for name, text in conversion.apis.written.items():
        imported.files[name] = text.encode()
    if conversion.uses_files:
        imported.files[f"{files.module_of(application.name)}.py"] = files.source_of_module().encode()
    if conversion.functions:
        body = "\n\n".join([scripting.HEAD, *conversion.functions.values()])
        imported.files[f"{scripting.module_of(application.name)}.py"] = body.encode()


def _is_api(data: bytes | None) -> bool:
    try:
        document = yaml.load(data or b"", Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return False
    return isinstance(document, dict) and "openapi" in document
