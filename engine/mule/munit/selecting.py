"""The steps that a mock, a spy or a count of MUnit means, as test files name them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from engine.mule.importing import Imported
from engine.mule.munit.matchers import NoMatcher, wanted
from engine.mule.munit.scripts import constant, script_of
from engine.mule.writing.parts import Part, is_comment, plain
from engine.mule.xml.nodes import Node
from engine.testing.expected.matchers import Wanted

LABEL = "doc:name"
OF_EDITORS = (LABEL, "doc:id")
RAISING = "raise-error"
RUNNABLE_ELEMENTS = ("flow", "sub-flow")
RUNNABLES = ("flows", "sub-flows", "error-handlers")


class Step(NamedTuple):
    """A step that an import has written. path: as tests name it, `flow/steps/2`; params: as written."""

    path: str
    name: str
    params: Any
    origin: Node | None

    @property
    def label(self) -> str:
        return str(self.params.get(LABEL) or "") if isinstance(self.params, dict) else ""

    def has(self, parameter: str, value: Any) -> bool:
        """Return whether a parameter has a value that is known before the step runs."""
        written = self.params.get(parameter) if isinstance(self.params, dict) else None
        is_computed = isinstance(written, str) and ("#[" in written or "${" in written)
        return written is not None and not is_computed and Wanted(value).holds(written)


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
        self.steps = [step for sections in imported.sections.values() for step in _steps_of(sections)]
        self._of: defaultdict[int, list[Step]] = defaultdict(list)
        self._named: defaultdict[str, list[Step]] = defaultdict(list)
        self._nodes: defaultdict[str, dict[int, Node]] = defaultdict(dict)
        for step in self.steps:
            for name in {step.name, step.label, step.path}:
                self._named[name].append(step)
            if step.origin is not None:
                self._of[id(step.origin)].append(step)
                self._nodes[step.origin.name][id(step.origin)] = step.origin

    def named(self, name: str) -> list[Step]:
        """Return the steps of an element, or with this `doc:name` or path."""
        return self._named.get(name, [])

    def selectors(self, node: Node) -> list[Selector]:
        """Return what selects the steps that a mock, a spy or a count means; nothing if there are none."""
        element, attributes = element_of(node), attributes_of(node)
        meant = [each for each in self._nodes.get(element, {}).values() if _has(each, attributes)]
        found = [step for each in meant for step in self._of[id(each)]]
        stand_ins = [step for step in found if step.name == RAISING and element != RAISING]
        steps = _innermost([step for step in found if step not in stand_ins])
        kept = {name: value for name, value in attributes.items() if name not in OF_EDITORS}
        selectors = [*self._shortest(element, kept, attributes, steps)] if steps else []
        return [*selectors, *(Selector(each.path, {}, is_stand_in=True) for each in stand_ins)]

    def _shortest(
        self, element: str, kept: Mapping[str, Any], attributes: Mapping[str, Any], steps: list[Step]
    ) -> Iterable[Selector]:
        for each in _candidates(element, kept, attributes, steps):
            if {step.path for step in self._selected(each)} == {step.path for step in steps}:
                return [each]
        return [Selector(step.path, {}) for step in steps]

    def _selected(self, selector: Selector) -> Iterator[Step]:
        wanted = selector.with_.items()
        return (step for step in self.named(selector.processor) if all(step.has(*each) for each in wanted))


def _candidates(
    element: str, kept: Mapping[str, Any], attributes: Mapping[str, Any], steps: list[Step]
) -> Iterator[Selector]:
    """Yield what could select some steps, the most telling first."""
    labels = {step.label for step in steps}
    label = labels.pop() if len(labels) == 1 else ""
    if label and any(name in attributes for name in OF_EDITORS):
        yield Selector(label, {})
    yield Selector(element, kept)
    if label:
        yield Selector(element, {LABEL: label})


def _innermost(steps: list[Step]) -> list[Step]:
    """Return the steps that elements became, without the scopes that were put around them."""
    return [step for step in steps if not any(_is_inside(other, step) for other in steps)]


def _is_inside(inner: Step, outer: Step) -> bool:
    return inner.path.startswith(f"{outer.path}/")


def element_of(node: Node) -> str:
    """Return the element that is meant; a flow is met where it is called."""
    element = node.get("processor").strip().removeprefix("mule:")
    return "flow-ref" if element in RUNNABLE_ELEMENTS else element


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


def _steps_of(sections: Mapping[str, Any]) -> Iterator[Step]:
    for section in RUNNABLES:
        for name, part in sections.get(section, {}).items():
            yield from _steps_in(part, name, None)


def _steps_in(value: Any, path: str, origin: Node | None) -> Iterator[Step]:
    """Yield the steps in a value, with paths as the loader has them: the names and numbers on the way."""
    if isinstance(value, Part):
        yield from _steps_in(value.value, path, value.origin or origin)
    elif isinstance(value, dict):
        for name, inner in value.items():
            inside = _row if name == "steps" else _steps_in
            yield from inside(inner, f"{path}/{name}", origin)
    elif isinstance(value, list):
        for number, inner in enumerate(each for each in value if not is_comment(each)):
            yield from _steps_in(inner, f"{path}/{number}", origin)


def _row(steps: Any, path: str, origin: Node | None) -> Iterator[Step]:
    steps = steps.value if isinstance(steps, Part) else steps
    for number, each in enumerate(each for each in steps if not is_comment(each)):
        own = (each.origin or origin) if isinstance(each, Part) else origin
        written = each.value if isinstance(each, Part) else each
        if isinstance(written, dict) and written:
            [(name, params), *_] = written.items()
            yield Step(f"{path}/{number}", name, plain(params), own)
        yield from _steps_in(each, f"{path}/{number}", origin)
