"""Slips that people make in flow files: other texts for a text, and their effects on the data of a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from engine.loading.files.data import Map, Sequence
from engine.parameters.text import Text

Key = str | int
Change = Callable[[Any, Key], None]
"""Changes the map or list that holds an entry; takes it and the entry's key."""

OPPOSITES = {
    "==": "!=", "!=": "==", "<": ">=", ">": "<=", "<=": ">", ">=": "<", "&&": "||", "||": "&&",
}  # fmt: skip
STATUSES = {207: 400, 400: 207}
METHODS = {"POST": "PUT", "PUT": "POST", "GET": "POST", "DELETE": "GET", "PATCH": "PUT"}

OPERATOR = re.compile(r"[=!<>]=|(?<![=<>-])[<>](?!=)|&&|\|\|")
NUMBER = re.compile(r"(?<![\w.$'])[0-9]+(?![\w.'])")
LITERAL = re.compile(r"'([^']+)'")
APPEND = re.compile(r"append\(([\w.$]+), .*\)", re.DOTALL)
LEAF = re.compile(r"#\[(.*)\]", re.DOTALL)
PATH = re.compile(r"\$?[A-Za-z]\w*(\.\w+)*")
SQL = (
    (re.compile(r"\bDO UPDATE\b.*", re.DOTALL | re.IGNORECASE), "DO NOTHING"),
    (re.compile(r"\bON CONFLICT\b.*", re.DOTALL | re.IGNORECASE), ""),
    (re.compile(r"\bWHERE\b.*", re.DOTALL | re.IGNORECASE), ""),
    (re.compile(r"(:\w+)(.*?)(:\w+)", re.DOTALL), r"\3\2\1"),  # two parameters swapped
    (re.compile(r",\s*\w+ = [\w.:]+(?!.*=)", re.DOTALL), ""),  # the last assignment
    (re.compile(r"\bDESC\b", re.IGNORECASE), "ASC"),
)
"""Changes of a statement: a pattern, and the replacement of its first match."""


# Other values for a value


def of_number(value: float) -> Iterator[Any]:
    """Yield another truth or number."""
    yield not value if isinstance(value, bool) else STATUSES.get(int(value), value + 1)


def of_value(text: str) -> Iterator[str]:
    """Yield another value for one that may be an expression."""
    leaf = LEAF.fullmatch(text)
    if leaf:
        yield from (f"#[{other}]" for other in (*_of_path(leaf[1]), *of_expression(leaf[1])))
    else:
        yield f"{text}!"


def of_collection(text: str) -> Iterator[str]:
    """Yield a list that loses its first item, or has its items in another order."""
    yield from (f"({text})[1:]", f"reverse({text})")


def _of_path(expression: str) -> Iterator[str]:
    if PATH.fullmatch(expression):
        yield from of_collection(expression)


def of_expression(text: str) -> Iterator[str]:
    """Yield an expression with one mistake: an operator, a number, a literal, an item that is not appended."""
    for match in OPERATOR.finditer(text):
        yield text[: match.start()] + OPPOSITES[match[0]] + text[match.end() :]
    for match in NUMBER.finditer(text):
        yield text[: match.start()] + str(STATUSES.get(int(match[0]), int(match[0]) + 1)) + text[match.end() :]
    for match in LITERAL.finditer(text):
        yield f"{text[: match.end() - 1]}!{text[match.end() - 1 :]}"
    if appended := APPEND.fullmatch(text):
        yield appended[1]


def of_sql(text: str) -> Iterator[str]:
    """Yield a statement without a part, or with two of its parameters swapped."""
    return (pattern.sub(new, text, count=1) for pattern, new in SQL if pattern.search(text))


def of_types(text: str) -> Iterator[str]:
    """Yield error types with one left out, or replaced by another that is known."""
    types = [each.strip() for each in text.split(",")]
    for number in range(len(types)):
        rest = types[:number] + types[number + 1 :]
        yield ", ".join(rest) if rest else "MULE:ROUTING"


def of_method(text: str) -> Iterator[str]:
    """Yield another method."""
    yield from (METHODS[text],) if text in METHODS else ()


# Changes of the data


def drop(holder: Any, key: Any) -> None:
    del holder[key]
    del holder.places[key]


def unwrap(holder: Sequence, number: Any) -> None:
    """Put the steps of a try in its place."""
    steps = holder[number]["try"]["steps"]
    holder[number : number + 1] = steps
    holder.places[number : number + 1] = steps.places


def renamed(name: str) -> Change:
    def rename(holder: Any, number: Key) -> None:
        [(old, value)] = holder[number].items()
        renamed = Map(holder[number].place)
        renamed.put(name, value, *holder[number].places[old])
        holder[number] = renamed

    return rename


def put(value: Any) -> Change:
    def put(holder: Any, key: Any) -> None:
        old = holder[key]
        holder[key] = Text(value, getattr(old, "place", None)) if isinstance(value, str) else value

    return put
