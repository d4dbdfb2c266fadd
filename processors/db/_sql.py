"""Statements with `:name` parameters, translated once, when the file is loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from itertools import zip_longest
from operator import itemgetter
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from engine import Evaluate, Event, FlowError, Mistake, refuse
from processors.db._database import ParameterStyle
from processors.db._errors import QUERY_EXECUTION

# Quoted text, comments and `::casts` are left alone; what remains of `:name` is a parameter.
TOKEN = re.compile(
    r"""
    (?<!\w)[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*`
    | (?<![\w$])\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$
    | --[^\n]* | /\*(?:[^/*]|/(?!\*)|\*(?!/)|/\*.*?\*/)*\*/ | ::\w+ | (?<![\w:]):(?P<name>[A-Za-z_]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)
RETURNING = re.compile(r"\bRETURNING\b", re.IGNORECASE)
FIRST_WORD = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*([A-Za-z]+)", re.DOTALL)
OF_TRANSACTIONS = frozenset({"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "START", "ATTACH", "DETACH"})


class Sql:
    """A statement: its text between the parameters, and their names in the order of their places."""

    def __init__(self, text: str) -> None:
        marks = [match for match in TOKEN.finditer(text) if match["name"]]
        ends = [0, *(match.end() for match in marks)]
        starts = [*(match.start() for match in marks), len(text)]
        self._texts = [text[end:start] for end, start in zip(ends, starts, strict=True)]
        self._places: tuple[str, ...] = tuple(match["name"] for match in marks)
        self.names = tuple(dict.fromkeys(self._places))
        self.place = getattr(text, "place", None)
        self.verb = verb_of(text)

    def text(self, style: ParameterStyle) -> str:
        """The statement as a driver wants it."""
        places = self._numbers() if style.is_shared else range(1, len(self._places) + 1)
        marks = [style.placeholder(number) for number in places]
        return "".join(style.escape(text) + mark for text, mark in zip_longest(self._texts, marks, fillvalue=""))

    def returning(self, columns: Sequence[str]) -> Sql:
        """The same statement, which gives back these columns of the row, all where none is named."""
        written = "".join(self._texts)
        if RETURNING.search(TOKEN.sub("", written)):
            return self
        it = copy(self)
        last = self._texts[-1].rstrip().rstrip(";")
        it._texts = [*self._texts[:-1], f"{last}\nRETURNING {', '.join(columns) or '*'}"]  # behind a comment, too
        return it

    def written(self, marks: Mapping[str, str]) -> str:
        """The text of the statement with other text in the places of some parameters."""
        places = [marks.get(name, f":{name}") for name in self._places]
        return "".join(text + mark for text, mark in zip_longest(self._texts, places, fillvalue=""))

    def count(self, style: ParameterStyle) -> int:
        """How many values a driver wants."""
        return len(self.names if style.is_shared else self._places)

    def _numbers(self) -> list[int]:
        return [self.names.index(name) + 1 for name in self._places]

    def _getter(self, style: ParameterStyle) -> Callable[[Any], Sequence[Any]]:
        names = self.names if style.is_shared else self._places
        if not names:
            return lambda parameters: ()
        get = itemgetter(*names)
        return get if len(names) > 1 else lambda parameters: (get(parameters),)

    def binder(self, evaluate: Evaluate, style: ParameterStyle) -> Callable[[Event], Sequence[Any]]:
        """A function that gives the values in the order that a driver wants, out of the map that `evaluate` makes.

        It raises DB:QUERY_EXECUTION that names a missing one, and never takes it for null.
        """
        values = self._getter(style)

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
        return value if isinstance(value, cls) else cls(checked(value))


def checked(value: Any) -> str:
    """The text of a statement, or of several. Refuses what is none, expressions, and what the engine does itself."""
    if not isinstance(value, str) or not value.strip():
        refuse([Mistake("F303", f"{value!r}", "an SQL statement")])
    if "#[" in value:
        found, write = "'#[' inside sql", "a parameter :name, and its value under input-parameters"
        refuse([Mistake("F601", found, "a statement that no expression builds", write, offset=value.index("#["))])
    check_verb(value)
    return value


def check_verb(text: str) -> None:
    """Refuse a statement that begins or ends transactions."""
    if verb_of(text) in OF_TRANSACTIONS:
        found = f"the statement {verb_of(text)}"
        refuse([Mistake("F602", found, "a statement that leaves transactions to the engine")])


ONE_OF_MANY = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "WITH", "VALUES"})
"""The verbs of statements that come to the same in a transaction as each on its own."""

CHANGING = ONE_OF_MANY - {"SELECT", "VALUES"}
"""Those of them that may change rows."""


def verb_of(text: str) -> str:
    """The first word of a statement, in capitals; empty where there is none."""
    first = FIRST_WORD.match(text)
    return first[1].upper() if first else ""
