"""What a flow begins with, and how it finds out who calls."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Any, NamedTuple

from engine.plan.code import Run
from engine.plan.inside import reachable
from engine.plan.link import Link
from engine.steps.authentication import Authentication
from engine.steps.chain import Step
from engine.steps.flow import Flow


class Head(NamedTuple):
    """How a flow finds out who calls.

    gates: the authentication steps that it begins with. checks: runs the steps right behind them that act
    on nothing outside of their event, such as validations. others: authentication steps that an event
    may come to elsewhere.
    """

    gates: tuple[Authentication, ...]
    checks: Run
    others: tuple[Step, ...]


def head_of(flow: Flow) -> Head:
    """The head of a flow, as far as it is known before it runs."""
    gates: list[Authentication] = []
    for step in flow.steps.steps:
        if not isinstance(step.processor, Authentication):
            break
        gates.append(step.processor)
    behind, link = flow.steps.steps[len(gates) :], Link()
    checks = link.row(list(takewhile(lambda step: link.step(step).effects.is_pure, behind))).awaited
    others = (step for step in authentications(flow) if step.processor not in gates)
    return Head(tuple(gates), checks, tuple(others))


def authentications(*starts: Any) -> Iterator[Step]:
    """The steps among those within reach that find out who calls."""
    return (step for step in steps_within(*starts) if isinstance(step.processor, Authentication))


def steps_within(*starts: Any) -> Iterator[Step]:
    """Each step that an event may come to from flows, chains and elements, in the order of the files."""
    return (each for each in reachable(*starts) if isinstance(each, Step))
