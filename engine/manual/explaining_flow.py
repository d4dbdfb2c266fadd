"""`engine explain flow`: the linker's view of a flow, step by step."""

from __future__ import annotations

from collections.abc import Iterator

from engine.loading.loader import Parts
from engine.parameters.config import Config
from engine.parameters.element import Parameters
from engine.plan.effects import Effects
from engine.plan.inside import members_of
from engine.plan.link import Link
from engine.steps.chain import Chain, Step
from engine.steps.error_handler import OnError
from engine.steps.flow import Flow
from engine.steps.heads import steps_within
from engine.testing.covered.points import errors_by_fate, route_name, split
from engine.testing.covered.ways import Left, Met, Way, Ways
from engine.values.errors import ErrorType
from engine.work.batch import MOST_TOGETHER

INDENT = "  "
MOST_NAMED = 3
"""How many errors of one fate are named."""


def flow_page(parts: Parts, name: str) -> str:
    """Return each step of a flow or sub-flow: whether it waits, what is committed together, who handles its errors."""
    return "\n".join(_Page(parts).lines(name))


class _Page:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._ways = Ways(parts)
        self._link = Link().link(parts.runnables.values())
        self._scopes = {step.location: step for step in steps_within(*parts.runnables.values())}
        self._handlers = {way.taken_by.location: way.taken_by for way in self._ways.all if way.taken_by}

    def lines(self, name: str) -> Iterator[str]:
        runnable = self._parts.runnables[name]
        source = runnable.source if isinstance(runnable, Flow) else None
        started = f", started by {source.starts_at()}" if source else ""
        yield f"{'flow' if isinstance(runnable, Flow) else 'sub-flow'} {name}{started}"
        for way in self._ways.all:
            if way.flow == name and way.step is None:
                yield from self._of_way(way, 1)

    def _of_way(self, way: Way, depth: int) -> Iterator[str]:
        if way.taken_by is not None:
            yield f"{INDENT * depth}{_of_handler(way.taken_by)}"
            depth += 1
        for step in way.chain.steps:
            yield from self._of_step(way, step, depth)

    def _of_step(self, way: Way, step: Step, depth: int) -> Iterator[str]:
        indent = INDENT * depth
        yield f"{indent}{_of_step(step)}: {', '.join(self._told(step))}"
        for fate, errors in errors_by_fate(self._ways, way, step).items():
            ends = sorted({end for each in fate if (end := self._end(each, errors[0]))})
            yield from _listed(f"{indent}{INDENT * 2}{_named(errors)} → ", ends or ["whoever runs it"])
        yield from self._of_routes(step, [each for each in self._ways.all if each.step is step], depth + 1)

    def _of_routes(self, step: Step, ways: list[Way], depth: int) -> Iterator[str]:
        """Yield the lines of the steps inside a step, under the names of its routes if it has several."""
        several = sum(each.taken_by is None for each in ways) > 1
        for each in ways:
            if several and each.taken_by is None:
                yield f"{INDENT * depth}{route_name(each.chain.location or '', step)}:"
            yield from self._of_way(each, depth + (several and each.taken_by is None))

    def _end(self, fate: Met | Left, raised: ErrorType) -> str | None:
        """Name the handler of an error, in a few words; None for a scope that it passes through."""
        if isinstance(fate, Left):
            return f"leaves {fate.flow} with {fate.status}"
        if handler := self._handlers.get(fate.location):
            return _of_handler(handler)
        scope = self._scopes[fate.location]
        return _of_step(scope) if scope.processor.keeps(raised) else None

    def _told(self, step: Step) -> Iterator[str]:
        """Yield the known facts about a call of the step."""
        effects = self._link.step(step).effects
        if effects.waits or effects.acts:
            yield "may wait, and act, for anything"
        elif effects.resources:
            yield f"works with {', '.join(self._names(step, effects))} alone"
        else:
            yield "does not wait"
        yield from self._of_loop(step)

    def _names(self, step: Step, effects: Effects) -> list[str]:
        """Return the configs whose resources the step, or those inside, work with."""
        inside = (each for each in steps_within(step) if self._link.step(each).effects.resources & effects.resources)
        configs = (
            value for each in inside for value in Parameters.members(each.processor) if isinstance(value, Config)
        )
        return list(dict.fromkeys(config.config_name for config in configs))

    def _of_loop(self, step: Step) -> Iterator[str]:
        """Yield whether the statements of several items are committed together, or why not."""
        is_fused = getattr(step.processor, "fuse", None)
        if is_fused is None:
            return
        bodies = [each for each in members_of(step.processor) if isinstance(each, Chain)]
        effects = [self._link.code(each).effects for each in bodies]
        if not any(self._link.step(each).effects.resources for each in steps_within(*bodies)):
            yield "nothing to commit"
        elif not is_fused:
            yield "each statement is committed alone: fuse is false"
        elif any(each.batching for each in effects):
            yield f"statements of up to {MOST_TOGETHER} items are committed together"
        else:
            yield f"each statement is committed alone: {self._hindrance(bodies)}"

    def _hindrance(self, bodies: list[Chain]) -> str:
        """Return the reason in the steps of a loop that keeps their statements from being committed together."""
        for each in self._steps_in(bodies):
            effects = self._link.step(each).effects
            if effects.waits or effects.acts:
                return f"{_of_step(each)} may wait, or act, for anything"
        return "they work with several databases"

    def _steps_in(self, chains: list[Chain]) -> Iterator[Step]:
        """Yield the steps of some chains, those inside others first."""
        for chain in chains:
            for step in chain.steps:
                inner = [each for each in members_of(step.processor) if isinstance(each, Chain)]
                yield from self._steps_in(inner)
                yield step


def _of_step(step: Step) -> str:
    """Return `flows/orders.yaml:14 foreach`."""
    _, file, line = split(step.location)
    return f"{file}:{line} {step.name}"


def _of_handler(handler: OnError) -> str:
    """Return `flows/orders.yaml:34 on-error-continue of DB:CONNECTIVITY`."""
    _, file, line = split(handler.location)
    name = "on-error-continue" if handler.continues else "on-error-propagate"
    condition = " when a condition holds" if handler.when else ""
    return f"{file}:{line} {name} of {', '.join(handler.type.patterns)}{condition}"


def _listed(title: str, ends: list[str]) -> Iterator[str]:
    """Yield the title with the first of its ends, the others beneath it."""
    yield f"{title}{ends[0]}"
    yield from (f"{' ' * len(title)}{each}" for each in ends[1:])


def _named(errors: list[ErrorType]) -> str:
    names = [str(each) for each in errors]
    more = len(names) - MOST_NAMED
    return ", ".join([*names[:MOST_NAMED], *([f"{more} more"] if more > 0 else [])])
