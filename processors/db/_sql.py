"""Statements with `:name` parameters, translated once, when the file is loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from engine import Evaluate, Event, FlowError, Mistake, refuse
from processors.db._errors import QUERY_EXECUTION

# Quoted text, comments and `::casts` are left alone; what remains of `:name` is a parameter.
TOKEN = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | --[^\n]* | /\*.*?\*/ | ::\w+ | (?<![\w:]):(?P<name>[A-Za-z_]\w*)""",
    re.VERBOSE | re.DOTALL,
)
FIRST_WORD = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*([A-Za-z]+)", re.DOTALL)
OF_TRANSACTIONS = frozenset({"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "START", "ATTACH", "DETACH"})


class Sql:
    """A statement: its text with `?` for each parameter, and how the values come out of a map.

    names: the parameters in the order of their places; one may stand there several times.
    """

    def __init__(self, text: str) -> None:
        self.names: tuple[str, ...] = ()
        self.text = TOKEN.sub(self._take, text)
        self.values: Callable[[Any], Sequence[Any]] = self._getter()
        first = FIRST_WORD.match(text)
        self.verb = first[1].upper() if first else ""

    def _take(self, match: re.Match[str]) -> str:
        if match["name"] is None:
            return match[0]
        self.names += (match["name"],)
        return "?"

    def _getter(self) -> Callable[[Any], Sequence[Any]]:
        if not self.names:
            return lambda parameters: ()
        get = itemgetter(*self.names)
        return get if len(self.names) > 1 else lambda parameters: (get(parameters),)

    def binder(self, evaluate: Evaluate) -> Callable[[Event], Sequence[Any]]:
        """A function that gives the values in order, out of the map that `evaluate` makes of an event.

        It raises DB:QUERY_EXECUTION that names a missing one, and never takes it for null.
        """
        values = self.values

        def bind(event: Event) -> Sequence[Any]:
            parameters = evaluate(event)
            try:
                return values(parameters)
            except (KeyError, TypeError, IndexError):
                raise self._unbound(parameters) from None

        return bind

    def _unbound(self, parameters: Any) -> FlowError:
        if not isinstance(parameters, Mapping):
            return FlowError(QUERY_EXECUTION, "the parameters of a statement are no map")
        missing = next(name for name in self.names if name not in parameters)
        return FlowError(QUERY_EXECUTION, f"the parameter '{missing}' of a statement is missing")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls._validate)

    @classmethod
    def _validate(cls, value: Any) -> Sql:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str) or not value.strip():
            refuse([Mistake("F303", f"{value!r}", "an SQL statement")])
        if "#[" in value:
            found, write = "'#[' inside sql", "a parameter :name, and its value under input-parameters"
            refuse([Mistake("F601", found, "a statement that no expression builds", write, offset=value.index("#["))])
        sql = cls(value)
        if sql.verb in OF_TRANSACTIONS:
            refuse([Mistake("F602", f"the statement {sql.verb}", "a statement that leaves transactions to the engine")])
        return sql
