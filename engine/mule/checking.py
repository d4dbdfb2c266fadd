"""The result, loaded as `engine check` loads it. What cannot be loaded is replaced by a step that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.loading.catalog import discover
from engine.loading.diagnostic import Diagnostic, LoadError
from engine.loading.loader import load
from engine.mule.conversion.conversion import told
from engine.mule.conversion.missing import NO_DATABASE, NOWHERE, raised
from engine.mule.importing import Imported
from engine.mule.reports.report import Advice, Gap
from engine.mule.trial import FOLDER, Trial
from engine.mule.writing.parts import NOTHING, Part
from engine.mule.xml.nodes import Node

MOST_ROUNDS = 12
SCRIPT, SCRIPT_FILE = "dataweave", ".dwl"
SCRIPTS = ("ee:set-payload", "ee:set-variable", "ee:set-attributes")
OF_PARAMETER = re.compile(r" for '([^']+)' of ")
OPTIONAL = (
    "port",
    "basePath",
    "responseTimeout",
    "readTimeout",
    "connectionIdleTimeout",
    "authentication",
    "initScript",
)
"""Parameters without which a config still is one."""

OUTER = dict.fromkeys(("tokenUrl", "clientId", "clientSecret", "scopes", "username"), "authentication")
"""Parameters that stand in another one."""

CONFIG = "configs"
STEP, HANDLER, SOURCE = "step", "handler", "source"


def make_loadable(trial: Trial) -> list[Diagnostic]:
    """Replace what cannot be loaded, until all can; return the mistakes that are left."""
    imported, left = trial.imported, list[Diagnostic]()
    for number in range(1, MOST_ROUNDS + 1):
        imported.round = number
        left = mistakes_in(trial)
        if not left or not sum(_replace(imported, each) for each in left):
            break
        imported.write_flows()
    return left


def mistakes_in(trial: Trial) -> list[Diagnostic]:
    """Return the mistakes that the loader finds in the files."""
    trial.write()
    try:
        load([trial.folder], discover(), name=trial.imported.report.application, is_check=True)
    except LoadError as error:
        return list(error.diagnostics)
    return []


def _replace(imported: Imported, mistake: Diagnostic) -> bool:
    """Replace the smallest part that holds a mistake; return whether there is one that was not replaced yet."""
    file, line = mistake.place.file, mistake.place.line
    name = Path(file).name
    if Path(file).parent.name != FOLDER or name not in imported.sections:
        return sum(_put_stand_in(imported, each, mistake, 0) for each in list(_users(imported, file))) > 0
    found = _part_at(imported.sections[name], line, imported.round)
    if found is None or found.replaced:
        return found is not None
    if found.kind == CONFIG and _leave_out(imported, found, mistake):
        return True
    inner = _innermost(found, line)
    at = line - inner.lines[0] - 2 if isinstance(inner.value, dict) and SCRIPT in inner.value else None
    place = (inner.origin.text_line or inner.origin.line) + at if inner.origin is not None and at is not None else 0
    return _put_stand_in(imported, found, mistake, place)


def _put_stand_in(imported: Imported, part: Part, mistake: Diagnostic, line: int) -> bool:
    """Replace a part by one that says what is wrong. line: where that is in the XML; 0 for the line of its element."""
    node = part.origin
    if node is None or not part.kind:
        return False
    what = f"{node.name}{f' {node.label!r}' if node.label else ''}"
    why = mistake.mistake.found
    if Path(mistake.place.file).suffix == SCRIPT_FILE:
        why = f"{why}, in {Path(mistake.place.file).name}:{mistake.place.line}:{mistake.place.column}"
    advice = Advice(why, mistake.mistake.expected or "another way to say it", "S")
    gap = imported.report.add_gap(node, what, advice, line)
    _uncount(imported, part, node)
    part.comments = [*part.comments, told(gap, node.source)]
    part.value, part.kind, part.replaced = _stand_in(part, gap), "", imported.round
    return True


def _leave_out(imported: Imported, part: Part, mistake: Diagnostic) -> bool:
    """Leave one parameter of a config out, if that is all that is wrong; return whether it is."""
    [params] = part.value.values() if isinstance(part.value, dict) else [None]
    name = OF_PARAMETER.search(mistake.mistake.found)
    left = OUTER.get(name[1], name[1]) if name is not None else ""
    if not isinstance(params, dict) or left not in OPTIONAL or left not in params:
        return False
    node = part.origin
    if node is None:
        return False
    advice = Advice(mistake.mistake.found, mistake.mistake.expected or "another value", "S")
    gap = imported.report.add_gap(node, f"{left} of {node.name} {node.label!r}", advice)
    part.comments = [*part.comments, told(gap, f"{left}: {params[left]}")]
    del params[left]
    imported.unconverted.add(id(node))
    imported.count()
    return True


def _uncount(imported: Imported, part: Part, node: Node) -> None:
    """Take what is replaced from the counts of what is converted."""
    imported.unconverted.update(id(each) for each in node.walk())
    imported.count()
    imported.report.scripts["converted"] -= sum(each.name in SCRIPTS for each in node.walk())
    imported.report.flows["converted"] -= part.kind in ("flows", "sub-flows")


def _users(imported: Imported, file: str) -> Iterator[Part]:
    """Yield the parts that name a script, or import it as a module."""
    parts = Path(file).parts
    name = "/".join(parts[parts.index(FOLDER) + 1 :]) if FOLDER in parts else file
    module = name.removesuffix(SCRIPT_FILE).replace("/", "::")
    for sections in imported.sections.values():
        yield from _naming(sections, (name, module))


def _naming(value: Any, names: tuple[str, str]) -> Iterator[Part]:
    """Yield the innermost parts that may be replaced in whose texts one of the names is."""
    for part in _parts(value):
        inner = list(_naming(part.value, names))
        if inner:
            yield from inner
        elif part.kind and any(name in text for text in texts_of(part.value) for name in names):
            yield part


def _innermost(part: Part, line: int) -> Part:
    """Return the innermost part at a line, whether it may be replaced or not."""
    for inner in _parts(part.value):
        if inner.lines[0] <= line <= inner.lines[1]:
            return _innermost(inner, line)
    return part


def texts_of(value: Any) -> Iterator[str]:
    """Yield the texts in a value."""
    if isinstance(value, Part):
        yield from texts_of(value.value)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)
    elif isinstance(value, str):
        yield value


def _stand_in(part: Part, gap: Gap) -> Any:
    if part.kind in (HANDLER, SOURCE) or isinstance(part.value, str):
        return NOTHING
    if part.kind in ("flows", "sub-flows"):
        return {"steps": [raised(f"{gap.what} is not converted")]}
    if part.kind == "configs":
        return _config(part.value)
    return raised(f"{gap.what} is not converted") if part.kind == STEP else NOTHING


def _config(value: Any) -> Any:
    [kind] = value
    if kind == "http:request-config" and not value[kind].keys() & {"host", "url"}:
        return {kind: {}}
    stubs = {
        "http:listener-config": {"port": 8081},
        "http:request-config": {"url": f"http://{NOWHERE}"},
        "db:config": {"url": NO_DATABASE},
        "os:object-store": {"persistent": False},
        "apikit:config": {"api": {"openapi": "3.1.0", "info": {"title": "API", "version": "1"}, "paths": {}}},
    }
    return {kind: stubs[kind]} if kind in stubs else NOTHING


def _part_at(value: Any, line: int, number: int) -> Part | None:
    """Return the innermost part that may be replaced, or was in this round, whose lines hold a line."""
    found = None
    for part in _parts(value):
        if part.lines[0] <= line <= part.lines[1]:
            is_meant = part.kind != "" or part.replaced == number
            found = _part_at(part.value, line, number) or (part if is_meant else None)
            if found is not None:
                return found
    return found


def _parts(value: Any) -> Iterator[Part]:
    """Yield the outermost parts in a value."""
    if isinstance(value, Part):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _parts(inner)
