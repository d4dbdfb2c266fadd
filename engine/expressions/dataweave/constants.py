"""What is known of a script before it runs: its value, the file that it reads, the parts of a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from engine.expressions.dataweave.formats.formats import UnknownFormat, format_of
from engine.expressions.dataweave.marks import SKIPPED
from engine.expressions.dataweave.syntax.parser import parse
from engine.expressions.dataweave.syntax.tree import (
    ArrayLiteral,
    Call,
    Field,
    Format,
    Literal,
    Name,
    Node,
    ObjectLiteral,
    Script,
    Unary,
)
from engine.expressions.errors import ExpressionSyntaxError

AS_VALUES = ("json", "java")
"""Formats whose directive `output` changes nothing of a value, as it is held here."""
OPENING, CLOSING = "([{", ")]}"
PARTS = re.compile(f"{SKIPPED.pattern}|[(){{}},]")
CLASSPATH = "classpath://"


class Constant(NamedTuple):
    """A value that is known before anything runs."""

    value: Any


class FileRead(NamedTuple):
    """What `readUrl` is called with."""

    name: str
    media_type: str


class _Unknown(Exception):
    """A node that is no constant."""


def constant(script: str) -> Constant | None:
    """Return the value of a script if it is constant."""
    tree = _parsed(script)
    try:
        return None if tree is None or tree.body is None else Constant(_value(tree.body))
    except _Unknown:
        return None


def file_read(script: str) -> FileRead | None:
    """Return the file that a script is the content of."""
    tree = _parsed(script)
    call = tree.body if tree else None
    if not isinstance(call, Call) or not isinstance(call.function, Name) or call.function.name != "readUrl":
        return None
    given = [each.value if isinstance(each, Literal) else None for each in call.arguments]
    if not given or not isinstance(given[0], str) or len(given) > 2 or None in given:
        return None
    media_type = str(given[1]) if len(given) > 1 else "application/dw"
    return FileRead(given[0].removeprefix(CLASSPATH).lstrip("/"), media_type)


def _parsed(script: str) -> Script | None:
    """Return the tree of a script that has no directives but an `output` which changes nothing."""
    try:
        tree = parse(script)
    except ExpressionSyntaxError:
        return None
    is_value = all(isinstance(each, Format) and _keeps_values(each.media_type) for each in tree.directives)
    return tree if is_value else None


def _keeps_values(media_type: str) -> bool:
    try:
        return format_of(media_type).name in AS_VALUES
    except UnknownFormat:  # nothing is written
        return True


def _value(node: Node) -> Any:
    match node:
        case Literal(value=value):
            return _number(value) if isinstance(value, (Decimal, float)) else value
        case Unary(symbol="-", operand=Literal(value=int() | Decimal() as number)):
            return _number(-number)
        case ArrayLiteral(items=items):
            return [_value(each.value) for each in items if _is_plain(each.condition)]
        case ObjectLiteral(fields=fields):
            return _object(list(_pairs(fields)))
    raise _Unknown


def _is_plain(condition: Node | None) -> bool:
    if condition is not None:
        raise _Unknown
    return True


def _pairs(fields: Any) -> Iterator[tuple[str, Any]]:
    for each in fields:
        is_pair = isinstance(each, Field) and not each.namespace and each.attributes is None and each.condition is None
        if not is_pair or not isinstance(each.key, Literal):
            raise _Unknown
        yield str(each.key.value), _value(each.value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise _Unknown
    return dict(pairs)


def _number(number: Any) -> int | float:
    if number == int(number):
        return int(number)
    if Decimal(str(float(number))) != Decimal(str(number)):
        raise _Unknown
    return float(number)


def split(text: str) -> list[str] | None:
    """Return what stands between the outermost commas; None if a bracket is closed that was not opened there."""
    parts, depth, start = [], 0, 0
    for found in PARTS.finditer(text):
        sign = found[0]
        depth += (sign in OPENING) - (sign in CLOSING)
        if depth < 0:
            return None
        if sign == "," and depth == 0:
            parts.append(text[start : found.start()].strip())
            start = found.end()
    last = text[start:].strip()
    return [*parts, last] if parts or last else []
