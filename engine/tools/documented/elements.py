"""The pages of elements, and of the error types that they raise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import groupby

from engine.loading.catalog import NAMELESS, Catalog
from engine.manual.pages import entries, example, kind_told, prose, summary
from engine.parameters.element import Element, raised_types
from engine.tools.documented import pages
from engine.tools.documented.pages import Page, Section, block, code, entry_list, joined, link, table
from engine.values.errors import ANY, ErrorType

FOLDER = "reference/elements"
ERRORS = "reference/errors"


def path_of(name: str) -> str:
    """Return the path of an element's page: `reference/elements/db/insert.md`."""
    module, _, own = name.rpartition(":")
    return f"{FOLDER}/{module.replace(':', '/') or NAMELESS}/{own}.md"


def module_of(name: str) -> str:
    return name.rpartition(":")[0] or NAMELESS


def anchor_of(error_type: ErrorType) -> str:
    """Return the place of an error type: `reference/errors/db.md#dbtimeout`."""
    title = "".join(sign for sign in str(error_type).lower() if sign.isalnum() or sign in "_-")
    return f"{ERRORS}/{error_type.namespace.lower()}.md#{title}"


def elements_section(catalog: Catalog) -> Section:
    """Return a section for each module, with a page for each of its elements."""
    elements = sorted(catalog.elements(), key=lambda each: (module_of(each[0]) != NAMELESS, each))
    modules = [(module, list(found)) for module, found in groupby(elements, key=lambda each: module_of(each[0]))]
    sections = [Section(module, [_page(name, element) for name, element in found]) for module, found in modules]
    return Section("Elements", [_list_of(modules), *sections])


def _list_of(modules: list[tuple[str, list[tuple[str, type[Element]]]]]) -> Page:
    path = f"{FOLDER}/index.md"
    parts = ["# Elements", "What a step of a flow, a config, a source or an error handler can be."]
    for module, elements in modules:
        rows = [(link(code(name), path_of(name), path), pages.prose(summary(element))) for name, element in elements]
        parts += [f"## {module}", table(["element", "purpose"], rows)]
    return Page(path, "Elements", joined(parts))


def _page(name: str, element: type[Element]) -> Page:
    """Return the page with the text of `engine processors show NAME`."""
    path, raised = path_of(name), raised_types(element)
    parts = [f"# {name}", *map(pages.prose, prose(element).split("\n\n"))]
    parts += ["## Parameters", "\n".join(entry_list(entries(element)))]
    if raised:
        told = (f"- {link(code(str(each)), anchor_of(each), path)}{kind_told(each)}" for each in raised)
        parts += ["## Raises", "\n".join(told)]
    parts += ["## Example", block(example(element))] if example(element) else []
    return Page(path, name, joined(parts))


def errors_section(catalog: Catalog) -> Section:
    """Return a page for each namespace of error types, with what is known of each type."""
    types = sorted(catalog.error_types().values(), key=str)
    raisers = _raisers(catalog)
    found = [(namespace, list(each)) for namespace, each in groupby(types, key=lambda each: each.namespace)]
    return Section("Error types", [_index(found), *(_namespace_page(*each, raisers) for each in found)])


def _raisers(catalog: Catalog) -> Mapping[str, list[str]]:
    raisers: dict[str, list[str]] = defaultdict(list)
    for name, element in catalog.elements():
        for each in raised_types(element):
            raisers[str(each)].append(name)
    return raisers


def _index(found: list[tuple[str, list[ErrorType]]]) -> Page:
    path = f"{ERRORS}/index.md"
    rows = [
        (code(namespace), ", ".join(link(code(each.identifier), anchor_of(each), path) for each in types))
        for namespace, types in found
    ]
    text = "An error has a type, which `type` of an error handler and `sourceType` of an error-mapping name."
    return Page(path, "Error types", joined(["# Error types", text, table(["namespace", "types"], rows)]))


def _namespace_page(namespace: str, types: list[ErrorType], raisers: Mapping[str, list[str]]) -> Page:
    path = f"{ERRORS}/{namespace.lower()}.md"
    parts = [part for each in types for part in (f"## {each}", *_told(each, path, raisers[str(each)]))]
    return Page(path, namespace, joined([f"# {namespace}", *parts]))


def _told(error_type: ErrorType, path: str, raisers: list[str]) -> Iterator[str]:
    above = [link(code(str(each)), anchor_of(each), path) for each in error_type.lineage[1:] if each != ANY]
    if above:
        yield f"A kind of {', of '.join(above)}."
    if raisers:
        yield f"Raised by {', '.join(link(code(name), path_of(name), path) for name in raisers)}."
    elif error_type != ANY:
        yield "No element declares it: the engine itself raises it, or it is what others are kinds of."
