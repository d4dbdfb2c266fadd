"""Chaos: each operation of the flows with an HTTP source fails once with each error that it declares.

The requests are those of the cases; the expectations of the cases are ignored. The only question is whether the caller
gets an answer, with a status that the flow declares (as in its OpenAPI document).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from engine.analysis.answers import DEFAULT, answers
from engine.analysis.rehearsal import Rehearsal, TooMuch, failure_of
from engine.plan.code import Run
from engine.plan.observer import Node
from engine.serving.route import HttpSource
from engine.steps.chain import Step
from engine.steps.flow import Flow
from engine.testing.covered.points import operation_errors, split
from engine.testing.covered.ways import Ways
from engine.testing.expected.outcome import Mismatch, Outcome
from engine.testing.files.case import Act
from engine.testing.files.suite import Written
from engine.testing.running import LOWEST_FAILURE, Running
from engine.testing.session import Session
from engine.testing.staged.stage import Layers
from engine.values.errors import ErrorType
from engine.values.event import Event

NO_CASE, NO_MOCK, NO_ANSWER = "no case passes it", "a call that no mock answers", "no answer"
UNKNOWN = frozenset({NO_CASE, NO_MOCK})
"""Results that say nothing about the flow: the cases lack something."""

Status = int | str | None
"""The status of an answer; None if there was none, NO_MOCK if it is unknown."""

Statuses = frozenset[int | str]


@dataclass(frozen=True)
class Target:
    """An error that an operation should raise while a request to a flow is under way."""

    flow: str
    file: str
    line: int
    path: str
    element: str
    raised: str


@dataclass(frozen=True)
class Verdict:
    """The result for the caller: a status, or the reason why there is none."""

    got: int | str
    declared: Statuses

    @property
    def is_known(self) -> bool:
        """Whether a caller met the error."""
        return self.got not in UNKNOWN

    @property
    def is_good(self) -> bool:
        return isinstance(self.got, int) and (self.got in self.declared or DEFAULT in self.declared)


_flow: ContextVar[str | None] = ContextVar("flow_of_request", default=None)
"""The flow that answers the request under way."""


_request: ContextVar[int] = ContextVar("number_of_request", default=0)
"""How many requests of the case came before it; what it began in the background may run when it has its answer."""


class Strike:
    """Makes a step fail once, with an error, in requests to a flow."""

    def __init__(self, flow: str, step: Step, raised: ErrorType) -> None:
        self._flow, self._step, self._raised = flow, step, raised
        self.answers: list[Status] = []
        self._struck: int | None = None

    @property
    def got(self) -> int | str:
        """The status for the caller whose request met it."""
        if self._struck is None:
            return NO_CASE
        return (self.answers[self._struck] if self._struck < len(self.answers) else None) or NO_ANSWER

    def layers(self) -> Layers:
        return Layers([self._around])

    def _around(self, step: Step, run: Run) -> Run:
        if step is not self._step:
            return run

        async def struck(event: Event) -> Event:
            if self._struck is None and _flow.get() == self._flow:
                self._struck = _request.get()
                raise failure_of(step.processor, self._raised, f"chaos: {self._raised}")
            return await run(event)

        return struck


class Scout:
    """An observer that notes which steps the requests to each flow pass."""

    def __init__(self) -> None:
        self.answers: list[Status] = []
        self.calls = 0
        self.passed: set[tuple[str, Step]] = set()

    def layers(self) -> Layers:
        return Layers(observers=[self])

    def entered(self, node: Node, event: Event) -> None:
        if isinstance(node, Step):
            flow = _flow.get()
            self.calls += 1
            if flow is not None:
                self.passed.add((flow, node))

    def left(self, node: Node, event: Event, failure: BaseException | None) -> None:
        """Do nothing: only entering is noted."""


class Caller(Running):
    """Makes the requests of a case, whatever their results, and keeps the statuses."""

    def __init__(self, *arguments: Any, kept: list[Status]) -> None:
        super().__init__(*arguments)
        self._kept = kept

    async def _act(self, act: Act, variables: Mapping[str, Any]) -> None:
        _flow.set(None)
        before = len(self._kept)
        try:
            await super()._act(act, variables)
        except Exception:  # whatever it is, the caller has no answer
            self._found.clear()
        if len(self._kept) == before:
            self._kept.append(None)

    async def _tried(self, act: Act, variables: Mapping[str, Any], payload: Any) -> list[Mismatch]:
        _request.set(len(self._kept))
        if await super()._tried(act, variables, payload):
            self._kept[-1] = NO_MOCK
        return []

    def _compare(self, act: Act, outcome: Outcome) -> list[Mismatch]:
        self._kept.append(outcome.status)
        return []


class Chaos:
    """Chaos in the flows of one test file, whose session is open."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._parts, self._files = session.loaded.parts, session.loaded.files
        self._served = [flow for flow in self._parts.flows.values() if isinstance(flow.source, HttpSource)]
        self._declared = {flow.name: declared_by(flow) for flow in self._served}
        self._targets = dict(self._find_targets())

    def _find_targets(self) -> Iterator[tuple[Target, tuple[Step, ErrorType]]]:
        ways = Ways(self._parts)
        for way in ways.all:
            for step in way.chain.steps:
                path, short, line = split(step.location)
                if short not in self._files:
                    continue
                for flow in sorted(ways.served(way)):
                    for raised in operation_errors(step):
                        target = Target(flow, self._files[short], line, path, step.name, str(raised))
                        yield target, (step, raised)

    async def verdicts(self, cases: Sequence[Written], known: Mapping[Target, Verdict]) -> dict[Target, Verdict]:
        """Yield the verdict on each target that no other test file has met already."""
        passed = await self._scout(cases)
        found = {}
        for target, (step, raised) in self._targets.items():
            if target in known and known[target].got != NO_CASE:
                continue
            case = passed.get((target.flow, step))
            strike = Strike(target.flow, step, raised)
            if case is not None:
                await self._call(case, strike)
            found[target] = Verdict(strike.got, self._declared[target.flow])
        return found

    async def _scout(self, cases: Sequence[Written]) -> dict[tuple[str, Step], Written]:
        """Return the case that passes each step, by the flow that answers it: the shortest that succeeds."""
        found: dict[tuple[str, Step], tuple[bool, int, Written]] = {}
        for case in cases:
            scout = Scout()
            await self._call(case, scout)
            fails = any(not isinstance(status, int) or status >= LOWEST_FAILURE for status in scout.answers)
            for passed in scout.passed:
                if passed not in found or (fails, scout.calls) < found[passed][:2]:
                    found[passed] = fails, scout.calls, case
        return {passed: case for passed, (_, _, case) in found.items()}

    async def _call(self, case: Written, layer: Strike | Scout) -> None:
        """Make the requests of a case with a layer around the steps."""

        self._session.running = lambda *arguments: Caller(*arguments, kept=layer.answers)
        around, observers, _ = layer.layers()
        self._session.layers = lambda case: Layers(around, [Entrance(self._served), *observers])
        await self._session.run(case)


class Entrance:
    """An observer that knows which flow a request has come to: the first that it enters."""

    def __init__(self, served: Iterable[Flow]) -> None:
        self._names = {flow: flow.name for flow in served}

    def entered(self, node: Node, event: Event) -> None:
        if node in self._names and _flow.get() is None:
            _flow.set(self._names[node])

    def left(self, node: Node, event: Event, failure: BaseException | None) -> None:
        """Do nothing: a request stays that of its flow."""


def declared_by(flow: Flow) -> Statuses:
    """Return the statuses of the answers that a flow declares; `default` is any."""
    assert isinstance(flow.source, HttpSource)
    try:
        return frozenset(each.status for each in answers(flow, flow.source.route(), Rehearsal()))
    except TooMuch:
        return frozenset({DEFAULT})


def table(verdicts: Mapping[Target, Verdict]) -> Iterator[str]:
    """Yield the callers' results, by flow and operation, as lines of text."""
    by_flow: dict[str, dict[tuple[str, str], dict[str, list[str]]]] = {}
    for target, verdict in sorted(verdicts.items(), key=lambda pair: (pair[0].flow, pair[0].file, pair[0].line)):
        steps = by_flow.setdefault(target.flow, {})
        step = f"{target.file}:{target.line} {target.element}", target.path
        steps.setdefault(step, {}).setdefault(_told(verdict), []).append(target.raised)
    declared = {target.flow: verdict.declared for target, verdict in verdicts.items()}
    for flow, steps in by_flow.items():
        yield f"\n{flow} declares {', '.join(sorted(map(str, declared[flow])))}"
        for (place, _), answered in steps.items():
            yield f"  {place}"
            yield from (f"    {got}: {', '.join(raised)}" for got, raised in answered.items())


def _told(verdict: Verdict) -> str:
    if isinstance(verdict.got, str):
        return verdict.got.upper()
    return str(verdict.got) if verdict.is_good else f"{verdict.got}, NOT DECLARED"
