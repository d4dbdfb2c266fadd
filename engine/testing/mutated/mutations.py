"""Mistakes that a person could make in a flow file, one at a time, made on its data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.loading.catalog import Catalog
from engine.loading.files.data import Map, Sequence
from engine.loading.files.place import Place
from engine.loading.loader import SubFlow
from engine.steps.flow import Flow
from engine.testing.files.rows import copied
from engine.testing.mutated import slips
from engine.testing.mutated.declared import Declared
from engine.testing.mutated.slips import Change, Key

FLOWS = {"flows": Flow, "sub-flows": SubFlow}
UNSEEN = frozenset({
    "doc", "doc:name", "logException", "timeout", "responseTimeout", "maxConcurrency", "ttl", "level", "category",
    "config-ref", "initialState",
})  # fmt: skip
"""Parameters that change how long something takes, or texts for people, but no outcome."""

STRUCTURE = frozenset({"steps", "source", "error-handler", "let"})
EXPRESSIONS = frozenset({"expression", "collection", "when", "while", "until", "targetValue", "idExpression"})
NAMES = frozenset({"name", "variableName", "target", "schema", "type", "abortOn", "function"})
ERROR_TYPES = frozenset({"type", "abortOn"})
METHODS = frozenset({"allowedMethods", "method"})
HANDLERS = {"on-error-propagate": "on-error-continue", "on-error-continue": "on-error-propagate"}


class Mutation(NamedTuple):
    """One mistake: its place, its description, and its effect on the data of the file."""

    place: Place
    what: str
    path: tuple[Key, ...]
    change: Change

    def made(self, data: Map) -> Map:
        """Return the data with the mistake; the given data stays as it is."""
        mutant: Map = copied(data)
        holder: Any = mutant
        for key in self.path[:-1]:
            holder = holder[key]
        self.change(holder, self.path[-1])
        return mutant


def mutations_of(data: Any, catalog: Catalog) -> Iterator[Mutation]:
    """Yield all mistakes that could be made in the flows and sub-flows of a file."""
    for section, cls in FLOWS.items():
        if isinstance(data, Map) and isinstance(data.get(section), Map):
            for name, flow in data[section].items():
                yield from _Walk(catalog).parameters(flow, (section, name), cls)


class _Walk:
    """Goes through the steps of a flow; inside values it looks for no parameters."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def parameters(self, written: Any, path: tuple[Key, ...], cls: type[Any] | None) -> Iterator[Mutation]:
        """Yield mistakes with the parameters of an element, or with those of a map that it has."""
        for key, value in written.items() if isinstance(written, Map) else ():
            if key in UNSEEN:
                continue
            declared, inner, place = Declared.of(cls, key), (*path, key), written.places[key][1]
            if key not in STRUCTURE and isinstance(path[-1], str) and not declared.is_default(value):
                yield Mutation(place, f"without {key}", inner, slips.drop)
            yield from _changed(_of_parameter(key, value, declared), key, inner, place)
            yield from self._inside(value, inner, declared)

    def _inside(self, value: Any, path: tuple[Key, ...], declared: Declared) -> Iterator[Mutation]:
        """Yield mistakes inside the value of a parameter."""
        nested = declared.nested()
        if declared.holds_steps:
            yield from self._elements(value, path)
        elif declared.holds_element:
            yield from self._element(value, path)
        elif path[-1] == "let":
            yield from _values(value, path, slips.of_expression)
        elif nested is not None and isinstance(value, Sequence):
            for number, each in enumerate(value):
                yield Mutation(value.places[number], "without the entry", (*path, number), slips.drop)
                yield from self.parameters(each, (*path, number), nested)
        elif nested is not None:
            yield from self.parameters(value, path, nested)
        else:
            yield from _values(value, path, slips.of_value)

    def _elements(self, written: Any, path: tuple[Key, ...]) -> Iterator[Mutation]:
        """Yield mistakes with steps, or handlers, in a row."""
        for number, entry in enumerate(written) if isinstance(written, Sequence) else ():
            inner, place = (*path, number), written.places[number]
            name = next(iter(entry)) if isinstance(entry, Map) and len(entry) == 1 else None
            yield Mutation(place, f"without {name or 'the entry'}", inner, slips.drop)
            if name == "try" and isinstance(entry[name], Map) and isinstance(entry[name].get("steps"), Sequence):
                yield Mutation(place, "the steps of the try without it", inner, slips.unwrap)
            if name in HANDLERS:
                other = HANDLERS[name]
                yield Mutation(place, f"{other} instead of {name}", inner, slips.renamed(other))
            yield from self._element(entry, inner)

    def _element(self, entry: Any, path: tuple[Key, ...]) -> Iterator[Mutation]:
        for name, written in entry.items() if isinstance(entry, Map) else ():
            if name in self._catalog:
                yield from self.parameters(written, (*path, name), self._catalog[name])


def _values(value: Any, path: tuple[Key, ...], slip: Any) -> Iterator[Mutation]:
    """Yield mistakes inside a value, whose keys are data. slip: makes other texts of a text."""
    if isinstance(value, Map):
        for key, each in value.items():
            inner, place = (*path, key), value.places[key][1]
            if isinstance(path[-1], str):
                yield Mutation(place, f"without {key}", inner, slips.drop)
            yield from _changed(_of_text(each, slip), key, inner, place)
            yield from _values(each, inner, slip)
    elif isinstance(value, Sequence):
        for number, each in enumerate(value):
            yield Mutation(value.places[number], "without the entry", (*path, number), slips.drop)
            yield from _values(each, (*path, number), slip)


def _changed(others: Iterator[Any], key: str, path: tuple[Key, ...], place: Place) -> Iterator[Mutation]:
    for other in dict.fromkeys(others):
        yield Mutation(place, f"{key}: {other}", path, slips.put(other))


def _of_text(value: Any, slip: Any) -> Iterator[Any]:
    if isinstance(value, str):
        yield from slip(value)
    elif isinstance(value, (bool, int, float)):
        yield from slips.of_number(value)


def _of_parameter(key: str, value: Any, declared: Declared) -> Iterator[Any]:
    """Yield other values for that of a parameter."""
    if not isinstance(value, str):
        yield from _of_text(value, slips.of_value)
    elif declared.is_expression or key in EXPRESSIONS:
        yield from slips.of_collection(value) if key == "collection" else ()
        yield from slips.of_expression(value)
    elif key == "sql":
        yield from slips.of_sql(value)
    elif declared.is_of_types or key in ERROR_TYPES:
        yield from slips.of_types(value)
    elif key in METHODS:
        yield from slips.of_method(value)
    elif key not in NAMES or slips.LEAF.fullmatch(value):
        yield from slips.of_value(value)
