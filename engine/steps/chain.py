"""Steps in a row. Only this module adds the place at which an error happened to it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import Any

from engine.parameters.expression import Written
from engine.parameters.loading import Elements
from engine.parameters.validated import held, typed
from engine.plan.code import Code
from engine.plan.link import Link
from engine.steps.processor import Processor
from engine.values.errors import UNKNOWN, FlowError
from engine.values.event import Event
from engine.work.held_lines import write_line

log = logging.getLogger("engine")


class Step:
    """A processor at its place in a chain.

    name: the element's name (`set-payload`).
    location: the value of failingComponent (`flow/steps/2/try/steps/0 @ flows/x.yaml:23`).
    written: its parameters as written in the file.
    """

    __slots__ = ("location", "name", "processor", "written")

    def __init__(
        self,
        processor: Processor,
        name: str | None = None,
        location: str | None = None,
        written: Written | None = None,
    ) -> None:
        self.processor = processor
        self.name = name or type(processor).__name__
        self.location = location or self.name
        self.written = written

    def members(self) -> Iterable[Any]:
        return (self.processor,)

    def left(self, error: Exception, event: Event) -> FlowError:
        """Return the error that leaves the chain after the step raised this one. event: the one that entered."""
        failure = error if isinstance(error, FlowError) else self._unexpected(error, event)
        if failure.failing_component is None:
            failure.event, failure.failing_component = failure.event or event, self.location
            failure.failing_doc_name = self.processor.doc_name
        left = self.processor.map_error(failure)
        if left is not error:
            left.__cause__ = error
        return left

    def _unexpected(self, bug: Exception, event: Event) -> FlowError:
        """Return the error for an exception that is not a FlowError: a bug. Log it with its traceback, once."""
        frames = (type(bug), bug, bug.__traceback__)  # the exception may drop them before the line is written
        text = f"unexpected error in {self.name} ({self.location})"
        failure = FlowError(UNKNOWN, f"unexpected error in {self.name}", detailed_description=repr(bug), cause=bug)
        failure.event, failure.failing_component, failure.logged = event, self.location, True
        failure.failing_doc_name = self.processor.doc_name
        write_line(partial(log.error, "%s", text, exc_info=frames, extra=failure.log_fields()))
        return failure


class Chain(Elements):
    """Runs steps in order; the event of each is the input of the next.

    An error leaves with the place of the step that raised it and the event that entered that step,
    under the type assigned by the step's error-mapping.

    location: the place of the steps, for errors of the whole chain.
    """

    __slots__ = ("is_of_application", "location", "run", "steps")
    element = Processor
    word = "steps"
    schema = typed("array", items=held("step"))

    run: Callable[[Event], Coroutine[Any, Any, Event]]
    """Returns the event after the steps. The linker sets this function."""

    def __init__(self, steps: Sequence[Step | Processor] = (), location: str | None = None) -> None:
        self.location = location
        self.steps = tuple(step if isinstance(step, Step) else Step(step) for step in steps)
        self.is_of_application = False

    def __getattr__(self, name: str) -> Any:
        if name == "run":  # not linked yet; an attribute from the beginning would be a reference cycle
            return self._link_and_run
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def members(self) -> Iterable[Any]:
        return self.steps

    def code(self, link: Link) -> Code:
        return link.row(self.steps)

    def use(self, code: Code, link: Link) -> None:
        self.run, self.is_of_application = code.awaited, not link.in_python

    async def _link_and_run(self, event: Event) -> Event:
        """Run steps that were created in Python, outside of an application: the first event links them."""
        Link(in_python=True).link([self]).install()
        return await self.run(event)
