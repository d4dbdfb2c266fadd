"""The known state of events at a place in a flow, and of errors that leave it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.expressions.held import Held, Known, Labelled
from engine.expressions.schemas import NULL, OPEN, Schema, joined
from engine.values.errors import ErrorType
from engine.values.event import STATUS

HEADERS = "outboundHeaders"
"""The variable with headers of the answer."""

MOST_STATES = 12
"""How many ways that led an event to a place are distinguished."""


@dataclass(frozen=True)
class State:
    """The known parts of an event.

    media_type: the payload's, as set by a step. payload_assigned, status_assigned: as in the event.
    """

    payload: Schema = field(default_factory=dict)
    media_type: str | None = None
    variables: Mapping[str, Schema] = field(default_factory=lambda: {STATUS: NULL, HEADERS: NULL})
    payload_assigned: bool = False
    status_assigned: bool = False
    has_request: bool = True
    """Whether the attributes are still those of the request."""

    def of(self, held: Held) -> Schema:
        """Return the schema of a value here."""
        return held.shape(Known(self.payload, self.variables))

    def with_payload(self, payload: Schema, media_type: str | None = None) -> State:
        return replace(self, payload=payload, media_type=media_type, payload_assigned=True)

    def with_variable(self, name: str, value: Schema) -> State:
        is_status = self.status_assigned or name == STATUS
        return replace(self, variables={**self.variables, name: value}, status_assigned=is_status)

    def with_message_of(self, other: State) -> State:
        return replace(
            self,
            payload=other.payload,
            media_type=other.media_type,
            payload_assigned=other.payload_assigned,
            has_request=other.has_request,
        )

    def with_variables_of(self, other: State) -> State:
        return replace(self, variables=other.variables, status_assigned=other.status_assigned)

    def assigned(self, values: Mapping[str, Held]) -> State:
        """Return the state after a step that sets all of these, each evaluated in this state."""
        after = self
        for name, held in values.items():
            if name == "payload":
                after = after.with_payload(self.of(held), held.media_type if isinstance(held, Labelled) else None)
            elif name.startswith("vars."):
                after = after.with_variable(name.removeprefix("vars."), self.of(held))
            else:
                after = replace(after, has_request=False)
        return after

    @property
    def kind(self) -> tuple[Any, ...]:
        """Return the key that distinguishes it from other states: states of the same kind are merged."""
        return self.media_type, self.payload_assigned, self.status_assigned, repr(self.variables.get(STATUS))


def merged(states: Iterable[State]) -> tuple[State, ...]:
    """Return the states, with those of the same kind merged."""
    by_kind: dict[tuple[Any, ...], State] = {}
    for state in states:
        known = by_kind.get(state.kind)
        by_kind[state.kind] = _join(known, state) if known else state
    if len(by_kind) > MOST_STATES:
        return (joined_states(by_kind.values()),)
    return tuple(by_kind.values())


def joined_states(states: Iterable[State]) -> State:
    """Return one state that is true whichever of several ways was taken."""
    first, *others = states
    for other in others:
        first = _join(first, other)
    return first


def _join(one: State, other: State) -> State:
    variables = {
        name: joined([one.variables[name], other.variables[name]]) for name in one.variables if name in other.variables
    }
    same_type = one.media_type == other.media_type
    return State(
        joined([one.payload, other.payload]) if same_type else OPEN,
        one.media_type if same_type else None,
        variables,
        one.payload_assigned or other.payload_assigned,
        one.status_assigned or other.status_assigned,
        one.has_request and other.has_request,
    )


def widened(before: State, after: State) -> State:
    """Return a state that no longer grows: a value that a loop keeps changing becomes unknown."""
    payload = after.payload if after.payload == before.payload else OPEN
    variables = {
        name: value if after.variables.get(name) == value else OPEN for name, value in before.variables.items()
    }
    return replace(after, payload=payload, variables={**dict.fromkeys(after.variables, OPEN), **variables})


@dataclass(frozen=True)
class Failure:
    """An error that may leave a step.

    status: the status of its answer if it is a Refusal, or statuses that routes may share.
    state: the event it left with. answer_status, answer: the values that an on-error-propagate chain assigned.
    """

    type: ErrorType
    state: State
    statuses: frozenset[int] = frozenset()
    answer_status: Schema | None = None
    answer: State | None = None

    @property
    def kind(self) -> tuple[Any, ...]:
        answer = self.answer and (repr(self.answer.payload), self.answer.media_type)
        return str(self.type), self.statuses, repr(self.answer_status), answer, self.state.kind


def merged_failures(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    by_kind: dict[tuple[Any, ...], Failure] = {}
    for failure in failures:
        known = by_kind.get(failure.kind)
        state = joined_states([known.state, failure.state]) if known else failure.state
        by_kind[failure.kind] = replace(failure, state=state)
    return tuple(by_kind.values())
