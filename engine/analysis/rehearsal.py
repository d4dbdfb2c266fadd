"""Walks through flows without events, to find the events and errors with which they may end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from engine.analysis.states import Failure, State, joined_states, merged, merged_failures, widened
from engine.expressions.held import Held
from engine.expressions.schemas import NULL, OPEN
from engine.limits import DEEPEST_FLOWS
from engine.parameters.element import Element, raised_types
from engine.steps.authentication import NOT_PERMITTED, Authentication
from engine.steps.chain import Chain
from engine.steps.error_handler import ErrorHandler, OnError
from engine.steps.flow import Flow
from engine.steps.inner import Inner, inner_steps
from engine.steps.processor import After, Processor, Targeted, VoidOperation
from engine.steps.scope import Scope
from engine.steps.trees import computes, trees
from engine.values.errors import (
    COMPOSITE_ROUTING,
    EXPRESSION,
    RETRY_EXHAUSTED,
    SERVER_SECURITY,
    TIMEOUT,
    ErrorType,
    FlowError,
    as_type,
)  # fmt: skip
from engine.values.event import STATUS
from engine.values.refusal import Refusal
from engine.values.status import status_of_type
from engine.work.nesting import Runnable

MOST_STEPS = 20_000
"""How many steps are visited for one flow, each once for every way that leads to it."""


class TooMuch(Exception):
    """A flow with more ways through it than the walk visits."""


class Outcome(NamedTuple):
    """How steps may end: the events that leave them, and the errors."""

    states: tuple[State, ...] = ()
    failures: tuple[Failure, ...] = ()


def gathered(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the combined outcome of several ways."""
    every = list(outcomes)
    states = merged(state for each in every for state in each.states)
    return Outcome(states, merged_failures(failure for each in every for failure in each.failures))


UNKNOWN = State(variables={}, payload_assigned=True, status_assigned=True, has_request=False)
"""An event about which nothing is known."""


def refusals(element: Element) -> dict[ErrorType, int]:
    """Return the statuses with which an element refuses callers, by error type."""
    if isinstance(element, Authentication):
        known = (each for each in raised_types(element) if SERVER_SECURITY in each.lineage)
        return {each: 403 if each == NOT_PERMITTED else 401 for each in known}
    return {as_type(named): status for named, status in element.refuses.items()}


def failure_of(element: Element, raised: ErrorType, description: str) -> FlowError:
    """Return an error as the element raises it: a Refusal with its status, if it refuses callers with this type."""
    status = refusals(element).get(raised)
    return FlowError(raised, description) if status is None else Refusal(status, raised, description)


class Rehearsal:
    """One walk through flows. Raises TooMuch."""

    def __init__(self) -> None:
        self.seen: list[Processor] = []
        """The steps that events reach, once for each way."""

        self.reading: list[Held] = []
        """The expressions that see the attributes of the request."""

        self._open: list[int] = []
        self._steps = 0

    def runnable(self, runnable: Runnable | None, states: tuple[State, ...]) -> Outcome:
        """Return the outcome of a flow or chain: anything, if it is unknown or inside itself."""
        if runnable is None or id(runnable) in self._open or len(self._open) > DEEPEST_FLOWS:
            return Outcome((UNKNOWN,))
        self._open.append(id(runnable))
        try:
            if isinstance(runnable, Flow):
                return self.handled(self.chain(runnable.steps, states), runnable.error_handler)
            assert isinstance(runnable, Chain)
            return self.chain(runnable, states)
        finally:
            self._open.pop()

    def chain(self, chain: Chain, states: tuple[State, ...]) -> Outcome:
        failures: list[Failure] = []
        for step in chain.steps:
            if not states:
                break
            outcome = gathered(self._step(step.processor, state) for state in states)
            states = outcome.states
            failures += outcome.failures
        return Outcome(states, merged_failures(failures))

    def _step(self, step: Processor, state: State) -> Outcome:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise TooMuch
        self.seen.append(step)
        inner = inner_steps(step)
        if inner:
            states, failures = self._scope(step, inner, state)
        else:
            self._read(step, state)
            states, failures = (state.assigned(step.assigns()),), tuple(self._own_failures(step, state))
        return Outcome(states if step.may_pass else (), tuple(_mapped(step, failures)))

    def _read(self, step: Processor, state: State) -> None:
        """Record the step's expressions if they see the request."""
        if state.has_request:
            self.reading += trees(step)

    def _own_failures(self, step: Processor, state: State) -> Iterator[Failure]:
        """Yield the errors that the step raises itself; a scope without a timeout raises none of that type."""
        own = refusals(step)
        for error_type in raised_types(step):
            if error_type == TIMEOUT and isinstance(step, Scope) and step.timeout is None:
                continue
            if error_type != COMPOSITE_ROUTING:
                yield Failure(error_type, state, frozenset({own[error_type]} if error_type in own else ()))
        if computes(step):
            yield Failure(EXPRESSION, state)

    # Scopes

    def _scope(self, step: Processor, inner: list[Inner], state: State) -> Outcome:
        looks_back = step.repeats and step.message_after is After.INNER  # its conditions see the results of rounds
        if not looks_back:
            self._read(step, state)
        outcome = self._rounds(step, inner, self._entering(step, state))
        seen = joined_states([state, *outcome.states]) if step.repeats else state
        if looks_back:
            self._read(step, seen)
        failures = tuple(each for each in outcome.failures if not step.keeps(each.type))
        if COMPOSITE_ROUTING in raised_types(step) and failures:
            failures = (_composite(failures, state),)
        passing = () if step.always_enters else (state,)
        states = [self._left(step, state, after) for after in (*passing, *outcome.states)]
        return Outcome(merged(states), (*self._own_failures(step, seen), *failures))

    def _rounds(self, step: Processor, inner: list[Inner], entering: State) -> Outcome:
        """Return the outcome of the steps inside; if they may run again, repeat until nothing new results."""
        outcome = self._around(inner, (entering,))
        if not step.repeats:
            return outcome
        known, again = entering, _entering_again(step, entering, outcome)
        while again != known:
            outcome = self._around(inner, (again,))
            later = _entering_again(step, again, outcome)
            known, again = again, later if later == again else widened(again, later)
        return outcome

    def _entering(self, step: Processor, state: State) -> State:
        """Return the event that enters the steps inside: an item, if they do not see the message."""
        if step.message_after is After.INNER:
            return state
        return replace(state, payload=OPEN, media_type=None, has_request=False)

    def _around(self, inner: list[Inner], states: tuple[State, ...]) -> Outcome:
        return gathered(self.handled(self.runnable(each.steps, states), each.handler) for each in inner)

    def _left(self, step: Processor, before: State, after: State) -> State:
        """Return the event after a scope, from the one that left its steps."""
        target = step.target if isinstance(step, Targeted) else None
        if step.message_after is After.BEFORE or target:
            after = after.with_message_of(before)
        elif step.message_after is After.RESULT:
            after = after.with_payload(OPEN)
        if step.variables_after is After.BEFORE or target:
            after = after.with_variables_of(before)
        variables = {name: held for name, held in step.assigns().items() if name.startswith("vars.")}
        return after.assigned(variables)

    # Errors

    def handled(self, outcome: Outcome, handler: ErrorHandler | None) -> Outcome:
        """Return the outcome of steps with an error handler."""
        if handler is None:
            return outcome
        states, left, open_failures = list(outcome.states), list[Failure](), list(outcome.failures)
        for each in handler.handlers:
            taken = [failure for failure in open_failures if _may_take(each, failure.type)]
            open_failures = [failure for failure in open_failures if not _surely_takes(each, failure.type)]
            if taken:
                ended = self._handle(each, taken)
                states += ended.states
                left += ended.failures
        return Outcome(merged(states), merged_failures([*left, *open_failures]))

    def _handle(self, handler: OnError, taken: list[Failure]) -> Outcome:
        """Return the outcome of a handler: its steps run, then the flow continues, or the errors propagate."""
        entering = joined_states(failure.state for failure in taken)
        if handler.continues:
            return self.chain(handler.steps, (entering,))
        clean = replace(entering, payload_assigned=False, status_assigned=False)
        states, failures = self.chain(handler.steps, (clean,))
        passed_on = [_answered(failure, after) for failure in taken for after in states]
        return Outcome((), (*failures, *passed_on))


def _entering_again(step: Processor, entering: State, outcome: Outcome) -> State:
    """Return the event that enters the steps of a loop, in its first or a later round, as far as it is known."""
    keeps_message = step.message_after is After.INNER
    left = (each if keeps_message else each.with_message_of(entering) for each in outcome.states)
    return joined_states([entering, *left])


def _answered(failure: Failure, after: State) -> Failure:
    """Return an error that on-error-propagate raises again, with the answer that its steps assigned for the caller."""
    status = after.variables.get(STATUS, OPEN) if after.status_assigned else failure.answer_status
    answer = after if after.payload_assigned else failure.answer
    state = after.with_variable(STATUS, failure.state.variables.get(STATUS, NULL))
    return replace(failure, state=state, answer_status=status, answer=answer)


def _may_take(handler: OnError, error_type: ErrorType) -> bool:
    return handler.type.match_type(error_type) or _tells_another(error_type)


def _surely_takes(handler: OnError, error_type: ErrorType) -> bool:
    return handler.when is None and handler.type.match_type(error_type)


def _tells_another(error_type: ErrorType) -> bool:
    """Return whether handlers may match it by the type of another error, its cause."""
    return error_type.identifier == RETRY_EXHAUSTED.identifier


def _mapped(step: Processor, failures: Iterable[Failure]) -> Iterator[Failure]:
    """Yield the failures with the types that an error-mapping assigns."""
    mappings = step.error_mapping if isinstance(step, VoidOperation) else ()
    for failure in failures:
        mapping = next((each for each in mappings if each.source_type.match_type(failure.type)), None)
        yield replace(failure, type=mapping.target_type, statuses=frozenset()) if mapping else failure


def _composite(failures: Iterable[Failure], state: State) -> Failure:
    """Return MULE:COMPOSITE_ROUTING for routes with these failures: their common status, otherwise 500."""
    shared = (failure.statuses or {status_of_type(failure.type)} for failure in failures)
    return Failure(COMPOSITE_ROUTING, state, frozenset({500}).union(*shared))
