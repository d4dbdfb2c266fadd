"""Has the elements of an application take what they count with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.loading.diagnostic import Diagnostic, LoadError
from engine.loading.files.place import Place
from engine.loading.loader import Parts
from engine.parameters.element import Element
from engine.parameters.mistake import Mistake
from engine.plan.inside import reachable
from engine.steps.chain import Step
from engine.steps.element_meter import place_of
from engine.steps.flow import Flow
from engine.work.measures import Measures, Misnamed, Taken

OF_THE_ENGINE = (
    "engine_flow_", "engine_source_", "engine_element_", "engine_event_loop_", "engine_stall", "engine_info",
    "http_server_", "process_", "python_",
)  # fmt: skip
"""How the names begin under which no element measures anything: the engine does, once the flows are linked."""


def measure(parts: Parts) -> None:
    """Have all elements take slots for what they count, in the place of those of elements before a reload.

    Raises LoadError with the elements whose measures have names that cannot be.
    """
    measures = parts.runtime.measures
    measures.is_on = True
    mistakes = []
    for element, label in _labelled(parts):
        if type(element).measure == Element.measure:
            continue
        try:
            _measure(element, measures, label)
        except Misnamed as error:
            mistakes.append(_diagnostic(error, element, parts.places[id(element)]))
    if mistakes:
        raise LoadError(mistakes)


def _measure(element: Element, measures: Measures, label: str) -> None:
    known = {family.name for family in measures}
    element.measure(measures, label)
    for family in measures:
        if family.name not in known and family.name.startswith(OF_THE_ENGINE) and not isinstance(element, Flow):
            raise Taken(family.name, "the engine's own")


def _labelled(parts: Parts) -> Iterator[tuple[Element, str]]:
    """Yield the elements, each with the value of the label that names it."""
    for name, config in parts.configs.items():
        yield config, name
    for part in reachable(*parts.runnables.values()):
        if isinstance(part, Step):
            yield part.processor, place_of(part)
    for flow in parts.flows.values():
        yield flow, flow.name
        if flow.source is not None:
            yield flow.source, flow.name


def _diagnostic(error: Misnamed, element: Element, place: Place) -> Diagnostic:
    package = type(element).__module__.partition(".")[0]
    write = f"{package}_… in the element's `measure`" if isinstance(error, Taken) else ""
    lines = Path(place.file).read_text(encoding="utf-8").split("\n")
    return Diagnostic(Mistake("F112", error.found, error.expected, write, place), place, lines[place.line - 1])
