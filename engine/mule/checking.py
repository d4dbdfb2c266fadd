"""The result, loaded as `engine check` loads it. What cannot be loaded is replaced by a step that says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.loading.catalog import discover
from engine.loading.diagnostic import Diagnostic, LoadError
from engine.loading.loader import load
from engine.mule.conversion.conversion import told
from engine.mule.conversion.missing import NOWHERE, raised
from engine.mule.importing import Imported
from engine.mule.reports.report import Advice, Gap
from engine.mule.writing.parts import NOTHING, Part

MOST_ROUNDS = 12
STEP, HANDLER, SOURCE = "step", "handler", "source"


def make_loadable(imported: Imported) -> list[Diagnostic]:
    """Replace what cannot be loaded, until all can; return the mistakes that are left."""
    left: list[Diagnostic] = []
    for _ in range(MOST_ROUNDS):
        left = mistakes_in(imported)
        if not left or not any([_replace(imported, each) for each in left]):
            break
        imported.write_flows()
    return left


def mistakes_in(imported: Imported) -> list[Diagnostic]:
    """Return the mistakes that the loader finds in the files, written into a folder of their own."""
    with TemporaryDirectory() as name:
        folder = Path(name).resolve() / "flows"
        write_files(imported, folder)
        try:
            load([folder], discover(), name=imported.report.application)
        except LoadError as error:
            return list(error.diagnostics)
    return []


def write_files(imported: Imported, folder: Path) -> None:
    for name, data in imported.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _replace(imported: Imported, mistake: Diagnostic) -> bool:
    """Replace the smallest part that holds a mistake; return whether there is one that was not replaced yet."""
    name = Path(mistake.place.file).name
    found = _part_at(imported.sections.get(name, {}), mistake.place.line)
    if found is None or found.origin is None or found.kind == "":
        return False
    node = found.origin
    what = f"{node.name}{f' {node.label!r}' if node.label else ''}"
    advice = Advice(mistake.mistake.found, mistake.mistake.expected or "another way to say it", "S")
    gap = imported.report.add_gap(node, what, advice)
    found.comments = [*found.comments, told(gap, node.source)]
    found.value, found.kind = _stand_in(found, gap), ""
    return True


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
    stubs = {
        "http:listener-config": {"port": 8081},
        "http:request-config": {"url": f"http://{NOWHERE}"},
        "db:config": {"url": f"sqlite:///{NOWHERE}/missing.db"},
        "os:object-store": {"persistent": False},
        "apikit:config": {"api": {"openapi": "3.1.0", "info": {"title": "API", "version": "1"}, "paths": {}}},
    }
    return {kind: stubs[kind]} if kind in stubs else NOTHING


def _part_at(value: Any, line: int) -> Part | None:
    """Return the innermost part that may be replaced whose lines hold a line."""
    found = None
    for part in _parts(value):
        if part.lines[0] <= line <= part.lines[1]:
            found = _part_at(part.value, line) or (part if part.kind else None)
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
