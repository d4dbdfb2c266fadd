"""Who looks on while flows run: woven in when they are linked, so that nothing is asked where nobody does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from engine.values.event import Event

Node = Any
"""A Step, a handler (OnError), a Flow, or a Source: each at its place in the files."""


class Observer(Protocol):
    """Looks on. It is called in the context of the event, never waits, and must raise nothing.

    A step of a batch that is done again is entered again.
    """

    def entered(self, node: Node, event: Event) -> None:
        """An event enters a step, a handler's steps, a flow, or comes from a source."""

    def left(self, node: Node, event: Event, failure: BaseException | None) -> None:
        """It has left: the event after the node, or with a failure the event that entered.

        failure: a FlowError, or what ended the work from outside, such as a cancellation.
        """


class Watch(NamedTuple):
    """All observers as two functions."""

    entered: Callable[[Node, Event], None]
    left: Callable[[Node, Event, BaseException | None], None]


def watch(observers: Sequence[Observer]) -> Watch | None:
    """The observers as one, told in their order when an event enters, and in the opposite one when it leaves."""
    if not observers:
        return None
    if len(observers) == 1:
        return Watch(observers[0].entered, observers[0].left)
    enter = [observer.entered for observer in observers]
    leave = [observer.left for observer in reversed(observers)]

    def entered(node: Node, event: Event) -> None:
        for tell in enter:
            tell(node, event)

    def left(node: Node, event: Event, failure: BaseException | None) -> None:
        for tell in leave:
            tell(node, event, failure)

    return Watch(entered, left)
