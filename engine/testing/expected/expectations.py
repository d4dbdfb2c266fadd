"""`expect`: expressions on the left, their expected values on the right."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, NamedTuple, Self

from pydantic import Field
from pydantic_core import core_schema

from engine.loading.files.data import Map, Sequence
from engine.loading.files.place import Place
from engine.parameters.expression import Expression
from engine.parameters.loading import Loading, loading_of
from engine.parameters.mistake import Mistake, built, refuse, shown
from engine.parameters.reader import Reach
from engine.parameters.text import Text
from engine.parameters.validated import Validated, held, typed
from engine.plan.observer import Node, Observer
from engine.steps.chain import Step
from engine.testing.expected.matchers import Wanted
from engine.testing.expected.outcome import LEFT_ROOTS, Mismatch, Outcome
from engine.testing.expected.selecting import Selecting, is_named, shown_call
from engine.testing.expected.showing import in_line
from engine.values.errors import FlowError
from engine.values.event import Event

CALLS = "calls"
MOST_SEEN = 10
"""How many calls are shown if others were expected."""

Call = tuple[Step, Event]
AT_LEAST_ONCE = Wanted({"$gte": 1})


class Calls(Selecting):
    """How often some steps are called."""

    times: Annotated[Wanted, Field(validate_default=False)] = AT_LEAST_ONCE
    """The number of calls, or a matcher; at least one, if left out."""

    def observer(self, meet: Callable[[Selecting], None], seen: list[Call]) -> Observer:
        """Return an observer that calls `meet` for each matching call; seen: takes the first calls of that name."""
        return Counting(self, meet, seen)

    def told(self, seen: list[Call]) -> str:
        """Return the calls that were made, with the parameters that are asked for, as lines of text."""
        if not self.with_:
            return ""
        calls = [f"    {in_line(shown_call(self.with_, *call))}, {call[0].location}" for call in seen]
        return "\n".join([f"  the calls of {self.processor}:", *(calls or ["    none"])])

    def __str__(self) -> str:
        with_ = ", ".join(f"{name}: {in_line(wanted.written)}" for name, wanted in self.with_.items())
        return f"calls of {self.processor}" + (f" with {with_}" if with_ else "")


class Counting:
    """A count of calls at work: see Calls.observer."""

    def __init__(self, calls: Calls, meet: Callable[[Selecting], None], seen: list[Call]) -> None:
        self._calls, self._meet, self._seen = calls, meet, seen

    def entered(self, node: Node, event: Event) -> None:
        if not isinstance(node, Step) or not is_named(node, self._calls.processor):
            return
        if len(self._seen) < MOST_SEEN:
            self._seen.append((node, event))
        if self._calls.selects(node) and self._calls.fits(node, event):
            self._meet(self._calls)

    def left(self, node: Node, event: Event, failure: BaseException | None) -> None:
        """Do nothing: only entering counts."""


class Expectation(NamedTuple):
    """One expression and its expected value."""

    text: str
    expression: Expression
    wanted: Wanted
    place: Place | None

    def compare(self, outcome: Outcome) -> Mismatch | None:
        try:
            got = self.expression.evaluate(outcome)  # type: ignore[arg-type]  # it has what an event has
        except FlowError as failure:
            return Mismatch(
                self.text, self.wanted.written, f"the error {failure.for_log}", self.wanted.written, self.place
            )
        if self.wanted.holds(got):
            return None
        return Mismatch(self.text, self.wanted.written, got, self.wanted.nearest(got), self.place)


class CountedCalls(NamedTuple):
    """One entry of `calls`, and its place."""

    calls: Calls
    place: Place | None


class Expectations(Validated):
    """All of them; `calls` with a list counts calls, any other left side is an expression."""

    word = "map"
    schema = typed("object", properties={"calls": {"items": held("call")}})

    def __init__(self, expectations: list[Expectation], calls: list[CountedCalls]) -> None:
        self.expectations = expectations
        self.calls = calls

    def speaks_of(self, *roots: str) -> bool:
        """Return whether a left side uses one of these roots: an error that is not mentioned fails the case."""
        return any(re.search(rf"\b{root}\b", each.text) for root in roots for each in self.expectations)

    @property
    def counts_calls(self) -> bool:
        return bool(self.calls) or self.speaks_of(CALLS)

    def compare(self, outcome: Outcome, when: str = "") -> list[Mismatch]:
        """Return the expectations that do not hold; `when`: of which moment, for the report."""
        compared = [mismatch for each in self.expectations if (mismatch := each.compare(outcome))]
        return [replace(each, expression=f"{each.expression} {when}") for each in compared] if when else compared

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            refuse([Mistake("F303", shown(value), "a map of expressions and what they give", "payload: …")])
        mistakes: list[Mistake] = []
        loading = loading_of(info)
        calls, expectations = [], []
        for key, wanted in value.items():
            if key == CALLS and isinstance(wanted, Sequence):
                calls += _calls(wanted, loading)
            elif each := _expectation(key, value, loading.reach, mistakes):
                expectations.append(each)
        if mistakes:
            refuse(mistakes)
        return cls(expectations, calls)


def _calls(written: Sequence, loading: Loading) -> list[CountedCalls]:
    calls = []
    for entry, place in zip(written, written.places, strict=True):
        if not isinstance(entry, Map):
            loading.note("F303", f"{shown(entry)} under 'calls'", "a map", "{processor: …, times: …}", place)
        elif counted := loading.parameters(Calls, entry, "'calls'", place):
            calls.append(CountedCalls(counted, place))
    return calls


def _expectation(key: str, written: Mapping[str, Any], reach: Reach, mistakes: list[Mistake]) -> Expectation | None:
    place = written.places[key][0] if isinstance(written, Map) else None
    left = replace(reach, roots=LEFT_ROOTS)
    expression = built(lambda: Expression(Text(str(key), place), left), mistakes)
    wanted = built(lambda: Wanted(written[key]), mistakes)
    return Expectation(str(key), expression, wanted, place) if expression and wanted else None
