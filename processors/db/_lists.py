"""Lists after IN, and compared values: a list or a map is never taken for one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from engine import Event, FlowError
from engine.connectors import Appended, BatchLost
from engine.limits import LONGEST_LIST_OF_STATEMENT
from processors.db._database import ParameterStyle
from processors.db._errors import QUERY_EXECUTION

LISTS = (list, tuple, Appended)
SCALARS = frozenset({str, int, float, bool, type(None), Decimal, date, datetime, time, UUID, bytes})
"""The classes of most values: none of them is a list or a map."""
UNWRITABLE = (ValueError, TypeError, NotImplementedError, RecursionError, OverflowError)

Bind = Callable[[Event], Sequence[Any]]


class Comparing(tuple[Any, ...]):
    """Compared values of which some are lists or maps: a server that has types for them knows whether that is allowed.

    names: the names of the parameters, by their positions.
    """

    names: Mapping[int, str]

    def check(self, may_be: Sequence[bool]) -> None:
        """Raise DB:QUERY_EXECUTION if the type of a parameter is that of one value. may_be: for each position."""
        for position, name in self.names.items():
            if not may_be[position]:
                raise _refusal(name, self[position])


class Long(tuple[Any, ...]):
    """Values with a long list: a statement takes long for it, and on a local database everybody would wait."""


LONG = 1_000
"""Number of entries from which on a list is long."""


def short(bind: Bind) -> Bind:
    """Wrap the function for a statement that must not block. It raises BatchLost for a long list."""

    def bind_short(event: Event) -> Sequence[Any]:
        values = bind(event)
        if type(values) is Long:
            raise BatchLost
        return values

    return bind_short


def minding(bind: Bind, lists: Mapping[int, str], compared: Mapping[int, str], style: ParameterStyle) -> Bind:
    """Wrap the function so that it binds values in the form of a database.

    lists, compared: the names of lists after IN, and of compared values, by the positions of their values.
    """
    return _minding_compared(_minding_lists(bind, lists, style) if lists else bind, compared, style)


def _minding_lists(bind: Bind, lists: Mapping[int, str], style: ParameterStyle) -> Bind:
    def bind_lists(event: Event) -> Sequence[Any]:
        values, kind = list(bind(event)), tuple
        for position, name in lists.items():
            entries = _entries_of(values[position], name)
            kind = Long if len(entries) > LONG else kind
            try:
                values[position] = style.list_of(entries)
            except UNWRITABLE as error:
                description = f"an entry of the list '{name}' of a statement is no value of the database"
                raise FlowError(QUERY_EXECUTION, description, detailed_description=str(error), cause=error) from error
        return kind(values)

    return bind_lists


def _minding_compared(bind: Bind, compared: Mapping[int, str], style: ParameterStyle) -> Bind:
    positions, first = tuple(compared), next(iter(compared), 0)

    def bind_compared(event: Event) -> Sequence[Any]:
        values = bind(event)
        for position in positions:
            if type(values[position]) not in SCALARS:
                return _compared(values, compared, style)
        return values

    def bind_one(event: Event) -> Sequence[Any]:
        values = bind(event)
        return values if type(values[first]) in SCALARS else _compared(values, compared, style)

    return bind if not positions else bind_one if len(positions) == 1 else bind_compared


def _compared(values: Sequence[Any], compared: Mapping[int, str], style: ParameterStyle) -> Sequence[Any]:
    nested = {position: name for position, name in compared.items() if _is_nested(values[position])}
    if not nested:
        return values
    if not style.has_types:
        position, name = next(iter(nested.items()))
        raise _refusal(name, values[position])
    comparing = Comparing(values)
    comparing.names = nested
    return comparing


def _entries_of(value: Any, name: str) -> list[Any]:
    """Return the entries of a list; one value, null included, is a list of one."""
    if isinstance(value, Mapping):
        raise _refusal(name, value)
    entries = list(value) if isinstance(value, LISTS) else [value]
    if len(entries) > LONGEST_LIST_OF_STATEMENT:
        description = f"the list '{name}' of a statement has more than {LONGEST_LIST_OF_STATEMENT} entries"
        raise FlowError(QUERY_EXECUTION, description)
    if not SCALARS.issuperset(map(type, entries)) and any(map(_is_nested, entries)):
        raise FlowError(QUERY_EXECUTION, f"an entry of the list '{name}' of a statement is a list or a map itself")
    return entries


def _is_nested(value: Any) -> bool:
    return isinstance(value, (*LISTS, Mapping))


def _refusal(name: str, value: Any) -> FlowError:
    kind = "a map" if isinstance(value, Mapping) else "a list"
    description = f"the parameter '{name}' of a statement is {kind}, where one value is compared"
    detail = f"{description}; a list stands alone behind IN: IN (:{name})" if kind == "a list" else description
    return FlowError(QUERY_EXECUTION, description, detailed_description=detail)
