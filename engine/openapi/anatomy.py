"""What stands inside elements: steps, handlers, other flows, expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from engine.core.chain import Chain
from engine.core.element import Element, Parameters
from engine.core.error_handler import ErrorHandler
from engine.core.expression import Compiled
from engine.core.flow_link import FlowLink
from engine.core.nesting import Runnable
from engine.core.processor import Processor
from engine.expressions.parser import Node


class Inner(NamedTuple):
    """Steps inside a step: a chain, or what a flow-ref leads to, None where that is known at run only."""

    steps: Runnable | None
    handler: ErrorHandler | None = None


def inner_steps(holder: Parameters) -> list[Inner]:
    """The steps that a scope or a router may run itself."""
    values = [value for name, value in vars(holder).items() if not name.startswith("_")]
    handler = next((value for value in values if isinstance(value, ErrorHandler)), None)
    return [Inner(each.steps, each.handler or handler) for value in values for each in _inner(value)]


def _inner(value: Any) -> Iterator[Inner]:
    if isinstance(value, Chain):
        yield Inner(value)
    elif isinstance(value, FlowLink):
        yield Inner(value.static_target())
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _inner(each)
    elif isinstance(value, Parameters) and not isinstance(value, Element):
        yield from inner_steps(value)


def trees(element: Parameters) -> Iterator[Node]:
    """The syntax trees of the expressions that an element holds itself."""
    if isinstance(element, Processor):
        yield from element.assigns().values()
    for name, value in vars(element).items():
        if not name.startswith("_"):
            yield from _trees(value)


def _trees(value: Any) -> Iterator[Node]:
    if isinstance(value, Compiled):
        yield value.tree
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _trees(each)
    elif isinstance(value, Mapping):
        yield from _trees(list(value.values()))
    elif isinstance(value, Parameters) and not isinstance(value, Element):
        yield from trees(value)


def nodes(tree: Node) -> Iterator[Node]:
    """A syntax tree's nodes; the pairs of a map are none."""
    if "type" in tree:
        yield tree
    for _, bound in tree.get("bindings", ()):
        yield from nodes(bound)
    for child in tree["children"]:
        yield from nodes(child)


def computes(element: Parameters) -> bool:
    """Whether an element has an expression that could fail."""
    return any(node["type"] == "leaf" for tree in trees(element) for node in nodes(tree))
