from __future__ import annotations

from collections.abc import Coroutine
from typing import Annotated, Any

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
from engine.connectors import (
    CIRCUIT_OPEN,
    STORE_NOT_AVAILABLE,
    TIMEOUT,
    Counter,
    Home,
    Measures,
    Naming,
    OwnHomeUrl,
    WhenAway,
    goes_on,
    home_of,
    within,
    without_state,
)
from processors.core._circuit import Circuit, Settings
from processors.core._shared_circuit import Entry, SharedCircuit


class CircuitBreaker(Scope):
    """Run the steps as long as they do not fail again and again; then reject events immediately for a while.

    After maxFailures failures the circuit is open: MULE:CIRCUIT_OPEN is raised immediately, a child of
    MULE:CONNECTIVITY, whose cause is the last failure. After `openFor` one event, the probe, goes through while others
    are still rejected: if it succeeds the circuit is closed, if it fails it is open for as long again.

    A failure is an error that `on` names, including a MULE:TIMEOUT of the breaker's own `timeout`; any other error
    counts as a success, since the called system did answer. A call that is cancelled, as by the deadline of its flow,
    counts as neither: give slow calls a `timeout`. Breakers of one name share one circuit, wherever they are, and must
    agree on maxFailures, within and openFor. With `stateUrl` or `url` all processes and machines share it: each call
    asks for its state first, and a probe that ended without an outcome is given up after `openFor`.

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

    name: Annotated[Name, Naming("circuit", defines=True)]
    """The circuit's name, in the whole application."""

    max_failures: Annotated[int, Field(ge=1)] = 5
    """How many failures open it: in a row, or, if `within` is given, in that time."""

    within: Duration | None = None
    """The time in which failures are counted, whatever succeeds meanwhile."""

    open_for: Duration = 60.0
    """How long it stays open before an event may probe."""

    on: TypePatterns = TypePatterns(["ANY"])
    """The error types that are failures (a list; wildcards and hierarchy count); all, if left out."""

    url: OwnHomeUrl | None = None
    """Where the circuit lives, for all processes and machines together: `redis://…`, `postgresql://…`, `sqlite:///…`,
    or `memory://` for each process alone; as `stateUrl` of the `configuration` says, if left out."""

    when_away: WhenAway = "GO_ON"
    """What happens while that cannot be reached: GO_ON uses a circuit of this process alone, FAIL raises
    OS:STORE_NOT_AVAILABLE."""

    steps: Chain
    """The steps to run."""

    raises = (CIRCUIT_OPEN, TIMEOUT, STORE_NOT_AVAILABLE)
    message_after = After.INNER
    always_enters = True

    _opened: Counter = prepared()
    _rejected: Counter = prepared()
    _alone: Counter = prepared()
    _home: Home | None = prepared(None)

    def __post_init__(self) -> None:
        self._prepare(_opened=Counter(), _rejected=Counter(), _alone=Counter())

    def measure(self, measures: Measures, place: str) -> None:
        """Count under the circuit's name: breakers of one name count together."""
        text = "State of the circuit: 0 closed, 1 half-open, which is a probe under way, 2 open"
        measures.read("engine_circuit_state", text, self._state, merge="max", circuit=self.name)
        text = "How often the circuit was opened, or stayed open after a probe"
        opened = measures.counter("engine_circuit_opened_total", text, circuit=self.name)
        text = "Calls that the circuit rejected"
        self._prepare(
            _opened=opened, _rejected=measures.counter("engine_circuit_rejected_total", text, circuit=self.name)
        )
        self._prepare(_alone=without_state(measures, "circuit-breaker", place))
        if self._home is not None:
            self._home.measure(measures)

    def _state(self) -> float:
        return (self._shared or self._circuit).state

    def live_in(self, runtime: Runtime) -> None:
        super().live_in(runtime)
        if runtime.share((CircuitBreaker, self.name), lambda: self._agreed) != self._agreed:
            found = f"the circuit breaker '{self.name}' a second time, with other settings"
            refuse([Mistake("F303", found, "the same maxFailures, within, openFor and url, or another name")])
        self._prepare(_home=home_of(runtime, self.url))

    @property
    def _settings(self) -> Settings:
        return Settings(self.max_failures, self.within, self.open_for)

    @property
    def _agreed(self) -> tuple[Settings, str | None]:
        return self._settings, self.url

    @property
    def _circuit(self) -> Circuit:
        key = Circuit, self.name, self._settings
        return self.runtime.keep(key, lambda: Circuit(self.name, self._settings, self.runtime.clock.monotonic))

    @property
    def _shared(self) -> SharedCircuit | None:
        home = self._home
        if home is None:
            return None
        key = SharedCircuit, self.name, self._settings, home
        return self.runtime.keep(key, lambda: SharedCircuit(self.name, self._settings, home))

    def bounded(self, code: Code) -> Code:
        return code  # the timeout is for the steps: it is a failure

    def run(self, event: Event) -> Coroutine[Any, Any, Event]:
        return self._run_alone(event) if self._home is None else self._run_everywhere(event)

    async def _run_everywhere(self, event: Event) -> Event:
        shared = self._shared
        assert shared is not None
        try:
            entry = await shared.enter()
        except FlowError as failure:
            if not goes_on(failure, self.when_away, self._alone):
                raise
            return await self._run_alone(event)
        if entry is None:
            self._rejected.value += 1
            raise shared.rejection()
        return await self._run_shared(event, shared, entry)

    async def _run_shared(self, event: Event, circuit: SharedCircuit, entry: Entry) -> Event:
        try:
            after = await within(self.seconds(event), self.steps.run(event))
        except FlowError as failure:
            if failure.type.is_critical:
                await circuit.note_nothing(entry)
            elif self.on.match(failure):
                self._opened.value += await circuit.note_failure(entry, failure)
            else:
                await circuit.note_success(entry)
            raise
        except BaseException:  # nobody waits any more, and the next may probe
            self.runtime.tasks.start(circuit.note_nothing(entry), f"a call of the circuit {self.name} that ended")
            raise
        await circuit.note_success(entry)
        return after

    async def _run_alone(self, event: Event) -> Event:
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
