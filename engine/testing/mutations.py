"""Mistakes that a person could make in a flow file, one at a time, made on its data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from engine.core.text import Text
from engine.loading.data import Map, Sequence
from engine.loading.place import Place
from engine.testing.rows import copied

Key = str | int
Change = Callable[[Any, Key], None]
"""What is done to the map or list that holds an entry, and the entry's key in it."""

FLOWS = ("flows", "sub-flows")
UNSEEN = frozenset({
    "doc", "doc:name", "logException", "timeout", "responseTimeout", "maxConcurrency", "ttl", "level", "category",
    "config-ref", "initialState",
})  # fmt: skip
"""Entries that change how long something takes, or what people read, and no outcome."""

STRUCTURE = frozenset({"steps", "source", "error-handler", "let"})
EXPRESSIONS = frozenset({"expression", "collection", "when", "while", "until", "targetValue", "idExpression"})
NAMES = frozenset({"name", "variableName", "target", "schema", "sql", "type", "abortOn", "allowedMethods", "function"})
ERROR_TYPES = frozenset({"type", "abortOn"})
OPPOSITES = {
    "==": "!=", "!=": "==", "<": ">=", ">": "<=", "<=": ">", ">=": "<", "&&": "||", "||": "&&",
}  # fmt: skip
STATUSES = {207: 400, 400: 207}
METHODS = {"POST": "PUT", "PUT": "POST", "GET": "POST", "DELETE": "GET", "PATCH": "PUT"}
HANDLERS = {"on-error-propagate": "on-error-continue", "on-error-continue": "on-error-propagate"}

OPERATOR = re.compile(r"[=!<>]=|(?<![=<>-])[<>](?!=)|&&|\|\|")
NUMBER = re.compile(r"(?<![\w.$'])\d+(?![\w.'])")
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
"""What is done to a statement: a pattern, and what stands for its first match."""


class Mutation(NamedTuple):
    """One mistake: where it is, in words what it is, and how it is made on the data of the file."""

    place: Place
    what: str
    path: tuple[Key, ...]
    change: Change

    def made(self, data: Map) -> Map:
        """The data with the mistake; what is given stays as it is."""
        mutant: Map = copied(data)
        holder: Any = mutant
        for key in self.path[:-1]:
            holder = holder[key]
        self.change(holder, self.path[-1])
        return mutant


def mutations_of(data: Any) -> Iterator[Mutation]:
    """All mistakes that could be made in the flows and sub-flows of a file."""
    for section in FLOWS:
        if isinstance(data, Map) and isinstance(data.get(section), Map):
            for name, flow in data[section].items():
                yield from _within(flow, (section, name))


def _within(value: Any, path: tuple[Key, ...]) -> Iterator[Mutation]:
    if isinstance(value, Map):
        for key, inner in value.items():
            if key not in UNSEEN:
                yield from _entry(key, inner, (*path, key), value.places[key][1])
                yield from _within(inner, (*path, key))
    elif isinstance(value, Sequence):
        for number, item in enumerate(value):
            yield from _item(item, (*path, number), value.places[number])
            yield from _within(item, (*path, number))


def _item(item: Any, path: tuple[Key, ...], place: Place) -> Iterator[Mutation]:
    """Mistakes with an entry of a list: a step, a handler, a value."""
    name = next(iter(item)) if isinstance(item, Map) and len(item) == 1 else None
    yield Mutation(place, f"without {name or 'the entry'}", path, _drop)
    if name is None:
        return
    inside = item[name]
    if name == "try" and isinstance(inside, Map) and isinstance(inside.get("steps"), Sequence):
        yield Mutation(place, "the steps of the try without it", path, _unwrap)
    if name in HANDLERS:
        yield Mutation(place, f"{HANDLERS[name]} instead of {name}", path, _renamed(HANDLERS[name]))


def _entry(key: str, value: Any, path: tuple[Key, ...], place: Place) -> Iterator[Mutation]:
    """Mistakes with an entry of a map: a parameter, a field."""
    if key not in STRUCTURE and isinstance(path[-2], str):  # what names a step goes with the step
        yield Mutation(place, f"without {key}", path, _drop)
    changed = _texts(key, value, path) if isinstance(value, str) else _plain(value)
    for new in dict.fromkeys(changed):
        yield Mutation(place, f"{key}: {new}", path, _put(new))


def _plain(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield STATUSES.get(int(value), value + 1)


def _texts(key: str, text: str, path: tuple[Key, ...]) -> Iterator[Any]:
    """Other texts for a text."""
    leaf = LEAF.fullmatch(text)
    if key in EXPRESSIONS or (len(path) > 1 and path[-2] == "let"):
        yield from (f"({text})[1:]", f"reverse({text})") if key == "collection" else ()
        yield from _expressions(text)
    elif leaf:
        yield from (f"#[{other}]" for other in (*_of_path(leaf[1]), *_expressions(leaf[1])))
    elif key == "sql":
        yield from (pattern.sub(new, text, count=1) for pattern, new in SQL if pattern.search(text))
    elif key in ERROR_TYPES:
        yield from _types(text)
    elif key == "allowedMethods" or key == "method":
        yield from (METHODS[text],) if text in METHODS else ()
    elif key not in NAMES:
        yield f"{text}!"


def _of_path(expression: str) -> Iterator[str]:
    """A list that loses its first item, or has its items in another order; a value that is another."""
    if PATH.fullmatch(expression):
        yield f"({expression})[1:]"
        yield f"reverse({expression})"


def _expressions(text: str) -> Iterator[str]:
    """An expression with one mistake: an operator, a number, a literal, an item that is not appended."""
    for match in OPERATOR.finditer(text):
        yield text[: match.start()] + OPPOSITES[match[0]] + text[match.end() :]
    for match in NUMBER.finditer(text):
        yield text[: match.start()] + str(STATUSES.get(int(match[0]), int(match[0]) + 1)) + text[match.end() :]
    for match in LITERAL.finditer(text):
        yield f"{text[: match.end() - 1]}!{text[match.end() - 1 :]}"
    if appended := APPEND.fullmatch(text):
        yield appended[1]


def _types(text: str) -> Iterator[str]:
    """Error types with one left out, or replaced by another that is known."""
    types = [each.strip() for each in text.split(",")]
    for number in range(len(types)):
        rest = types[:number] + types[number + 1 :]
        yield ", ".join(rest) if rest else "MULE:ROUTING"


def _drop(holder: Any, key: Any) -> None:
    del holder[key]
    del holder.places[key]


def _unwrap(holder: Sequence, number: Any) -> None:
    steps = holder[number]["try"]["steps"]
    holder[number : number + 1] = steps
    holder.places[number : number + 1] = steps.places


def _renamed(name: str) -> Change:
    def rename(holder: Any, number: Key) -> None:
        [(old, value)] = holder[number].items()
        renamed = Map(holder[number].place)
        renamed.put(name, value, *holder[number].places[old])
        holder[number] = renamed

    return rename


def _put(value: Any) -> Change:
    def put(holder: Any, key: Any) -> None:
        old = holder[key]
        holder[key] = Text(value, getattr(old, "place", None)) if isinstance(value, str) else value

    return put
