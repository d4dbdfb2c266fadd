"""What steps act on, with all inside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.parameters.config import Config
from engine.parameters.element import Element, Parameters
from engine.parameters.validated import Validated
from engine.steps.chain import Chain
from engine.steps.error_handler import ErrorHandler
from engine.steps.flow_link import FlowLink
from engine.steps.processor import Processor, Source

ANYTHING = None
"""The resources of what may wait, or act on who knows what."""


def acting_on(*values: Any) -> frozenset[Any] | None:
    """The resources that steps, with all inside them, act on, where they do nothing else and never wait."""
    try:
        return _acting_on(values, {None: ANYTHING})
    except RecursionError:  # steps that lie so deep still run: they need less of the stack
        return ANYTHING


def _acting_on(value: Any, flows: dict[Any, frozenset[Any] | None]) -> frozenset[Any] | None:
    """flows: what those that were looked at act on."""
    if isinstance(value, Processor) and not value.tells_what_it_acts_on():
        return ANYTHING
    if isinstance(value, Element):
        resources = value.acts_on()
        return ANYTHING if resources is ANYTHING else _union([resources, *_parts(value, flows)])
    if isinstance(value, FlowLink):
        target = value.static_target()
        if target not in flows:
            flows[target] = ANYTHING  # while it is looked at: one that leads to itself may do anything
            flows[target] = _acting_on(target, flows)
        return flows[target]
    if isinstance(value, Chain):
        return _union(ANYTHING if step.is_wrapped else _acting_on(step.processor, flows) for step in value.steps)
    if isinstance(value, ErrorHandler):
        return _acting_on(value.handlers, flows)
    if isinstance(value, Parameters):
        return _union(_parts(value, flows))
    if isinstance(value, (list, tuple)):
        return _union(_acting_on(each, flows) for each in value)
    if isinstance(value, Mapping):
        return _union(_acting_on(each, flows) for each in value.values())
    return ANYTHING if isinstance(value, Validated) and value.acts else frozenset()


def _parts(value: Parameters, flows: dict[Any, frozenset[Any] | None]) -> Iterable[frozenset[Any] | None]:
    """What each of the parameters acts on; what is named and not run acts on nothing."""
    parameters = value.__pydantic_fields__  # type: ignore[attr-defined]  # pydantic adds it
    values = (getattr(value, name) for name in parameters)
    return (_acting_on(each, flows) for each in values if not isinstance(each, (Config, Source)))


def _union(several: Iterable[frozenset[Any] | None]) -> frozenset[Any] | None:
    resources: frozenset[Any] = frozenset()
    for each in several:
        if each is ANYTHING:
            return ANYTHING
        resources |= each
    return resources
