"""The pages of functions: one for each of JMESPath, one for each module of DataWeave."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from engine import dataweave
from engine.expressions.functions.function import Function
from engine.manual.pages import (
    all_functions,
    arguments,
    counterpart,
    dataweave_page,
    examples_of,
    function_prose,
    signature,
)
from engine.tools.documented.pages import Page, Section, block, code, joined, link, prose, table

FOLDER = "reference/functions"
DATAWEAVE = "reference/dataweave"
CORE = "dw::Core"


def path_of(name: str) -> str:
    return f"{FOLDER}/{name}.md"


def functions_section() -> Section:
    """Return a page for each function of JMESPath."""
    functions = all_functions()
    path = f"{FOLDER}/index.md"
    rows = [
        (link(code(signature(each)), path_of(name), path), prose(each.manual.partition("\n")[0]))
        for name, each in functions.items()
    ]
    told = "Arguments in brackets may be left out; one that begins with & is an expression, written with the &."
    index = joined(["# Functions", told, table(["function", "result"], rows)])
    return Section("Functions", [Page(path, "Functions", index), *(map(_page, functions.values()))])


def _page(function: Function) -> Page:
    """Return the page with the text of `engine functions show NAME`."""
    parts = [f"# {function.name}", block(signature(function), "text"), prose(function_prose(function))]
    if told := arguments(function):
        parts += ["## Arguments", "\n".join(f"- **{code(name)}**: {prose(kind)}" for name, kind in told)]
    if examples := examples_of(function):
        parts += ["## Examples", block("\n".join(examples), "text")]
    parts += [f"DataWeave: {prose(counterpart(function))}"]
    return Page(path_of(function.name), function.name, joined(parts))


def dataweave_section() -> Section:
    """Return a page for each module of DataWeave, and how its functions are written in JMESPath."""
    modules = groupby(sorted(dataweave.declared(), key=_order), key=lambda each: _module(each[0]))
    found = [_module_page(module, list(declared)) for module, declared in modules]
    path = f"{DATAWEAVE}/index.md"
    rows = "\n".join(f"- {link(code(each.title), each.path, path)}" for each in found)
    parts = ["# DataWeave", "The modules of its library.", rows, "## In JMESPath", block(dataweave_page(), "text")]
    return Section("DataWeave", [Page(path, "DataWeave", joined(parts)), *found])


def _order(declared: tuple[str, Any]) -> tuple[bool, str, str]:
    module = _module(declared[0])
    return module != CORE, module, declared[0]


def _module(name: str) -> str:
    return name.rpartition("::")[0] or CORE


def _module_page(module: str, declared: list[tuple[str, Any]]) -> Page:
    title = module.removeprefix("dw::")
    parts = [part for name, value in declared for part in _told(name, value)]
    return Page(f"{DATAWEAVE}/{title.replace('::', '/').lower()}.md", module, joined([f"# {module}", *parts]))


def _told(name: str, value: Any) -> Iterator[str]:
    """Yield the text of `engine functions --language dataweave show NAME`."""
    _, about, *signatures = dataweave.page(name, value).split("\n\n")
    yield f"## {name.rpartition('::')[2]}"
    yield prose(about)
    yield from (block("\n".join(line.strip() for line in each.splitlines()), "text") for each in signatures)
