"""Observers of running flows: woven in when the flows are linked, so that they cost nothing if there are none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol, Self

from engine.values.event import Event

Node = Any
"""A Step, a handler (OnError), a Flow, or a Source: each at its place in the files."""


class Observer(Protocol):
    """Observes events. Its methods are called in the context of the event, never wait, and must not raise.

    If a step of a batch is repeated, it is entered again.
    """

    def entered(self, node: Node, event: Event) -> None:
        """Note that an event enters a step, a handler's steps or a flow, or comes from a source."""

    def left(self, node: Node, event: Event, failure: BaseException | None) -> None:
        """Note that an event has left. event: the one after the node; with a failure, the one that entered.

        failure: a FlowError, or the exception that ended the work from outside, such as a cancellation.
        """


Serve = Callable[..., Awaitable[Any]]
"""Serves an event of a source: `serve(event, answer, …)`, as a flow's `serve`."""


class Meter:
    """The base of those who look at flows from outside: cheaper than an observer, which sees each step.

    Each method is called once for its part, when the flows are linked; what it returns takes the place of what it got.
    """

    def serving(self, flow: Any, serve: Serve) -> Serve:
        """Return the function that serves the events of a flow's source, with what the meter adds."""
        return serve

    def running(self, flow: Any, run: Callable[[Event], Awaitable[Event]]) -> Callable[[Event], Awaitable[Event]]:
        """Return the function that runs a flow for those who call it by its name, likewise."""
        return run

    def stepping(self, step: Any, code: Any) -> Any:
        """Return the Code of a step, likewise. Its effects stay as they are."""
        return code

    def live_in(self, parts: Any) -> None:
        """Become the meter of an application with these parts: called before its flows are linked."""


class Watch(NamedTuple):
    """All observers as two functions."""

    entered: Callable[[Node, Event], None]
    left: Callable[[Node, Event, BaseException | None], None]


def watch(observers: Sequence[Observer]) -> Watch | None:
    """Return the observers as one: called in order when an event enters, in reverse order when it leaves."""
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


class Visit:
    """A visit of an event to a node, as the observers see it: a context that they enter and leave.

    after: the event after the node; observers of a failure get the one that entered.
    """

    __slots__ = ("_entering", "_node", "_watch", "after")

    def __init__(self, watch: Watch, node: Node, event: Event) -> None:
        self._watch, self._node, self._entering = watch, node, event
        self.after = event

    def __enter__(self) -> Self:
        self._watch.entered(self._node, self._entering)
        return self

    def __exit__(self, kind: object, failure: BaseException | None, traceback: object) -> None:
        self._watch.left(self._node, self.after if failure is None else self._entering, failure)
