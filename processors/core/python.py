from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from engine import Event, Field, FlowError, Message, Mistake, Operation, Template, prepared, refuse, shown
from engine.connectors import CommaList, PythonFunction, RaisedType, Written, built, did_you_mean, with_own_budget


class Python(Operation):
    """Call a Python function, plain or async; its result is the payload, or goes to `target`.

    `function` is `module:name`, of an installed package, of the folder in which the engine was started, or of a file
    beside the flow files. It is imported when the flow is loaded. Names and literal values of `arguments` are checked
    then, by the function's annotations; values of expressions are checked when they come: MULE:EXPRESSION names the
    argument, the type found and the type wanted. Nothing is converted, except to types that JSON does not have: a text
    becomes a date, a map a dataclass or a pydantic model, a list a tuple. Lists and maps are copies: changing them
    changes no event. A parameter annotated `Event` gets the event itself, which must not be changed.

    If the result is an Event, it is the event after the step; a Message sets payload and attributes. FlowErrors pass as
    they are; list their types under `raises`, so that handlers may name them. Any other exception is MULE:UNKNOWN, its
    traceback logged once.

    A plain function runs in the event loop: while it computes or waits, no other request is served. `thread: true` runs
    a function that blocks in a thread; a deadline then ends the wait, not the function.

    Example:
        given: {payload: {net: [10, 20]}}
        run:
          - python: {function: "math:fsum", arguments: ["#[payload.net]"], target: sum}
        expect: {vars.sum: 30.0}
    """

    function: PythonFunction
    """The function: `module:name`."""

    arguments: Written = None  # type: ignore[assignment]  # none
    """Name → value or expression; or a list of them, in the order of the parameters."""

    raised: Annotated[CommaList[RaisedType], Field(alias="raises")] = ()
    """The types of the FlowErrors that the function may raise (a list); they become known to handlers,
    to coverage, to chaos and to the OpenAPI document."""

    thread: bool = False
    """Whether a plain function runs in a thread of its own."""

    is_outward = True
    reaches_outside = False
    _values: list[tuple[str, Callable[[Event], Any]]] = prepared()

    def __post_init__(self) -> None:
        written = self.arguments.written if self.arguments else {}
        if not isinstance(written, (Mapping, list)):
            refuse([Mistake("F303", f"{shown(written)} for 'arguments'", "a map of names, or a list of values")])
        mistakes = list(self._misnamed(written))
        if self.thread and self.function.is_async:
            mistakes.append(Mistake("F304", "an async function with thread: true", "a plain function, or no thread"))
        values = written.items() if isinstance(written, Mapping) else self._by_position(written)
        read = [(name, self._reader(name, value, mistakes)) for name, value in values]
        if mistakes:
            refuse(mistakes)
        self._prepare(_values=read, raises=tuple(self.raised))

    def _by_position(self, written: list[Any]) -> list[tuple[str, Any]]:
        names = [argument.name for argument in self.function.given]
        names += [str(number) for number in range(len(names) + 1, len(written) + 1)]
        return list(zip(names, written, strict=False))

    def _misnamed(self, written: Any) -> Any:
        """Yield the arguments that the function does not have, and those that it lacks."""
        given, function = self.function.given, self.function
        known = [argument.name for argument in given]
        if isinstance(written, Mapping):
            places = getattr(written, "places", {})
            for name in written:
                if name not in known and not function.takes_any_name:
                    expected = f"one of {', '.join(known)}" if known else "no arguments"
                    found = f"the argument '{name}', which the function does not have"
                    yield Mistake("F301", found, expected, did_you_mean(name, known), places.get(name, (None,))[0])
        elif len(written) > len(known) and not function.takes_any_number:
            yield Mistake("F301", f"{len(written)} arguments for the function", f"{len(known)} at most")
        there = written if isinstance(written, Mapping) else known[: len(written)]
        if missing := [each.name for each in given if each.is_required and each.name not in there]:
            yield Mistake("F302", f"no argument '{missing[0]}' for the function", f"all of {', '.join(known)}")

    def _reader(self, name: str, value: Any, mistakes: list[Mistake]) -> Callable[[Event], Any]:
        """Return the function that reads the argument from an event; a literal is checked now."""
        argument = self.function.arguments.get(name)
        template = built(lambda: Template(value, self.arguments.reach), mistakes)
        if template is None or argument is None:
            return template or Template(None)
        if template.is_literal:
            try:
                argument.read(template.literal)
            except FlowError as failure:
                place = getattr(value, "place", None)
                mistakes.append(Mistake("F303", shown(value), failure.description, "", place))
        return lambda event: argument.read(template.evaluate(event))

    async def run(self, event: Event) -> Event:
        positional, named = self.function.bind(event, {name: read(event) for name, read in self._values})
        result = await self._result(positional, named)
        if isinstance(result, Event):
            return self.deliver_event(event, result)
        if isinstance(result, Message):
            return self.deliver(event, result.payload, result.attributes)
        return self.deliver(event, result)

    async def _result(self, positional: list[Any], named: dict[str, Any]) -> Any:
        try:
            if self.thread:
                return await asyncio.to_thread(with_own_budget(self.function.call), *positional, **named)
            result = self.function.call(*positional, **named)
            return await result if self.function.is_async else result
        except SystemExit as error:  # it would end the server
            raise RuntimeError("the function tried to end the process") from error
