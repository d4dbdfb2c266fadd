"""`engine explain flow`: what the linker made of a flow, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.loading.loader import Parts
from engine.parameters.config import Config
from engine.plan.code import Code
from engine.plan.effects import Effects
from engine.plan.inside import held_by
from engine.plan.link import Link
from engine.steps.chain import Chain, Step
from engine.steps.flow import Flow
from engine.testing.points import errors_by_fate, operation_errors, split
from engine.testing.ways import Left, Met, Way, Ways
from engine.values.errors import ErrorType

MOST_NAMED = 3
"""How many errors of one fate are named."""


def flow_page(parts: Parts, name: str) -> str:
    """Each step of a flow or sub-flow: whether it waits, what is committed together, who handles its errors."""
    return "\n".join(_Page(parts).lines(name))


class _Page:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._ways = Ways(parts)
        self._link = Link().link(parts.runnables.values())

    def lines(self, name: str) -> Iterator[str]:
        runnable = self._parts.runnables[name]
        kind = "flow" if isinstance(runnable, Flow) else "sub-flow"
        started = f", starts at {runnable.source.starts_at()}" if isinstance(runnable, Flow) and runnable.source else ""
        yield f"{kind} {name}{started}"
        for way in self._ways.all:
            if way.flow == name and way.step is None:
                yield from self._of_way(way, 1)

    def _of_way(self, way: Way, depth: int) -> Iterator[str]:
        if way.taken_by is not None:
            yield f"{'  ' * depth}{_place(way.taken_by.location)}, a handler"
            depth += 1
        for step in way.chain.steps:
            yield from self._of_step(way, step, depth)

    def _of_step(self, way: Way, step: Step, depth: int) -> Iterator[str]:
        code, indent = self._link.step(step), "  " * depth
        yield f"{indent}{_place(step.location)}: {self._told(step, code)}"
        for fate, errors in errors_by_fate(self._ways, way, step).items():
            yield f"{indent}    {_named(errors)}: {', '.join(sorted(map(_of_fate, fate))) or 'nobody handles it'}"
        for inner in self._ways.all:
            if inner.step is step and inner.outer is way:
                yield from self._of_way(inner, depth + 1)

    def _told(self, step: Step, code: Code) -> str:
        """What is known of a call of the step."""
        told = "does not wait" if code.plain is not None and not code.effects.resources else "may wait"
        if code.effects.resources and not code.effects.waits:
            told = f"waits for {_names(step)} alone"
        return ", ".join([told, *self._of_loop(step)])

    def _of_loop(self, step: Step) -> Iterator[str]:
        """Whether the statements of several items are committed together, or why not."""
        is_fused = getattr(step.processor, "fuse", None)
        if is_fused is None:
            return
        bodies = [each for each in held_by(step.processor) if isinstance(each, Chain)]
        effects = [self._link.code(each).effects for each in bodies]
        if not any(each.resources for each in effects):
            yield "nothing to commit"
        elif not is_fused:
            yield "each statement is committed alone: fuse is false"
        elif any(each.batching for each in effects):
            yield "statements of up to 256 items are committed together"
        else:
            yield f"each statement is committed alone: {self._hindrance(bodies)}"

    def _hindrance(self, bodies: list[Chain]) -> str:
        """What in the steps of a loop keeps their statements from being committed together."""
        for each in self._steps_in(bodies):
            effects = self._link.step(each).effects
            if effects.waits or effects.acts:
                return f"{_place(each.location)} {_why(effects)}"
        return "they work with several databases"

    def _steps_in(self, chains: list[Chain]) -> Iterator[Step]:
        """The steps of loops that are no scopes, the innermost that say it best."""
        for chain in chains:
            for step in chain.steps:
                inner = [each for each in held_by(step.processor) if isinstance(each, Chain)]
                yield from self._steps_in(inner)
                yield step


def _why(effects: Effects) -> str:
    return "may wait, and act, for something else" if effects.waits and effects.acts else "may wait for something else"


def _place(location: str) -> str:
    """`foreach at flows/orders.yaml:14`."""
    path, file, line = split(location)
    return f"{path} at {file}:{line}"


def _names(step: Step) -> str:
    names = [each.config_name for each in vars(step.processor).values() if isinstance(each, Config)]
    return ", ".join(names) or "its resource"


def _named(errors: list[ErrorType]) -> str:
    names = [str(each) for each in errors]
    more = len(names) - MOST_NAMED
    return ", ".join([*names[:MOST_NAMED], *([f"{more} more"] if more > 0 else [])])


def _of_fate(fate: Any) -> str:
    if isinstance(fate, Left):
        return f"leaves {fate.flow} with {fate.status}"
    assert isinstance(fate, Met)
    return _place(fate.location)
