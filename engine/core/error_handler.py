"""Which handler takes an error, and what on-error-* have in common."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, NamedTuple, Self

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from engine.core.chain import Chain
from engine.core.element import Element
from engine.core.errors import CRITICAL, UNKNOWN, ErrorType, FlowError, error_type
from engine.core.event import Event
from engine.core.expression import Condition
from engine.core.mistake import Mistake, refuse, shown
from engine.core.text import Place
from engine.core.validated import Validated

log = logging.getLogger("engine")


class TypePatterns(Validated):
    """What `type` names: a comma list or a YAML list of `NS:ID`, `ID` (of MULE), `NS:*`, `*:ID`, `ANY`.

    A name matches itself and its descendants, `NS:*` the types of that namespace, `*:ID` the
    identifier in any namespace, ancestors included. CRITICAL and its descendants never match, and
    UNKNOWN only where everything does.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = tuple(pattern.strip() for pattern in patterns)
        self.is_all = any(pattern in CATCH_ALL for pattern in self.patterns)
        split = [pattern.split(":") if ":" in pattern else ["MULE", pattern] for pattern in self.patterns]
        self._names = frozenset(f"{namespace}:{name}" for namespace, name in split)

    def match(self, failure: FlowError) -> bool:
        lineage = failure.type.lineage
        if lineage[-1] == CRITICAL:
            return False
        if self.is_all:
            return True
        candidates = {f"{failure.type.namespace}:*"}
        for ancestor in lineage:
            candidates |= {str(ancestor), f"*:{ancestor.identifier}"}
        return failure.type != UNKNOWN and not self._names.isdisjoint(candidates)

    def names(self) -> list[str]:
        """The patterns without wildcards, for checking that such types exist."""
        return [pattern for pattern in self.patterns if "*" not in pattern]

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        if isinstance(value, cls):
            return value
        entries = list(_entries(value))
        mistakes = [mistake for entry in entries if (mistake := _pattern_mistake(entry, value))]
        if mistakes or not entries:
            refuse(mistakes or [Mistake("F303", shown(value), "error types, such as DB:CONNECTIVITY or '*:TIMEOUT'")])
        if info.context is not None:
            info.context.expect_error_types(entries)
        return cls([entry.value for entry in entries])


class _Entry(NamedTuple):
    """One of several types, where it stands, and how far in that text."""

    value: Any
    place: Place | None
    offset: int


def _entries(value: Any) -> Iterator[_Entry]:
    """The types of a list, or of a comma list."""
    if isinstance(value, list):
        yield from (_Entry(entry, getattr(entry, "place", None), 0) for entry in value)
    elif isinstance(value, str):
        start = 0
        for part in value.split(","):
            blanks = len(part) - len(part.lstrip())
            offset = 0 if getattr(value, "has_placeholders", False) else start + blanks
            yield _Entry(part.strip(), getattr(value, "place", None), offset)
            start += len(part) + 1


CATCH_ALL = frozenset({"ANY", "MULE:ANY", "*:*", "*"})


def _pattern_mistake(entry: _Entry, whole: Any) -> Mistake | None:
    if isinstance(entry.value, str):
        try:
            error_type(entry.value.strip().replace("*", "x"))
            return None
        except ValueError:
            pass
    write = 'NS:ID, NS:*, "*:ID" or ANY'
    if isinstance(entry.value, str) and '"' in entry.value:
        write = f'"{whole}"'.replace('"', "").join('""')
    found = "a secret" if getattr(whole, "secret", False) else shown(entry.value)
    return Mistake("F303", f"{found}, which is no error type", "an error type", write, entry.place, entry.offset)


class OnError(Element):
    """The base of on-error-continue and on-error-propagate."""

    type: TypePatterns = TypePatterns(["ANY"])
    """The error types that this handler takes (a list; wildcards and hierarchy count); all, if left out."""

    when: Condition | None = None
    """A condition that must hold besides; it sees `error`."""

    log_exception: bool = True
    """Whether the error is logged."""

    steps: Chain = Chain()
    """What to run; the event is that of the failure, with `error`."""

    @property
    def is_catch_all(self) -> bool:
        return self.when is None and self.type.is_all

    def takes(self, failure: FlowError, event: Event) -> bool:
        return self.type.match(failure) and (self.when is None or self.when.evaluate(event))

    async def handle(self, failure: FlowError, event: Event, outer: FlowError | None) -> Event:
        """Handle the error. `outer` is the error that was being handled where the scope began.

        Returns the event to go on with, or raises.
        """
        raise NotImplementedError

    async def run_steps(self, failure: FlowError, event: Event) -> Event:
        """Run the handler's steps. An error in them replaces the first and keeps it as its cause."""
        if self.log_exception:
            log_failure(failure)
        try:
            return await self.steps.run(event)
        except FlowError as later:
            later.cause, later.answer.before = failure, failure.answer.before
            raise


class ErrorHandler(Validated):
    """The handlers of a flow or a try scope: the first that takes the error runs."""

    def __init__(self, handlers: Sequence[OnError] = ()) -> None:
        self.handlers = tuple(handlers)

    async def handle(self, failure: FlowError, outer: FlowError | None = None) -> Event:
        """The event to go on with; raises the error where no handler takes it, or one propagates it."""
        assert failure.event is not None  # a Chain has seen it
        event = failure.event.with_error(failure)
        if failure.answer.before is None:
            failure.answer.before = failure.event  # not `event`: it holds the failure, and a circle is garbage
        for handler in self.handlers:
            if self._takes(handler, failure, event):
                return await handler.handle(failure, event, outer)
        raise failure

    def _takes(self, handler: OnError, failure: FlowError, event: Event) -> bool:
        try:
            return handler.takes(failure, event)
        except FlowError as later:
            later.cause, later.event, later.failing_component = failure, event, failure.failing_component
            later.answer.before = failure.answer.before
            raise

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self | Any:
        if isinstance(value, cls):
            return value
        if info.context is not None:
            return info.context.error_handler(value)
        if value is None:
            return cls()
        if isinstance(value, (list, tuple)) and all(isinstance(entry, OnError) for entry in value):
            return cls(value)
        refuse([Mistake("F303", f"{type(value).__name__}", "an ErrorHandler or a list of handlers")])


OwnErrorHandler = Annotated[ErrorHandler, Field(alias="error-handler", validate_default=True)]
"""A parameter `error-handler`; left out, it is the application's default handler."""


class _NamedType:
    """In `Annotated[ErrorType, _NamedType()]`: the parameter is the name of an error type, known or new."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self._validate)

    def _validate(self, value: Any, info: core_schema.ValidationInfo) -> ErrorType:
        if isinstance(value, ErrorType):
            return value
        if _pattern_mistake(_Entry(value, None, 0), value) or "*" in value:
            refuse([Mistake("F303", shown(value), "one error type", "NS:ID")])
        known: ErrorType = info.context.raised_type(value, value) if info.context else error_type(value)
        return known


RaisedType = Annotated[ErrorType, _NamedType()]
"""The type of an error that an element raises: `NS:ID`."""


def log_failure(failure: FlowError) -> None:
    """Log an error, unless that was done before."""
    if failure.logged:
        return
    failure.logged = True
    correlation_id = failure.event.correlation_id if failure.event else ""
    detail = failure.detailed_description if failure.detailed_description != failure.description else ""
    log.error("%s%s", failure, f" ({detail})" if detail else "", extra={"correlation_id": correlation_id})
