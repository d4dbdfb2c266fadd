"""Statements with `:name` parameters, translated once, when the file is loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from itertools import zip_longest
from operator import itemgetter
from typing import Any, NamedTuple, Self

from pydantic_core import core_schema

from engine import Event, FlowError, Mistake, Validated, refuse
from engine.connectors import TEXT, Evaluate, last_of_each
from processors.db._database import ParameterStyle
from processors.db._errors import QUERY_EXECUTION
from processors.db._lists import minding
from processors.db._places import TOKEN, Kind, SqlPlace, places_in

RETURNING = re.compile(r"\bRETURNING\b", re.IGNORECASE)
FIRST_WORD = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*([A-Za-z]+)", re.DOTALL)
OF_TRANSACTIONS = frozenset({"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "START", "ATTACH", "DETACH"})


class Key(NamedTuple):
    """One of the values that a driver wants: that of a parameter, or the list of one."""

    name: str
    is_list: bool


class Sql(Validated):
    """A statement: its text between the parameters, and their places in it."""

    word = "SQL"
    schema = TEXT

    def __init__(self, text: str) -> None:
        self._places = places_in(text)
        ends = [0, *(place.end for place in self._places)]
        starts = [*(place.start for place in self._places), len(text)]
        self._texts = [text[end:start] for end, start in zip(ends, starts, strict=True)]
        self.names = tuple(dict.fromkeys(place.name for place in self._places))
        self.place = getattr(text, "place", None)
        self.verb = verb_of(text)

    @property
    def has_lists(self) -> bool:
        """Whether a list is used after IN, whose values may be many."""
        return any(place.is_list for place in self._places)

    def text(self, style: ParameterStyle) -> str:
        """Return the statement as a driver wants it."""
        marks = [
            style.among(number, place.kind is Kind.NOT_AMONG) if place.is_list else style.placeholder(number)
            for place, number in zip(self._places, self._numbers(style), strict=True)
        ]
        return "".join(style.escape(text) + mark for text, mark in zip_longest(self._texts, marks, fillvalue=""))

    def returning(self, columns: Sequence[str]) -> Sql:
        """Return the same statement, returning these columns of the row, or all if none is named."""
        written = "".join(self._texts)
        if RETURNING.search(TOKEN.sub("", written)):
            return self
        it = copy(self)
        last = self._texts[-1].rstrip().rstrip(";")
        it._texts = [*self._texts[:-1], f"{last}\nRETURNING {', '.join(columns) or '*'}"]  # after a comment, too
        return it

    def written(self, marks: Mapping[str, str]) -> str:
        """Return the text of the statement with other text in the places of some parameters."""
        places = [_written(place, marks.get(place.name, f":{place.name}")) for place in self._places]
        return "".join(text + mark for text, mark in zip_longest(self._texts, places, fillvalue=""))

    def count(self, style: ParameterStyle) -> int:
        """Return how many values a driver wants."""
        return len(self._keys(style))

    def _keys(self, style: ParameterStyle) -> list[Key]:
        """Return the values that a driver wants, in their order."""
        keys = [self._key(place, style) for place in self._places]
        return list(dict.fromkeys(keys)) if style.is_shared else keys

    def _key(self, place: SqlPlace, style: ParameterStyle) -> Key:
        """Return the key of a place. If parameters have types, a list that is asked for null has one key everywhere."""
        is_tested = style.has_types and place.kind is Kind.TESTED
        is_list = place.is_list or (is_tested and any(other.is_list for other in self._places_of(place.name)))
        return Key(place.name, is_list)

    def _places_of(self, name: str) -> list[SqlPlace]:
        return [place for place in self._places if place.name == name]

    def _numbers(self, style: ParameterStyle) -> Sequence[int]:
        if not style.is_shared:
            return range(1, len(self._places) + 1)
        numbers = {key: number for number, key in enumerate(self._keys(style), 1)}
        return [numbers[self._key(place, style)] for place in self._places]

    def binder(self, evaluate: Evaluate, style: ParameterStyle) -> Callable[[Event], Sequence[Any]]:
        """Return a function that puts values in the order that a driver wants, out of the map that `evaluate` makes.

        It raises DB:QUERY_EXECUTION that names a missing one, and never takes it for null; and one that names a list or
        a map used where one value is compared.
        """
        values = _getter([key.name for key in self._keys(style)])

        def bind(event: Event) -> Sequence[Any]:
            parameters = evaluate(event)
            try:
                return values(parameters)
            except (KeyError, TypeError, IndexError):
                if (known := last_of_each(parameters)) is not parameters and known.keys() >= set(self.names):
                    return values(known)
                raise self._unbound(known) from None

        lists, compared = self._treated(style)
        return minding(bind, lists, compared, style) if lists or compared else bind

    def _treated(self, style: ParameterStyle) -> tuple[dict[int, str], dict[int, str]]:
        """Return the names of lists, and of compared values, by the positions of their values."""
        keys = list(enumerate(self._keys(style)))
        compared = {self._key(place, style) for place in self._places if place.kind is Kind.COMPARED}
        lists = {position: key.name for position, key in keys if key.is_list}
        return lists, {position: key.name for position, key in keys if key in compared and not key.is_list}

    def _unbound(self, parameters: Any) -> FlowError:
        if not isinstance(parameters, Mapping):
            return FlowError(QUERY_EXECUTION, "the parameters of a statement are no map")
        missing = next(name for name in self.names if name not in parameters)
        return FlowError(QUERY_EXECUTION, f"the parameter '{missing}' of a statement is missing")

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        return value if isinstance(value, cls) else cls(checked(value))


def _written(place: SqlPlace, mark: str) -> str:
    if not place.is_list:
        return mark
    return f"NOT IN ({mark})" if place.kind is Kind.NOT_AMONG else f"IN ({mark})"


def _getter(names: Sequence[str]) -> Callable[[Any], Sequence[Any]]:
    if not names:
        return lambda parameters: ()
    get = itemgetter(*names)
    return get if len(names) > 1 else lambda parameters: (get(parameters),)


def checked(value: Any) -> str:
    """Check the text of statements. Refuse other values, expressions, and the engine's own statements."""
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
"""The verbs of statements that have the same outcome in a transaction as each on its own."""

CHANGING = ONE_OF_MANY - {"SELECT", "VALUES"}
"""Those of them that may change rows."""


def verb_of(text: str) -> str:
    """Return the first word of a statement, in capitals; empty if there is none."""
    first = FIRST_WORD.match(text)
    return first[1].upper() if first else ""
