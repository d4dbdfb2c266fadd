"""Lists after IN on PostgreSQL: arrays, of which a statement needs one parameter, whatever their length."""

from __future__ import annotations

from typing import Any


def among(number: int, is_negated: bool) -> str:
    """Return the text for the list of that number. Written so, an operator takes the operands that IN would take."""
    return f"OPERATOR(<>) ALL(${number})" if is_negated else f"OPERATOR(=) ANY(${number})"


def array(entries: list[Any]) -> list[Any] | None:
    """Return the list as it is bound; null alone is null, for which the statement may ask as well."""
    return None if entries == [None] else entries
