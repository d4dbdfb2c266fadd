"""Converting values to other types: `as`, and arguments that do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.expressions.dataweave.values.errors import Unfit
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.types import Type


def coerce(value: Any, kind: Type, schema: Mapping[str, Any] | None = None) -> Any:
    """Return the value `as` a type, with the metadata of `as Type {format: …}`. Raise Unfit if it does not convert."""
    return converted(value, kind.base)


def fitted(value: Any, kind: Type) -> Any:
    """Return an argument converted to the type of its parameter. Raise Unfit if it does not convert."""
    if kind.accepts(value):
        return value
    return converted(value, kind.base)


def converted(value: Any, kind: str) -> Any:
    """Return the value converted to a kind (`String`). Raise Unfit if it does not convert."""
    if kind == "String" and kind_of(value) in ("Number", "Key"):
        return str(value)
    raise Unfit(f"{kind_of(value)} does not convert to {kind}")
