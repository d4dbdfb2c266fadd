from __future__ import annotations

from typing import Annotated

from engine import (
    After,
    Chain,
    Code,
    Duration,
    Event,
    Field,
    FlowError,
    Mistake,
    Name,
    Runtime,
    Scope,
    TypePatterns,
    prepared,
    refuse,
)
from engine.connectors import CIRCUIT_OPEN, TIMEOUT, Counter, Measures, within
from processors.core._circuit import Circuit, Settings


class CircuitBreaker(Scope):
    """Run the steps as long as they do not fail again and again; then reject events immediately for a while.

    After maxFailures failures the circuit is open: MULE:CIRCUIT_OPEN is raised immediately, a child of
    MULE:CONNECTIVITY, whose cause is the last failure. After `openFor` one event, the probe, goes through while others
    are still rejected: if it succeeds the circuit is closed, if it fails it is open for as long again.

    A failure is an error that `on` names, including a MULE:TIMEOUT of the breaker's own `timeout`; any other error
    counts as a success, since the called system did answer. A call that is cancelled, as by the deadline of its flow,
    counts as neither: give slow calls a `timeout`. Breakers of one name share one circuit, wherever they are, and must
    agree on maxFailures, within and openFor.

    Example:
        given: {payload: [1, 2, 3]}
        run:
          - set-variable: {variableName: errors, value: []}
          - foreach:
              steps:
                - try:
                    steps:
                      - circuit-breaker:
                          name: shop
                          maxFailures: 2
                          openFor: 30s
                          on: "*:CONNECTIVITY"
                          steps: [{raise-error: {type: "SHOP:CONNECTIVITY"}}]
                    error-handler:
                      - on-error-continue:
                          logException: false
                          steps: [{set-variable: {variableName: errors, value: "#[append(vars.errors, error.type)]"}}]
        expect: {vars.errors: ["SHOP:CONNECTIVITY", "SHOP:CONNECTIVITY", "MULE:CIRCUIT_OPEN"]}
    """

    name: Name
    """The circuit's name, in the whole application."""

    max_failures: Annotated[int, Field(ge=1)] = 5
    """How many failures open it: in a row, or, if `within` is given, in that time."""

    within: Duration | None = None
    """The time in which failures are counted, whatever succeeds meanwhile."""

    open_for: Duration = 60.0
    """How long it stays open before an event may probe."""

    on: TypePatterns = TypePatterns(["ANY"])
    """The error types that are failures (a list; wildcards and hierarchy count); all, if left out."""

    steps: Chain
    """The steps to run."""

    raises = (CIRCUIT_OPEN, TIMEOUT)
    message_after = After.INNER
    always_enters = True

    _opened: Counter = prepared()
    _rejected: Counter = prepared()

    def __post_init__(self) -> None:
        self._prepare(_opened=Counter(), _rejected=Counter())

    def measure(self, measures: Measures, place: str) -> None:
        """Count under the circuit's name: breakers of one name count together."""
        text = "State of the circuit: 0 closed, 1 half-open, which is a probe under way, 2 open"
        measures.read("engine_circuit_state", text, lambda: self._circuit.state, merge="max", circuit=self.name)
        text = "How often the circuit was opened, or stayed open after a probe"
        opened = measures.counter("engine_circuit_opened_total", text, circuit=self.name)
        text = "Calls that the circuit rejected"
        self._prepare(
            _opened=opened, _rejected=measures.counter("engine_circuit_rejected_total", text, circuit=self.name)
        )

    def live_in(self, runtime: Runtime) -> None:
        super().live_in(runtime)
        if runtime.share((CircuitBreaker, self.name), lambda: self._settings) != self._settings:
            found = f"the circuit breaker '{self.name}' a second time, with other settings"
            refuse([Mistake("F303", found, "the same maxFailures, within and openFor, or another name")])

    @property
    def _settings(self) -> Settings:
        return Settings(self.max_failures, self.within, self.open_for)

    @property
    def _circuit(self) -> Circuit:
        key = Circuit, self.name, self._settings
        return self.runtime.keep(key, lambda: Circuit(self.name, self._settings, self.runtime.clock))

    def bounded(self, code: Code) -> Code:
        return code  # the timeout is for the steps: it is a failure

    async def run(self, event: Event) -> Event:
        circuit, seconds = self._circuit, self.seconds(event)
        era = circuit.enter()
        if era is None:
            self._rejected.value += 1
            raise circuit.rejection()
        try:
            after = await within(seconds, self.steps.run(event))
        except FlowError as failure:
            self._note(failure, circuit, era)
            raise
        except BaseException:
            circuit.note_nothing(era)
            raise
        circuit.note_success(era)
        return after

    def _note(self, failure: FlowError, circuit: Circuit, era: int) -> None:
        if failure.type.is_critical:
            circuit.note_nothing(era)
        elif self.on.match(failure):
            self._opened.value += circuit.note_failure(era, failure)
        else:
            circuit.note_success(era)
