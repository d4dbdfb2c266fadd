"""A circuit that lives in a home: what one process finds out is known to the others with their next call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from engine import FlowError
from engine.connectors import STORE_NOT_AVAILABLE, Bounds, Counter, Home, restore, serialise
from processors.core._circuit import Circuit, Settings, State

T = TypeVar("T")

SHORTEST_PATIENCE = 1.0
"""Seconds for which others wait for what a probe tells, at least."""

REMEMBERED = 3600.0
"""Seconds for which a circuit that nobody asks for is remembered."""


class Entry(NamedTuple):
    """A call that goes through. era: as of a Circuit. has_failures: whether its success changes anything."""

    era: int
    has_failures: bool


class SharedCircuit:
    """Each step reads the circuit, applies the rules of `Circuit`, and replaces what it has read if nobody else has.

    A call of a closed circuit without failures reads once. The time is that of the home. Any method raises
    OS:STORE_NOT_AVAILABLE if the home is away, except those that note an outcome: the call has taken place.
    """

    def __init__(self, name: str, settings: Settings, home: Home) -> None:
        self._name = name
        self._settings = settings
        self._key = " ".join(map(str, (name, *settings)))
        self._shelf = home.shelf("~circuits", Bounds(None, None, REMEMBERED, Counter(), Counter()))
        self._ttl = REMEMBERED + 2 * max(settings.open_for, settings.within or 0.0)
        self._last = self._restored(None, 0.0, [])

    @property
    def state(self) -> State:
        """The state as this process knows it."""
        return self._last.state

    def rejection(self) -> FlowError:
        return self._last.rejection()

    async def enter(self) -> Entry | None:
        era = await self._change(Circuit.enter)
        return None if era is None else Entry(era, self._last.has_failures)

    async def note_success(self, entry: Entry) -> None:
        if entry.has_failures:
            await self._note(lambda circuit: circuit.note_success(entry.era))

    async def note_failure(self, entry: Entry, failure: FlowError) -> bool:
        return bool(await self._note(lambda circuit: circuit.note_failure(entry.era, failure)))

    async def note_nothing(self, entry: Entry) -> None:
        if entry.has_failures:
            await self._note(lambda circuit: circuit.note_nothing(entry.era))

    async def _note(self, step: Callable[[Circuit], T]) -> T | None:
        try:
            return await self._change(step)
        except FlowError as error:
            if error.type != STORE_NOT_AVAILABLE:
                raise
            return None

    async def _change(self, step: Callable[[Circuit], T]) -> T:
        while True:
            seen = await self._shelf.look(self._key)
            told: list[str] = []
            circuit = self._restored(seen.data, seen.now, told)
            before = circuit.as_data()
            result = step(circuit)
            is_changed = circuit.as_data() != before
            if not is_changed or await self._shelf.swap(self._key, seen.data, _data(circuit), self._ttl):
                self._last = circuit
                for what in told:
                    circuit.log(what)
                return result

    def _restored(self, data: bytes | None, now: float, told: list[str]) -> Circuit:
        patience = max(self._settings.open_for, SHORTEST_PATIENCE)
        circuit = Circuit(self._name, self._settings, lambda: now, patience, told.append)
        if data is not None:
            circuit.restore(restore(data))
        return circuit


def _data(circuit: Circuit) -> bytes:
    state: dict[str, Any] = circuit.as_data()
    return serialise(state)
