"""The functions of expressions that need the application: its properties, its flows, its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from engine.expressions.errors import EvaluationError, NoProperty
from engine.expressions.functions.function import Function, function, literal_text
from engine.loading.placeholders import Filler
from engine.parameters.files import ResourceError, Resources
from engine.values.event import Event
from engine.work.clock import Clock
from engine.work.first_step import begin
from engine.work.nesting import Runnable, run_nested

LOOKUP = 1000
"""Steps to run a small flow, without its expressions."""


class ApplicationFunctions(dict[str, Function]):
    """The functions of one application by name; `were_used` is set when an expression asks for one."""

    were_used = False

    def __getitem__(self, name: str) -> Function:
        found = super().__getitem__(name)
        self.were_used = True
        return found


def application_functions(filler: Filler, flows: Mapping[str, Runnable], resources: Resources) -> ApplicationFunctions:
    """Return p, lookup and resource of one application.

    flows: filled while the application is loaded; resources: the files beside them.
    """
    functions = (_property(filler), _lookup(flows), _resource(resources))
    return ApplicationFunctions({each.name: each for each in functions})


class ClockFunctions(Mapping[str, Function]):
    """now and today by the application's clock; their module is imported when one of them is used."""

    NAMES = ("now", "today")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __getitem__(self, name: str) -> Function:
        if name not in self.NAMES:
            raise KeyError(name)
        return self._made[self.NAMES.index(name)]

    @cached_property
    def _made(self) -> Sequence[Function]:
        from engine.expressions.functions.dates.dates import by_clock

        return by_clock(self._clock.now)

    def __iter__(self) -> Iterator[str]:
        return iter(self.NAMES)

    def __len__(self) -> int:
        return len(self.NAMES)


def _property(filler: Filler) -> Function:
    def check(arguments: Sequence[Any]) -> str | None:
        name = literal_text(arguments, 0)
        filler.asked.update([name] if name is not None else [])
        missing = name is not None and filler.properties.find(name) is None
        return f"p('{name}'), for which there is no property" if missing else None

    @function("string", check=check, dataweave="p")
    def p(name: str) -> str:
        """The text of a property: the value that `${name}` has outside expressions.

        A name that no source has is an error when the file is loaded, or MULE:EXPRESSION if the name is computed.
        """
        try:
            text = filler.text_of(name)
        except ValueError as error:
            raise EvaluationError(f"p() found {error} in the property") from None
        if text is None:
            raise NoProperty("p() found no property of that name")
        return text

    return p


def _lookup(flows: Mapping[str, Runnable]) -> Function:
    @function("string", "any", steps=LOOKUP, dataweave="lookup", acts=True)
    def lookup(flow: str, payload: Any) -> Any:
        """The final payload of a flow or sub-flow that is run with this payload, and no variables.

        The flow must not wait for anything: use flow-ref with a target for one that calls others.
        """
        if flow not in flows:
            raise EvaluationError("lookup() found no flow of that name")
        running = run_nested(flows[flow], Event(payload=payload))
        begun = begin(running)
        if begun.is_done:
            return begun.value.payload
        running.close()
        raise EvaluationError("lookup() takes a flow that waits for nothing; flow-ref with a target runs any")

    return lookup


def _resource(resources: Resources) -> Function:
    def check(arguments: Sequence[Any]) -> str | None:
        name = literal_text(arguments, 0)
        is_missing = name is not None and resources.find(name) is None
        return f"resource('{name}'), a file that is not there" if is_missing else None

    @function("string", check=check, dataweave="readUrl")
    def resource(file: str) -> str:
        """The text of a file in the folder of the flow files; `read(resource('x.json'), 'application/json')` reads it.

        A literal name without a file is an error when the flow file is loaded. At most 10 MiB; a link may lead
        within the folder only.
        """
        try:
            return resources.read(file)
        except ResourceError as error:
            raise EvaluationError(f"resource() {error}") from None

    return resource
