"""A reload: what is different, and which element goes on with the state of which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.loading.definitions import is_same
from engine.loading.loader import Parts
from engine.parameters.config import Config
from engine.parameters.element import Element, Parameters
from engine.parameters.expression import Compiled
from engine.parameters.python_function import PythonFunction
from engine.plan.inside import own_parts, reachable
from engine.steps.chain import Step
from engine.steps.flow_link import FlowLink


@dataclass(frozen=True)
class Changes:
    """What a reload has changed, by name. Flows include sub-flows and named error handlers.

    configs_kept: those whose definition is the same; they and their connections live on. configs_started: new ones,
    and those that are defined in another way, which were then stopped, too. modules: Python modules that were imported
    anew.
    """

    flows_added: tuple[str, ...] = ()
    flows_removed: tuple[str, ...] = ()
    flows_changed: tuple[str, ...] = ()
    configs_kept: tuple[str, ...] = ()
    configs_started: tuple[str, ...] = ()
    configs_stopped: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()

    @classmethod
    def between(cls, former: Parts, parts: Parts, modules: Iterable[str] = ()) -> Changes:
        before, after = former.definitions.flows, parts.definitions.flows
        opened, kept = former.configs, set(_kept(former, parts))
        return cls(
            tuple(name for name in after if name not in before),
            tuple(name for name in before if name not in after),
            tuple(name for name in after if name in before and not after[name].is_same(before[name])),
            tuple(name for name in parts.configs if name in kept),
            tuple(name for name in parts.configs if name not in kept),
            tuple(name for name in opened if name not in kept),
            tuple(modules),
        )

    @property
    def has_other_flows(self) -> bool:
        return bool(self.flows_added or self.flows_removed or self.flows_changed)

    def as_json(self) -> dict[str, dict[str, list[str]]]:
        """Return `{flows: {added, removed, changed}, configs: {kept, started, stopped}, modules: {imported}}`."""
        flows = {"added": self.flows_added, "removed": self.flows_removed, "changed": self.flows_changed}
        configs = {"kept": self.configs_kept, "started": self.configs_started, "stopped": self.configs_stopped}
        told = {"flows": flows, "configs": configs, "modules": {"imported": self.modules}}
        return {what: {how: list(names) for how, names in each.items()} for what, each in told.items()}

    def __str__(self) -> str:
        told = {
            "flows added": self.flows_added,
            "flows changed": self.flows_changed,
            "flows removed": self.flows_removed,
            "configs started": self.configs_started,
            "configs stopped": self.configs_stopped,
            "modules imported anew": self.modules,
        }
        parts = [f"{what}: {', '.join(names)}" for what, names in told.items() if names]
        kept = f"configs kept: {len(self.configs_kept)}"
        return "; ".join([*(parts or ["nothing is written in another way"]), kept])


class Pair(NamedTuple):
    """An element, and the one in whose place it is."""

    former: Element
    element: Element
    is_unchanged: bool


class Succession:
    """One application takes the place of another.

    The state of configs goes on from the start of the new ones, that of flows, sources and steps when the new
    application begins to make events. `undo` gives back what was handed over. It is made beside the event loop: to
    compare large applications takes a while.
    """

    def __init__(self, former: Parts, parts: Parts, modules: Iterable[str] = ()) -> None:
        self.parts = parts
        self.changes = Changes.between(former, parts, modules)
        self._former = former
        self._kept = self.changes.configs_kept
        self._configs = list(_pairs_of_configs(former, parts, leaving_out=self._kept))
        is_whole = not self.changes.has_other_flows and _has_same_properties(former, parts)
        self._flows = list(_pairs_of_flows(former, parts, is_whole=is_whole))
        self._done: list[Pair] = []
        self._is_moved = False

    def hand_over_configs(self) -> None:
        self._hand_over(self._configs)

    def hand_over_flows(self) -> None:
        """Hand over what flows, their sources and their steps have, and move the configs that are kept."""
        self._move(self._former, self.parts)
        self._is_moved = True
        self._hand_over(self._flows)

    def _hand_over(self, pairs: Iterable[Pair]) -> None:
        for pair in pairs:
            self._done.append(pair)
            pair.element.take_over(pair.former, is_unchanged=pair.is_unchanged)

    def _move(self, former: Parts, parts: Parts) -> None:
        parts.runtime.go_on_from(former.runtime)
        for name in self._kept:
            parts.configs[name].live_in(parts.runtime)

    def undo(self) -> None:
        for pair in reversed(self._done):
            pair.former.take_over(pair.element, is_unchanged=pair.is_unchanged)
        self._done.clear()
        if self._is_moved:
            self._move(self.parts, self._former)


def _kept(former: Parts, parts: Parts) -> Iterator[str]:
    """Yield the names of the configs that both have."""
    return (name for name, config in parts.configs.items() if former.configs.get(name) is config)


def _pairs_of_configs(former: Parts, parts: Parts, leaving_out: Iterable[str]) -> Iterator[Pair]:
    for name, config in parts.configs.items():
        if name not in leaving_out and type(former.configs.get(name)) is type(config):
            yield Pair(former.configs[name], config, is_unchanged=False)


def _pairs_of_flows(former: Parts, parts: Parts, *, is_whole: bool) -> Iterator[Pair]:
    """Yield the flows of the same name, their sources, and the steps that have a state."""
    for name, flow in parts.flows.items():
        if name not in former.flows:
            continue
        before = former.flows[name]
        own, other = parts.definitions.flows.get(name), former.definitions.flows.get(name)
        is_same = own is not None and own.is_same(other) and _reach_the_same(before, flow, is_whole=is_whole)
        yield Pair(before, flow, is_same)
        if flow.source is not None and type(before.source) is type(flow.source):
            yield Pair(before.source, flow.source, is_same)
    yield from _pairs_of_steps(former, parts, is_whole=is_whole)


def _pairs_of_steps(former: Parts, parts: Parts, *, is_whole: bool) -> Iterator[Pair]:
    """Yield the steps that have a state, each with the one in whose place it is.

    That is one of the same flow that is written the same; of the others, if there are as many as before, the one that
    comes in the same order.
    """
    before, after = _stateful(former), _stateful(parts)
    is_like_before = _has_same_properties(former, parts)
    for key, steps in after.items():
        others = list(before.get(key, ()))
        left = []
        for step in steps:
            found = next((each for each in others if _is_written_the_same(each, step)), None)
            if found is None:
                left.append(step)
                continue
            others.remove(found)
            is_same = is_like_before and _reach_the_same(found.processor, step.processor, is_whole=is_whole)
            yield Pair(found.processor, step.processor, is_same)
        if len(left) == len(others):
            yield from (Pair(one.processor, step.processor, False) for one, step in zip(others, left, strict=True))


def _stateful(parts: Parts) -> Mapping[tuple[str, type[Element]], list[Step]]:
    """Return the steps that take over a state, by the flow in which they stand, and by their class."""
    found: dict[tuple[str, type[Element]], list[Step]] = defaultdict(list)
    for each in reachable(*parts.runnables.values()):
        if isinstance(each, Step) and type(each.processor).take_over is not Element.take_over:
            found[each.location.partition("/")[0], type(each.processor)].append(each)
    return found


def _is_written_the_same(former: Step, step: Step) -> bool:
    return bool(former.written and step.written and is_same(former.written.written, step.written.written))


def _has_same_properties(former: Parts, parts: Parts) -> bool:
    return former.definitions.properties == parts.definitions.properties


def _reach_the_same(former: Element, element: Element, *, is_whole: bool) -> bool:
    """Return whether an event that comes there meets the same steps, in other flows, too, and the same configs.

    is_whole: whether all flows are the same: the flows that are named by an expression are not known.
    """
    before, after = list(reachable(former)), list(reachable(element))
    if len(before) != len(after) or not (is_whole or all(map(_is_foreseeable, after))):
        return False
    return all(map(_is_same_part, before, after))


def _is_foreseeable(part: Any) -> bool:
    if isinstance(part, FlowLink):
        return part.static_name is not None
    return not (isinstance(part, Parameters) and any(_acts(each) for each in own_parts(part)))


def _acts(part: Any) -> bool:
    return isinstance(part, Compiled) and part.acts


def _is_same_part(former: Any, part: Any) -> bool:
    if type(former) is not type(part):
        return False
    if isinstance(part, Step):
        return _is_written_the_same(former, part)
    return not isinstance(part, Parameters) or _named_by(former) == _named_by(part)


def _named_by(element: Parameters) -> list[Any]:
    """Return the configs and Python functions that an element names."""
    return [
        value.call if isinstance(value, PythonFunction) else value
        for value in Parameters.members(element)
        if isinstance(value, (Config, PythonFunction))
    ]
