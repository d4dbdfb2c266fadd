"""Stubs for what is named and not there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from importlib.util import find_spec
from typing import Any

from engine.mule.apis.routes import document_of
from engine.mule.conversion.conversion import NOT_SUPPORTED, Conversion, Reference
from engine.mule.conversion.flows import SECTIONS
from engine.mule.conversion.properties import Settings
from engine.mule.conversion.texts import PLACEHOLDER, names_in
from engine.mule.reports.report import Advice
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Node

HEAD = "What the XML names and does not have: stubs, which raise when they are used. Replace each by what is meant."
IN_A_LIBRARY = "it is named, and in no file of the application"
WRITE = "add the shared library or domain to the import, or write it"
FLOW = Advice(IN_A_LIBRARY, WRITE, "M")
CONFIG = Advice(IN_A_LIBRARY, WRITE, "S")
RECURSION = "It was a sub-flow: here those may not call each other in a circle."
SCRIPT = Advice("the file is not among the resources", "add it; until then it fails", "S")
NO_SCRIPT = '%dw 2.0\nimport fail from dw::Runtime\n---\nfail("the script {name} is not there")\n'
PROPERTY = Advice(
    "no file of the application has a value for it", "give it by --set, the environment or a property file", "S"
)
NO_ROUTE = "MULE:ROUTING"
NOWHERE = "missing.invalid"
PORT = 8081
DATABASES = {"asyncpg": f"postgresql://{NOWHERE}/missing", "asyncmy": f"mysql+asyncmy://{NOWHERE}/missing"}
NO_DATABASE = next(
    (url for driver, url in DATABASES.items() if find_spec(driver) is not None), f"sqlite:///{NOWHERE}/missing.db"
)
"""The url of no database: of a kind that has procedures, if a driver for one is installed."""

SECTION_OF = {"flow": "flows", "error-handler": "error-handlers", "error-type": "error types", "file": "files"}
OF_CORE = ("ANY", "*:*")
KNOWN_TYPES_FLOW = "error types that nothing here raises"


def stubs(conversion: Conversion) -> dict[str, Any]:
    """Return the sections of the file of stubs, and note a gap at each place where one is used."""
    sections: dict[str, Any] = {name: {} for name in SECTIONS if name != "configuration-properties"}
    for reference in conversion.references:
        section = SECTION_OF.get(reference.kind, "configs")
        if reference.kind in ("error-type", "file", "tls:context") or (section, reference.name) in conversion.defined:
            continue
        if "${" in reference.name or "#[" in reference.name:
            continue
        kind = "flow" if section == "flows" else reference.kind
        conversion.report.add_gap(reference.node, f"{kind} '{reference.name}'", FLOW if section == "flows" else CONFIG)
        sections[section].setdefault(reference.name, _stub(conversion, reference))
    return {name: value for name, value in sections.items() if value}


def scripts(conversion: Conversion, files: Collection[str]) -> dict[str, str]:
    """Return a script that fails for each file of a script that is named and not there, by the names of the files."""
    found = {}
    for reference in conversion.references:
        name = reference.name
        if reference.kind == "file" and name.endswith(".dwl") and name not in files and "${" not in name:
            conversion.report.add_gap(reference.node, f"script '{name}'", SCRIPT)
            found[name] = NO_SCRIPT.format(name=name)
    return found


def break_circles(files: Iterable[dict[str, Any]]) -> None:
    """Make flows of the sub-flows that call each other in a circle; without a handler they do the same."""
    files = list(files)
    calls = {name: set(_called(part)) for each in files for name, part in each.get("sub-flows", {}).items()}
    for name in calls:
        if _reaches(calls, name, name):
            calls[name] = set()
            for each in files:
                if part := each.get("sub-flows", {}).pop(name, None):
                    part.kind, part.comments = "flows", [*part.comments, RECURSION]
                    each.setdefault("flows", {})[name] = part


def _called(value: Any) -> Iterator[str]:
    if isinstance(value, Part):
        yield from _called(value.value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "flow-ref":
                yield inner.get("name", "")
            yield from _called(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _called(inner)


def _reaches(calls: dict[str, set[str]], start: str, target: str) -> bool:
    """Return whether calls lead from one sub-flow to another."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for name in calls.get(waiting.pop(), ()):
            if name == target:
                return True
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return False


def _stub(conversion: Conversion, reference: Reference) -> Part:
    kind, name, node = reference
    comment = [f"Named in {node.file}:{node.line}."]
    if kind == "flow":
        is_computed = "#[" in node.get("name")  # which Mule looks for when it runs
        step = raised(f"the flow {name} is not there", NO_ROUTE if is_computed else NOT_SUPPORTED)
        return Part({"steps": [step]}, node, comment, "flows")
    if kind == "error-handler":
        return Part([{"on-error-propagate": {}}], node, comment, "error-handlers")
    return Part({kind: _config(conversion, kind, name)}, node, comment, "configs")


def raised(description: str, error_type: str = NOT_SUPPORTED) -> dict[str, Any]:
    return {"raise-error": {"type": error_type, "description": description}}


def _config(conversion: Conversion, kind: str, name: str) -> dict[str, Any]:
    if kind == "http:listener-config":
        return {"port": f"${{http.port:{PORT}}}"}
    if kind == "http:request-config":
        return {"url": f"http://{NOWHERE}"}
    if kind == "db:config":
        return {"url": NO_DATABASE}
    if kind == "vm:config":
        used = [each.node.get("queueName") for each in conversion.references if each.kind == kind and each.name == name]
        return {"queues": [{"queueName": queue} for queue in dict.fromkeys(used)]}
    if kind == "apikit:config":
        from engine.mule.elements.web.apikit import routes_of

        config = Node("apikit:config", "", 0, attributes={"name": name})
        return {"api": document_of(name, routes_of(conversion, config))}
    return {"persistent": False} if kind == "os:object-store" else {}


def error_types(conversion: Conversion, known: Iterable[str]) -> dict[str, Any]:
    """Return a sub-flow that names the error types that handlers wait for and nothing here raises."""
    waited: dict[str, Node] = {}
    for reference in conversion.references:
        if reference.kind == "error-type":
            name = reference.name if ":" in reference.name else f"MULE:{reference.name}"
            if name.upper() not in known and "*" not in name and re.fullmatch(r"[A-Za-z0-9_-]+:[A-Za-z0-9_-]+", name):
                waited.setdefault(name, reference.node)
    for name, node in waited.items():
        conversion.note(node, f"error type {name}", "nothing here raises it")
    if not waited:
        return {}
    steps = [Part({"raise-error": {"type": name}}, node) for name, node in waited.items()]
    return {
        KNOWN_TYPES_FLOW: Part({"doc": "Makes the types known to handlers; nobody calls it.", "steps": steps}, None)
    }


def properties(conversion: Conversion, settings: Settings, sections: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the properties that placeholders name and that have no value, with stubs of the type that fits."""
    found: dict[str, Any] = {name: Part(value, None, _chosen(name)) for name, value in settings.chosen.items()}
    for origin, key, text in (each for section in sections for each in texts_in(section, None, "")):
        for name in names_in(text):
            if name.partition(":")[0] in ("env", "file", "vault") or name in settings.values or _is_known(name):
                continue
            if origin is not None:
                conversion.report.add_gap(origin, f"property '{name}'", PROPERTY)
            if name not in found:
                is_database = origin is not None and origin.namespace == "db" and key == "url"
                is_database = is_database and PLACEHOLDER.fullmatch(text.strip()) is not None
                found[name] = Part(NO_DATABASE if is_database else stub_of(key, text, name), origin)
    return found


def _is_known(name: str) -> bool:
    return name in ("engine.env",)


def _chosen(name: str) -> list[str]:
    return [f"'{name}' is in the name of a property file; this value names one that is there."]


NUMBERS = re.compile(
    r"port|count|frequency|timeout|size|max|min|ttl|interval|retries|delay|batch|capacity|concurrency|duration|period|entries"
)
FLAGS = ("persistent", "failsDeployment", "followRedirects", "logException", "streaming", "disallowConcurrentExecution")


def stub_of(key: str, text: str, name: str) -> Any:
    """Return a value for a property that has none, which fits the parameter for which it stands."""
    if key == "path":
        return f"/missing/{name}"
    if name.lower().endswith("port"):
        return PORT
    if PLACEHOLDER.fullmatch(text.strip()):
        if key in FLAGS:
            return False
        if key == "port":
            return PORT
        if key == "expression":
            return "0 0 0 1 1 ? 2099"
        if key == "timeUnit" or key.endswith("Unit"):
            return "SECONDS"
        if key == "initialState":
            return "stopped"
        if key == "level":
            return "INFO"
        if key == "protocol":
            return "HTTP"
        if NUMBERS.search(key.lower()):
            return 1
        if key == "url":
            return f"http://{NOWHERE}"
    return NOWHERE if key == "host" or name.lower().endswith("host") else f"missing-{name}"


def texts_in(value: Any, origin: Node | None, key: str) -> Iterator[tuple[Node | None, str, str]]:
    """Yield each text of a section with the XML it was made of, and the key it stands under."""
    if isinstance(value, Part):
        yield from texts_in(value.value, value.origin or origin, key)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from texts_in(inner, origin, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner, origin, key)
    elif isinstance(value, str) and "${" in value:
        yield origin, key, value
