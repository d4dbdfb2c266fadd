"""The steps that a mock, a spy or a count of MUnit means, as test files name them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from engine.loading.catalog import discover
from engine.loading.diagnostic import LoadError
from engine.loading.loader import Loader
from engine.loading.sections import read_documents
from engine.mule.checking import write_files
from engine.mule.importing import Imported
from engine.mule.munit.matchers import NoMatcher, wanted
from engine.mule.munit.scripts import constant, script_of
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Node
from engine.steps.chain import Step
from engine.testing.expected.matchers import Wanted
from engine.testing.expected.selecting import StepParameter, is_named, path_of
from engine.values.event import Event

PLACE = re.compile(r".* @ (?:.*/)?([^/]+):(\d+)")
LABEL = "doc:name"
OF_EDITORS = (LABEL, "doc:id")
RAISING = "raise-error"


class Selector(NamedTuple):
    """The steps of one entry of a test file."""

    processor: str
    with_: Mapping[str, Any]
    is_stand_in: bool = False
    """Whether it means a step that raises in the place of one that has no counterpart."""

    def entry(self) -> dict[str, Any]:
        return {"processor": self.processor, **({"with": dict(self.with_)} if self.with_ else {})}


class Steps:
    """The steps of the flows that an import has written."""

    def __init__(self, imported: Imported) -> None:
        self._origins = {file: _origins(sections) for file, sections in imported.sections.items()}
        self.steps = _loaded(imported)
        self._of: defaultdict[int, list[Step]] = defaultdict(list)
        self.nodes: dict[int, Node] = {}
        for step in self.steps:
            if (node := self.origin(step)) is not None:
                self._of[id(node)].append(step)
                self.nodes[id(node)] = node

    def origin(self, step: Step) -> Node | None:
        place = PLACE.fullmatch(step.location)
        return self._origins.get(place[1], {}).get(int(place[2])) if place else None

    def selectors(self, node: Node) -> list[Selector]:
        """Return what selects the steps that a mock, a spy or a count means; nothing if there are none."""
        element, attributes = node.get("processor").removeprefix("mule:"), attributes_of(node)
        meant = [each for each in self.nodes.values() if each.name == element and _has(each, attributes)]
        found = [step for each in meant for step in self._of[id(each)]]
        stand_ins = [step for step in found if step.name == RAISING and element != RAISING]
        steps = _innermost([step for step in found if step not in stand_ins])
        kept = {name: value for name, value in attributes.items() if name not in OF_EDITORS}
        selectors = [*self._shortest(element, kept, attributes, steps)] if steps else []
        return [*selectors, *(Selector(path_of(each), {}, is_stand_in=True) for each in stand_ins)]

    def _shortest(
        self, element: str, kept: Mapping[str, Any], attributes: Mapping[str, Any], steps: list[Step]
    ) -> Iterable[Selector]:
        for each in _candidates(element, kept, attributes, steps):
            if {id(step) for step in self.steps if _selects(each, step)} == set(map(id, steps)):
                return [each]
        return [Selector(path_of(step), {}) for step in steps]


def _candidates(
    element: str, kept: Mapping[str, Any], attributes: Mapping[str, Any], steps: list[Step]
) -> Iterator[Selector]:
    """Yield what could select some steps, the most telling first."""
    labels = {step.processor.doc_name for step in steps}
    label = labels.pop() if len(labels) == 1 else None
    if label and any(name in attributes for name in OF_EDITORS):
        yield Selector(label, {})
    yield Selector(element, kept)
    if label:
        yield Selector(element, {LABEL: label})


def _selects(selector: Selector, step: Step) -> bool:
    return is_named(step, selector.processor) and all(
        (found := StepParameter.of(step, name)) is not None and not found.is_computed and _holds(value, found)
        for name, value in selector.with_.items()
    )


def _holds(value: Any, parameter: StepParameter) -> bool:
    return Wanted(value).holds(parameter.of_event(Event()))


def _innermost(steps: list[Step]) -> list[Step]:
    """Return the steps that elements became, without the scopes that were put around them."""
    return [step for step in steps if not any(_is_inside(other, step) for other in steps)]


def _is_inside(inner: Step, outer: Step) -> bool:
    return path_of(inner).startswith(f"{path_of(outer)}/")


def attributes_of(node: Node) -> dict[str, Any]:
    """Return the attributes of `with-attributes`, as values or matchers."""
    found = (each for outer in node.all("munit-tools:with-attributes") for each in outer.elements)
    return {each.get("attributeName"): _wanted(each.get("whereValue")) for each in found}


def _wanted(text: str) -> Any:
    script = script_of(text)
    if script is None:
        return text
    try:
        return wanted(script)
    except NoMatcher:
        found = constant(text)
        return text if found is None else found.value


def _has(node: Node, attributes: Mapping[str, Any]) -> bool:
    return all(_agrees(node.attributes.get(name), value) for name, value in attributes.items())


def _agrees(written: str | None, value: Any) -> bool:
    if written is None:
        return False
    found = constant(written)
    return written == value or (found is not None and Wanted(value).holds(found.value))


def _loaded(imported: Imported) -> list[Step]:
    with TemporaryDirectory() as name:
        folder = Path(name).resolve() / "flows"
        write_files(imported, folder)
        loader = Loader(read_documents([folder]), discover(), {})
        with suppress(LoadError):  # what can be read is known then
            loader.load()
        return list(loader.builder.steps)


def _origins(sections: Mapping[str, Any]) -> dict[int, Node]:
    """Return the XML that each line of a flow file was made of."""
    lines: dict[int, Node] = {}
    for part in _parts(sections):
        if part.origin is not None:
            lines |= dict.fromkeys(range(part.lines[0], part.lines[1] + 1), part.origin)
    return lines


def _parts(value: Any) -> Iterator[Part]:
    """Yield all parts in a value, the outer ones first."""
    if isinstance(value, Part):
        yield value
        yield from _parts(value.value)
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _parts(inner)
