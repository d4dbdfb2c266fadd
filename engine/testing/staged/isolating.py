"""The parts of the world that a test's flows reach, and the report on calls that are kept from it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import yaml

from engine.expressions.suggestion import did_you_mean
from engine.loading.explain import place_of
from engine.loading.files.data import Sequence
from engine.loading.loader import Parts
from engine.loading.properties import variable_of
from engine.parameters.config import Config
from engine.parameters.element import Parameters
from engine.parameters.mistake import Mistake, shown
from engine.plan.code import Run
from engine.plan.link import Around
from engine.steps.chain import Step
from engine.testing.expected.outcome import Mismatch
from engine.testing.expected.selecting import Selecting, StepParameter, is_named, names_of, shown_call
from engine.testing.expected.showing import in_line
from engine.values.errors import FlowError
from engine.values.event import Event
from engine.work.isolation import Isolation

LONGEST = 60
"""Characters of a parameter that a proposed mock has."""

MOST = 3
"""How many parameters it has."""

QUOTED_NAME = re.compile(r"'(\w+:[\w-]+)'")
"""`'http:request'`, which needs no quotes."""

INWARD = frozenset({"target", "targetValue", "doc:name", "body"})
"""Parameters that say nothing about the request, or are not worth comparing."""


def isolation_of(
    real: Iterable[str] = (), environment: bool | Iterable[str] = False, databases: Iterable[str] = ()
) -> Isolation:
    """Return the isolation of an application under test.

    real: configs and steps that are not kept from the world. environment: the variables that its
    placeholders see, or true for all. databases: servers on which it may make databases of its own.
    """
    seen = os.environ if environment is True else _variables(environment or ())
    return Isolation(frozenset(real), seen, tuple(databases))


def _variables(names: Iterable[str]) -> Mapping[str, str]:
    """Return the environment variables of these names, or of the properties that they stand for."""
    wanted = {each for name in names for each in (name, variable_of(name))}
    return {name: value for name, value in os.environ.items() if name in wanted}


def inner_parts(parts: Parts, steps: Iterable[Step], isolation: Isolation, *, is_offline: bool = False) -> Parts:
    """Return the parts with the configs that a test starts. is_offline: whether it starts none."""
    real = {config.config_name for step in steps if _is_real(step, isolation) for config in _configs(step)}
    real |= isolation.real
    configs = {name: each for name, each in parts.configs.items() if name in real or not each.reaches_outside}
    return replace(parts, configs={} if is_offline else configs)


def boundary(isolation: Isolation, *, is_offline: bool = False) -> Around:
    """Keep the steps from the outside.

    is_offline: whether access to the application's own data, such as stores, is refused too.
    """

    def around(step: Step, run: Run) -> Run:
        if _is_real(step, isolation):
            return _opened(isolation, run)
        is_refused = step.processor.reaches_outside or (is_offline and step.processor.is_outward)
        return _refused(isolation, step, run) if is_refused else run

    return around


def _is_real(step: Step, isolation: Isolation) -> bool:
    return not isolation.real.isdisjoint(_names(step))


def _opened(isolation: Isolation, run: Run) -> Run:
    async def opened(event: Event) -> Event:
        with isolation.opened():
            return await run(event)

    return opened


def _refused(isolation: Isolation, step: Step, run: Run) -> Run:
    async def refused(event: Event) -> Event:
        isolation.keep_from(f"this call of {step.name}")
        return await run(event)  # a scope around it is real

    return refused


def _names(step: Step) -> Iterator[str]:
    """Yield the names of the step under `real`."""
    yield from names_of(step)
    yield from (config.config_name for config in _configs(step))


def _configs(step: Step) -> list[Config]:
    values = Parameters.members(step.processor)
    return [value for value in values if isinstance(value, Config) and value.config_name]


def unknown_names(real: Any, configs: Iterable[str], steps: Iterable[Step]) -> Iterator[Mistake]:
    """Yield the mistakes of names under `real` that match neither a config nor a step."""
    known = {*configs, *(name for step in steps for name in _names(step))}
    for name in real if isinstance(real, Sequence) else ():
        if name not in known:
            found, expected = f"{shown(name)} under 'real'", "the name of a config, or of a step as mocks name it"
            yield Mistake("F701", found, expected, did_you_mean(str(name), known), place_of(name))


def crossings(isolation: Isolation | None, steps: Iterable[Step], mocks: Iterable[Selecting] = ()) -> list[Mismatch]:
    """Return the calls that were refused, each once, with mocks that answer them; forget them.

    mocks: those that could have answered, if they had matched.
    """
    if isolation is None or not isolation.crossings:
        return []
    by_location = {step.location: step for step in steps}
    refused = {(str(each.description), each.failing_component): each for each in isolation.crossings}
    isolation.crossings.clear()
    return [_mismatch(each, by_location.get(each.failing_component or ""), list(mocks)) for each in refused.values()]


def _mismatch(failure: FlowError, step: Step | None, mocks: list[Selecting]) -> Mismatch:
    where = f", {failure.failing_component}" if failure.failing_component else ""
    told = [*_unfit(failure, step, mocks), *_remedies(step)] if step else ["write: real: [NAME] to let it out"]
    note = "\n".join(f"  {line}" for line in told)
    return Mismatch(f"{failure.description}{where}", "a mock", "none", note=note)


def _unfit(failure: FlowError, step: Step, mocks: list[Selecting]) -> Iterator[str]:
    """Yield why the mocks of the step did not answer the call."""
    for mock in mocks:
        if mock.with_ and is_named(step, mock.processor) and failure.event is not None:
            wanted = {name: each.written for name, each in mock.with_.items()}
            found = shown_call(mock.with_, step, failure.event)
            yield f"the mock with {in_line(wanted)} does not fit: the call has {in_line(found)}"


def _remedies(step: Step) -> Iterator[str]:
    yield f"write: {proposed_mock(step)}"
    for config in _configs(step):
        if config.stand_in_hint:
            yield f"or:    {config.stand_in_hint}"
    name = next((config.config_name for config in _configs(step)), step.processor.doc_name or step.name)
    yield f"or:    {_in_line({'real': [name]})} to let it out"


def proposed_mock(step: Step) -> str:
    """Return a mock for the step, in the form of a test file: with the parameters that tell it from others."""
    mock: dict[str, Any] = {"processor": step.processor.doc_name or step.name}
    known = {} if step.processor.doc_name else dict(_literals(step))
    if known:
        mock["with"] = known
    assigned = [name.removeprefix("vars.") for name in step.processor.assigns() if name.startswith("vars.")]
    target = getattr(step.processor, "target", None)
    mock["return"] = {"vars": {assigned[0]: {}}} if assigned and target is None else {"payload": {}}
    return _in_line({"mock": [mock]})


def _literals(step: Step) -> list[tuple[str, str]]:
    """Return the short texts among the parameters that are known before it runs."""
    found = []
    for name in StepParameter.names(step):
        parameter = None if name in INWARD else StepParameter.of(step, name)
        value = None if parameter is None or parameter.is_computed else parameter.of_event(Event())
        if isinstance(value, str) and len(value) <= LONGEST and value.isprintable():
            found.append((name, str(value)))
    telling = [each for each in found if each[0] != "config-ref"]
    return (telling or found)[:MOST]


def _in_line(value: Any) -> str:
    """Return a map in the form of a test file, without its outer braces."""
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=float("inf"), allow_unicode=True)
    return QUOTED_NAME.sub(r"\1", text.strip()[1:-1])
