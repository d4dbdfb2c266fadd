"""The selection of steps by a mock, a spy, a fault or a count of calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field
from pydantic_core import core_schema

from engine.expressions.suggestion import did_you_mean
from engine.parameters.config import Config
from engine.parameters.element import Parameters
from engine.parameters.expression import Compiled, Condition, Expression, Template
from engine.parameters.mistake import Mistake, refuse, shown
from engine.parameters.validated import TEXT, Validated
from engine.steps.chain import Step
from engine.testing.expected.matchers import Wanted, WantedPart
from engine.values.errors import FlowError
from engine.values.event import Event

PLAIN = (Template, Expression, Condition)
"""Types that return the value of a parameter itself; other kinds, such as paths, are read again as written."""


class StepName(Validated):
    """A text that keeps its place."""

    word = "text"
    schema = TEXT

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Any:
        if not isinstance(value, str) or not value:
            refuse([Mistake("F303", shown(value), "the name of an element, or the doc:name or path of a step")])
        return value


class Selecting(Parameters):
    """The parameters that select steps."""

    processor: Annotated[str, StepName]
    """The element (`http:request`), the step's doc:name, or its path (`flow/steps/2`)."""

    with_: dict[str, WantedPart] = Field(default_factory=dict, alias="with")
    """The step's parameters with the values, or matchers, that they have in the selected call. Of maps, some entries
    are enough."""

    def selects(self, step: Step) -> bool:
        """Return whether the step may be selected, as far as is known before it runs."""
        if not is_named(step, self.processor):
            return False
        return all(self._may_hold(step, name, wanted) for name, wanted in self.with_.items())

    def _may_hold(self, step: Step, name: str, wanted: Wanted) -> bool:
        parameter = StepParameter.of(step, name)
        return parameter is not None and (parameter.is_computed or wanted.holds(parameter.of_event(Event())))

    def fits(self, step: Step, event: Event) -> bool:
        """Return whether this call of a step that may be selected is selected."""
        return fits(self.with_, step, event)

    def missing(self, steps: Mapping[str, Sequence[Step]]) -> Mistake | None:
        """Return the mistake that no step matches; None if one does. steps: all, `by_name`."""
        place = getattr(self.processor, "place", None)
        named = steps.get(self.processor, ())
        if any(self.selects(step) for step in named):
            return None
        if named:
            found = f"{shown(self.processor)} with {', '.join(self.with_)}, which no step is"
            known = ", ".join(sorted({name for step in named for name in StepParameter.names(step)}))
            return Mistake("F701", found, f"parameters that a step has ({known})", place=place)
        expected = "an element that the flows use, the doc:name of a step, or its path"
        found = f"{shown(self.processor)}, which no step is"
        return Mistake("F701", found, expected, did_you_mean(self.processor, steps), place)


def fits(wanted: Mapping[str, Wanted], step: Step, event: Event) -> bool:
    """Return whether a call of a step has these parameters."""
    return all(_holds(StepParameter.of(step, name), each, event) for name, each in wanted.items())


def _holds(parameter: StepParameter | None, wanted: Wanted, event: Event) -> bool:
    try:
        return parameter is not None and wanted.holds(parameter.of_event(event))
    except FlowError:  # the step itself will raise it
        return False


def shown_call(wanted: Mapping[str, Wanted], step: Step, event: Event) -> dict[str, Any]:
    """Return the parameters of a call that are asked for."""
    parameters = {name: StepParameter.of(step, name) for name in wanted}
    return {name: _value(parameter, event) for name, parameter in parameters.items() if parameter}


def _value(parameter: StepParameter, event: Event) -> Any:
    try:
        return parameter.of_event(event)
    except FlowError as failure:
        return f"the error {failure}"


def is_named(step: Step, name: str) -> bool:
    """Return whether the step is of this element, or has this doc:name or path."""
    return name in names_of(step)


def names_of(step: Step) -> list[str]:
    """Return the names of the step in tests: its element, its doc:name, its path."""
    return [name for name in (step.name, step.processor.doc_name, path_of(step)) if name]


def by_name(steps: Iterable[Step]) -> dict[str, list[Step]]:
    """Return the steps by each of their names."""
    found: dict[str, list[Step]] = {}
    for step in steps:
        for name in dict.fromkeys(names_of(step)):
            found.setdefault(name, []).append(step)
    return found


def path_of(step: Step) -> str:
    """Return `flow/steps/2/try/steps/0`."""
    return step.location.partition(" @ ")[0]


class StepParameter:
    """A parameter of a step, as a call has it: expressions are computed, configs go by their names."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self.is_computed = isinstance(value, Compiled) and not value.is_literal

    def of_event(self, event: Event) -> Any:
        return self._value.evaluate(event) if isinstance(self._value, Compiled) else self._value

    @classmethod
    def of(cls, step: Step, name: str) -> StepParameter | None:
        """Return the parameter of that name; None if the step has none."""
        fields: Mapping[str, Any] = type(step.processor).__pydantic_fields__  # type: ignore[attr-defined]  # pydantic adds it
        attribute = next((own for own, field in fields.items() if name == (field.alias or own)), None)
        if attribute is None:
            return None
        value = getattr(step.processor, attribute)
        if isinstance(value, Config):
            return cls(value.config_name)
        written = step.written.written.get(name, value) if step.written and step.written.written else value
        if type(value) not in PLAIN and written is not value and step.written:
            return cls(Template(written, step.written.reach))
        return cls(value)

    @staticmethod
    def names(step: Step) -> list[str]:
        """Return the parameters that a step is given in its file."""
        written = step.written.written if step.written else None
        return list(written) if isinstance(written, Mapping) else []
