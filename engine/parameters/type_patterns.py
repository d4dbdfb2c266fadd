"""Error types as flow files name them: patterns that handlers match, and types that elements raise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, NamedTuple, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from engine.parameters.loading import loading_of
from engine.parameters.mistake import Mistake, refuse, shown
from engine.parameters.text import TextPlace
from engine.parameters.validated import TEXT, TEXTS, Validated
from engine.values.errors import RETRY_EXHAUSTED, UNKNOWN, ErrorType, FlowError, error_type


class TypePatterns(Validated):
    """The value of `type`: a comma list or a YAML list of `NS:ID`, `ID` (of MULE), `NS:*`, `*:ID`, `ANY`.

    A name matches itself and its descendants, `NS:*` the types of that namespace, `*:ID` the identifier in any
    namespace, ancestors included. CRITICAL and its descendants never match, and UNKNOWN only if everything does.
    """

    word = "error types"
    schema = TEXTS

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = tuple(pattern.strip() for pattern in patterns)
        self.is_all = any(pattern in CATCH_ALL for pattern in self.patterns)
        split = [pattern.split(":") if ":" in pattern else ["MULE", pattern] for pattern in self.patterns]
        self._names = frozenset(f"{namespace}:{name}" for namespace, name in split)

    def match(self, failure: FlowError) -> bool:
        """Return whether they name the error; exhausted retries also match by the error that exhausted them."""
        if self.match_type(failure.type):
            return True
        is_exhausted = failure.type.identifier == RETRY_EXHAUSTED.identifier
        return is_exhausted and isinstance(failure.cause, FlowError) and self.match(failure.cause)

    def match_type(self, raised: ErrorType) -> bool:
        """Return whether they name the type."""
        if raised.is_critical:
            return False
        if self.is_all:
            return True
        return raised != UNKNOWN and not self._names.isdisjoint(raised.patterns)

    def names(self) -> list[str]:
        """Return the patterns without wildcards, for checking that such types exist."""
        return [pattern for pattern in self.patterns if "*" not in pattern]

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        if isinstance(value, cls):
            return value
        entries = list(_entries(value))
        mistakes = [mistake for entry in entries if (mistake := _pattern_mistake(entry, value))]
        if mistakes or not entries:
            refuse(mistakes or [Mistake("F303", shown(value), "error types, such as DB:CONNECTIVITY or '*:TIMEOUT'")])
        loading_of(info).expect_error_types(entries)
        return cls([entry.value for entry in entries])


class _Entry(NamedTuple):
    """One of several types, its place, and its offset in that text."""

    value: Any
    place: TextPlace | None
    offset: int


def _entries(value: Any) -> Iterator[_Entry]:
    """Yield the types of a list, or of a comma list."""
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
    return Mistake("F303", f"{found} is not an error type", "an error type", write, entry.place, entry.offset)


class NamedType:
    """In `Annotated[ErrorType, NamedType()]`: the parameter is the name of an error type, known or new."""

    word = "error type"
    schema = TEXT

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self._validate)

    def _validate(self, value: Any, info: core_schema.ValidationInfo) -> ErrorType:
        if isinstance(value, ErrorType):
            return value
        if _pattern_mistake(_Entry(value, None, 0), value) or "*" in value:
            refuse([Mistake("F303", shown(value), "one error type", "NS:ID")])
        return loading_of(info).raised_type(value, value)


RaisedType = Annotated[ErrorType, NamedType()]
"""The type of an error that an element raises: `NS:ID`."""
