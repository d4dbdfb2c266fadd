"""The first steps of a flow, which determine the caller."""

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
    """The steps of a flow that determine the caller.

    gates: the authentication steps at its start. checks: runs the steps directly after them that act on
    nothing outside of their event, such as validations. others: authentication steps that an event may
    reach elsewhere.
    """

    gates: tuple[Authentication, ...]
    checks: Run
    others: tuple[Step, ...]


def head_of(flow: Flow) -> Head:
    """Return the head of a flow, as far as it is known before the flow runs."""
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
    """Iterate over the steps within reach that determine the caller."""
    return (step for step in steps_within(*starts) if isinstance(step.processor, Authentication))


def steps_within(*starts: Any) -> Iterator[Step]:
    """Iterate over the steps that an event may reach from flows, chains and elements, in the order of the files."""
    return (each for each in reachable(*starts) if isinstance(each, Step))
