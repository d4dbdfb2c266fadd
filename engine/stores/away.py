"""What elements do while the home of their state is away."""

from __future__ import annotations

from typing import Literal

from engine.stores.store import STORE_NOT_AVAILABLE
from engine.values.errors import FlowError
from engine.work.measures import Counter, Measures

WhenAway = Literal["FAIL", "GO_ON"]
"""Whether an element fails, or goes on without what it knows, if its store cannot be reached."""


def goes_on(failure: FlowError, when_away: WhenAway, counter: Counter) -> bool:
    """Return whether an element goes on after an error of its store, and count that."""
    if when_away == "FAIL" or failure.type != STORE_NOT_AVAILABLE:
        return False
    counter.value += 1
    return True


def without_state(measures: Measures, element: str, place: str) -> Counter:
    """Return the counter of an element for events that went on without its state."""
    text = "Events that went on although an element could not reach its state"
    return measures.counter("engine_without_state_total", text, element=element, place=place)
