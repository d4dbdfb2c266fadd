"""Parameter tables: a case for each row of `each`, with the row's values in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.expressions.writing import to_text
from engine.loading.files.data import Map, Sequence, as_data
from engine.loading.files.place import Place
from engine.parameters.mistake import Mistake, shown
from engine.parameters.text import Text

PLACEHOLDER = re.compile(r"(?<!\\)\$\{([^{}:]+)\}")
NO_ROW: Mapping[str, Any] = {}


def rows_of(written: Any, place: Place) -> tuple[list[Mapping[str, Any]], Mistake | None]:
    """Return the rows under `each`, and the mistakes in them."""
    if isinstance(written, Sequence) and written and all(isinstance(row, Map) for row in written):
        return list(written), None
    row = (
        next((at for at, row in zip(written.places, written, strict=True) if not isinstance(row, Map)), place)
        if isinstance(written, Sequence)
        else place
    )
    found = f"{shown(written)} for 'each'" if row is place else "a row of 'each' that is no map"
    return [], Mistake("F704", found, "a list of maps, one for each run", "- {name: value}", row)


def filled_text(text: str, row: Mapping[str, Any]) -> str:
    """Return a text with the values of a row in it, such as the name of a case."""
    return _with_values(text, row, str)


def _with_values(text: str, row: Mapping[str, Any], written: Callable[[str], str]) -> str:
    def value(match: re.Match[str]) -> str:
        return written(to_text(as_data(row[match[1]]))) if match[1] in row else match[0]

    return PLACEHOLDER.sub(value, text)


def copied(value: Any, row: Mapping[str, Any] = NO_ROW, *, is_data: bool = True) -> Any:
    """Return the value in maps and lists of its own, `${name}` replaced by the row's value; places stay.

    is_data: whether it stays so; otherwise other placeholders are filled in later, but none in the row's values.
    """
    if isinstance(value, Map):
        return _copied_map(value, row, is_data=is_data)
    if isinstance(value, Sequence):
        sequence = Sequence(value.place)
        sequence.extend(copied(each, row, is_data=is_data) for each in value)
        sequence.places = list(value.places)
        return sequence
    return _filled(value, row, is_data=is_data) if row and isinstance(value, Text) and "${" in value else value


def _copied_map(value: Map, row: Mapping[str, Any], *, is_data: bool) -> Map:
    fresh = Map(value.place)
    for key, inner in value.items():
        name = filled_text(key, row) if row and "${" in key else key
        fresh.put(name, copied(inner, row, is_data=is_data), *value.places[key])
    return fresh


def _filled(text: Text, row: Mapping[str, Any], *, is_data: bool) -> Any:
    whole = PLACEHOLDER.fullmatch(text)
    if whole and whole[1] in row:
        value = copied(row[whole[1]])
        return value if is_data else _literal(value)
    filled = _with_values(text, row, str if is_data else _escaped)
    return text if filled == text else Text(filled, text.place)


def _literal(value: Any) -> Any:
    """Escape a row's value so that no placeholder is found in it; maps and lists are changed in place."""
    if isinstance(value, Map):
        value.update({key: _literal(inner) for key, inner in value.items()})
    elif isinstance(value, Sequence):
        value[:] = [_literal(each) for each in value]
    elif isinstance(value, Text) and "${" in value:
        return Text(_escaped(value), value.place)
    return value


def _escaped(text: str) -> str:
    return text.replace("${", "\\${")
