"""Completion of names: flows, configs, error types, queues, properties and others that the application defines."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from inspect import isclass
from pathlib import Path
from typing import Any

from engine.editor.asking.asked import Asked
from engine.editor.asking.facts import facts_of
from engine.editor.asking.meaning import element_class
from engine.editor.completing.item import Completion
from engine.loading.config.effective import HIDDEN
from engine.values.errors import ANY
from engine.values.telling import is_telling, without_credentials

MOST_FILES = 300
LARGEST_MODULE = 500_000
SCHEMAS = (".json", ".yaml", ".yml")


def flows(asked: Asked) -> Iterator[Completion]:
    facts = facts_of(asked.site)
    yield from (Completion(name, "name", doc or "sub-flow", rank=1) for name, doc in facts.sub_flows.items())
    yield from (Completion(name, "name", doc or "flow", rank=2) for name, doc in facts.flows.items())


def configs(asked: Asked, wanted: Any) -> Iterator[Completion]:
    """Yield the configs of a class."""
    for name, element in facts_of(asked.site).configs.items():
        cls = element_class(asked.site.catalog, element)
        if not isclass(wanted) or (cls is not None and issubclass(cls, wanted)):
            yield Completion(name, "name", element, rank=1)


def types(asked: Asked, *, patterns: bool) -> Iterator[Completion]:
    """Yield the types of errors. patterns: whether wildcards may stand here."""
    raised = facts_of(asked.site).types
    yield from (Completion(name, "type", "raised by a flow", rank=1) for name in raised if "#[" not in name)
    known = asked.site.catalog.error_types()
    for name, each in known.items():
        if name not in raised:
            parent = each.parent
            told = f"a kind of {parent}" if parent and parent != ANY else ""
            yield Completion(name, "type", told, rank=3, topic=("type", name))
    if patterns:
        yield Completion("ANY", "type", "any error", rank=2)
        spaces = dict.fromkeys(name.partition(":")[0] for name in (*raised, *known) if ":" in name)
        yield from (Completion(f"{space}:*", "type", f"any error of {space}", rank=4) for space in spaces)


def of_facts(known: Mapping[str, str], rank: int = 1) -> Iterator[Completion]:
    return (Completion(name, "name", told, rank=rank) for name, told in known.items() if "#[" not in name)


def variables(asked: Asked) -> Iterator[Completion]:
    seen = asked.seen.vars
    yield from (Completion(name, "variable", shape.told_as(name), rank=1) for name, shape in seen.items())
    yield from (each for each in of_facts(facts_of(asked.site).variables, 3) if each.label not in seen)


def steps(asked: Asked) -> Iterator[Completion]:
    """Yield what a test may name steps by."""
    yield from of_facts(facts_of(asked.site).labels)
    yield from (Completion(name, "element", rank=3) for name in asked.site.catalog.names())


def properties(asked: Asked) -> Iterator[Completion]:
    """Yield the names of properties with their values; those of secrets are hidden, also if nothing was loaded yet."""
    parts, facts = asked.site.parts, facts_of(asked.site)
    known = {each.name: each.value for each in parts.properties()} if parts else {}
    for name, value in {**asked.site.project.properties, **facts.properties, **known}.items():
        shown = HIDDEN if is_telling(name) else without_credentials(value, HIDDEN)
        yield Completion(name, "property", shown, rank=1)


def files(asked: Asked, written: str, suffixes: Iterable[str] = ()) -> Iterator[Completion]:
    """Yield the files beside the file, below the folder that is written already."""
    base = asked.text.path.parent
    folder = base / written.rpartition("/")[0]
    if not folder.resolve().is_relative_to(base.resolve()):
        return
    prefix = written[: written.rfind("/") + 1]
    for path in _listed(folder):
        if path.is_dir():
            yield Completion(f"{prefix}{path.name}/", "file", rank=3, goes_on=True)
        elif not suffixes or path.suffix in suffixes:
            yield Completion(f"{prefix}{path.name}", "file", rank=2)


def _listed(folder: Path) -> list[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__")))
    except OSError:
        return []
    return found[:MOST_FILES]


def functions(asked: Asked) -> Iterator[Completion]:
    """Yield the Python functions in the modules beside the file."""
    for path in _listed(asked.text.path.parent):
        if path.suffix == ".py":
            told = path.stat()
            for name, doc in _functions_of(path, told.st_mtime_ns) if told.st_size < LARGEST_MODULE else ():
                yield Completion(f"{path.stem}:{name}", "function", doc, rank=1)


@lru_cache(maxsize=64)
def _functions_of(path: Path, changed: int) -> tuple[tuple[str, str], ...]:
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError, RecursionError):
        return ()
    found = [each for each in body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return tuple((each.name, (ast.get_docstring(each) or "").partition("\n")[0]) for each in found)
