"""What elements were made of, so that a reload knows what has changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from engine.loading.files.data import Map, Sequence
from engine.loading.sections import NamedEntry
from engine.parameters.text import Text


class Definition(NamedTuple):
    """All that a named entry of the flow files was made of.

    value: as written, its placeholders filled in. folder: where it stands, since names of files begin there. files: the
    hashes of the files that were read for it. beside: what else it depends on, such as its class.
    """

    value: Any
    folder: Path
    files: Mapping[str, int]
    beside: tuple[Any, ...] = ()

    @classmethod
    def of(cls, entry: NamedEntry, files: Mapping[str, int], *beside: Any) -> Definition:
        return cls(entry.value, Path(entry.place.file).parent, files, beside)

    def is_same(self, other: Definition | None) -> bool:
        return other is not None and self[1:] == other[1:] and is_same(self.value, other.value)


@dataclass
class Definitions:
    """The definitions of an application by name; a config that can never be taken for another one has none."""

    configs: dict[str, Definition] = field(default_factory=dict)
    flows: dict[str, Definition] = field(default_factory=dict)
    """Those of flows, sub-flows, and lists of handlers."""
    properties: Mapping[str, Any] = field(default_factory=dict)


def is_same(one: Any, other: Any) -> bool:
    """Return whether two values of flow files are written the same, wherever they stand; their order counts, too."""
    waiting = [(one, other)]
    while waiting:
        one, other = waiting.pop()
        if one is other:
            continue
        if type(one) is not type(other) or _outside(one) != _outside(other):  # 1 is not true, nor 1.0
            return False
        if isinstance(one, (Map, Sequence)):
            waiting += zip(_inside(one), _inside(other), strict=True)
    return True


def _outside(value: Any) -> Any:
    if isinstance(value, Map):
        return list(value)
    if isinstance(value, Sequence):
        return len(value)
    return [piece[:2] for piece in value.pieces] if isinstance(value, Text) else value


def _inside(value: Map | Sequence) -> Collection[Any]:
    return value.values() if isinstance(value, Map) else value


def texts_in(value: Any) -> Iterator[str]:
    """Yield the texts in a value, at any depth."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, (Map, Sequence)):
            waiting += _inside(value)
        elif isinstance(value, str):
            yield str(value)
