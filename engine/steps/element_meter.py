"""Measures each element: an observer, for those who ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from time import perf_counter
from typing import Any, NamedTuple

from engine.plan.observer import Node
from engine.steps.chain import Step
from engine.steps.error_handler import OnError
from engine.steps.flow import Flow
from engine.values.errors import FlowError
from engine.values.event import Event
from engine.work.measures import Histogram, Measures, Tally

CANCELLED = "cancelled"
"""The type of the error of an event that a timeout, or the end of its flow, took out of an element."""


class Slots(NamedTuple):
    """How long events took in an element, and the errors that left it. node: keeps the `id` of the node its own."""

    duration: Histogram
    errors: Tally
    node: Node


Entered = tuple[int, float, Any]
"""The `id` of a node, when an event entered it, and the same of the node around it; routes that run at the same time
have the same beginning, and go on from there apart."""

_entered: ContextVar[Entered | None] = ContextVar("entered", default=None)


class ElementMeter:
    """Counts and times the events of steps, handlers and flows, those that no source starts, too.

    A step of a batch that is repeated counts again.
    """

    def __init__(self, measures: Measures, nodes: Iterable[Node]) -> None:
        """nodes: all that events may reach."""
        self._slots = {id(node): _slots(measures, node) for node in nodes if isinstance(node, (Step, OnError, Flow))}

    def entered(self, node: Node, event: Event) -> None:
        if id(node) in self._slots:
            _entered.set((id(node), perf_counter(), _entered.get()))

    def left(self, node: Node, event: Event, failure: BaseException | None) -> None:
        slots, found = self._slots.get(id(node)), _entered.get()
        while found is not None and found[0] != id(node):  # left without a word: the work was given up
            found = found[2]
        if slots is None or found is None:
            return
        _entered.set(found[2])
        slots.duration.observe(perf_counter() - found[1])
        if failure is not None:
            slots.errors.add(failure.type if isinstance(failure, FlowError) else CANCELLED)


def _slots(measures: Measures, node: Step | OnError | Flow) -> Slots:
    element, place = name_of(node), place_of(node)
    text = "Time of events in an element, with all that is inside"
    duration = measures.histogram("engine_element_duration_seconds", text, place=place, element=element)
    text = "Events that left an element with an error, by its type"
    errors = measures.tally("engine_element_errors_total", text, "type", place=place, element=element)
    return Slots(duration, errors, node)


def name_of(node: Step | OnError | Flow) -> str:
    """Return the name of a node's element."""
    if isinstance(node, Step):
        return node.name
    return "flow" if isinstance(node, Flow) else "on-error-continue" if node.continues else "on-error-propagate"


def place_of(node: Step | OnError | Flow) -> str:
    """Return the label that tells a node from others: its `doc:name`, otherwise its place in its flow."""
    if isinstance(node, Flow):
        return node.name
    return (node.processor.doc_name if isinstance(node, Step) else node.doc_name) or node.location.partition(" @ ")[0]
