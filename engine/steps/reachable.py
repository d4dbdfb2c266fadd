"""What an event may come to: the steps inside steps, behind flow-refs and in error handlers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any, NamedTuple

from engine.parameters.amounts import Broken
from engine.parameters.config import Config
from engine.parameters.element import Parameters
from engine.steps.acting import acting_on
from engine.steps.authentication import Authentication
from engine.steps.chain import Chain, Step
from engine.steps.error_handler import ErrorHandler
from engine.steps.flow import Flow
from engine.steps.flow_link import FlowLink
from engine.steps.processor import Processor, Source


def reachable(*starts: Any) -> Iterator[Step]:
    """Each step that an event may come to from flows, chains and elements, in the order of the files.

    What only a run shows is left out: the flow of a flow-ref whose name is an expression, and of lookup().
    """
    seen: set[int] = set()
    waiting = list(reversed(starts))
    while waiting:
        value = waiting.pop()
        if isinstance(value, Step):
            yield value
            value = value.processor
        if id(value) not in seen:
            seen.add(id(value))
            waiting += reversed(_inside(value))


def _inside(value: Any) -> list[Any]:
    if isinstance(value, Chain):
        return list(value.steps)
    if isinstance(value, FlowLink):
        return [value.static_target()]
    if isinstance(value, ErrorHandler):
        return list(value.handlers)
    if isinstance(value, Parameters) and not isinstance(value, (Config, Source)):
        return _of_parameters(value)
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, (list, tuple)) else []


def _of_parameters(value: Parameters) -> list[Any]:
    parameters = [getattr(value, name) for name in value.__pydantic_fields__]  # type: ignore[attr-defined]  # pydantic adds it
    is_whole = not any(isinstance(each, Broken) for each in parameters)
    return [*parameters, *(value.leads_to() if isinstance(value, Processor) and is_whole else ())]


class Head(NamedTuple):
    """How a flow finds out who calls.

    gates: the authentication steps that it begins with. checks: the steps right behind them that act
    on nothing outside of their event, such as validations. others: authentication steps that an event
    may come to elsewhere.
    """

    gates: tuple[Authentication, ...]
    checks: Chain
    others: tuple[Step, ...]


def head_of(flow: Flow) -> Head:
    """The head of a flow, as far as it is known before it runs."""
    gates: list[Authentication] = []
    for step in flow.steps.steps:
        if not isinstance(step.processor, Authentication):
            break
        gates.append(step.processor)
    behind = (step.processor for step in flow.steps.steps[len(gates) :])
    checks = Chain(tuple(takewhile(lambda each: acting_on(each) == frozenset(), behind)))
    others = (step for step in authentications(flow) if step.processor not in gates)
    return Head(tuple(gates), checks, tuple(others))


def authentications(*starts: Any) -> Iterator[Step]:
    """The steps among those within reach that find out who calls."""
    return (step for step in reachable(*starts) if isinstance(step.processor, Authentication))
