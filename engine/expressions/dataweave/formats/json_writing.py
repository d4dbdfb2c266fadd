"""Writes JSON as DataWeave does: two blanks a level, and keys as often as an object has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from engine.expressions.budget import spend
from engine.expressions.dataweave.formats.output import Output
from engine.expressions.dataweave.formats.properties import Properties, Values, flag, text
from engine.expressions.dataweave.formats.scalars import formatted
from engine.expressions.dataweave.values.keyed import Blank
from engine.expressions.dataweave.values.numbers import number_text
from engine.expressions.dataweave.values.objects import Key, Namespace, Pairs, is_object
from engine.expressions.operators import is_number
from engine.expressions.sizes import inside
from engine.expressions.writing import encode
from engine.limits import DEEPEST, MOST_WRITTEN

WRITING = Properties(
    indent=flag(True),
    skipNullOn=text(),
    duplicateKeyAsArray=flag(False),
    writeAttributes=flag(False),
    encoding=text("UTF-8"),
)

PLAIN = frozenset[type]({str, int, bool, type(None), dict, list})
DECIMALS = frozenset[type]({float, Decimal})
PLAIN_OR_DECIMALS = PLAIN | DECIMALS
CONTAINERS = frozenset[type]({dict, list})
MAPS = {dict}
NUMBERS_OTHERWISE = re.compile(rb"[\[:,]-?[0-9]+(?:\.[0-9]*0(?=[,\]}])|(?:\.[0-9]+)?[eE])|\A-?[0-9]")
"""Numbers that DataWeave writes in another way: with zeros at their end, or with an exponent."""
ESCAPED = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xef\xbb\xbf")
"""Characters that DataWeave escapes, in addition to those that JSON demands."""
EMPTY = re.compile(rb"^( *)(.*?)(\[\]|\{\})(,?)$", re.MULTILINE)
LINE_BREAK = re.compile(rb"\n *")
TEXT = "__text"
PER_PART = 3
"""Steps to look at a part of a value."""


def write(value: Any, values: Values) -> str:
    """Return the value as a JSON text. Raise Unfit for one that JSON has not, EvaluationError for too large ones."""
    return write_bytes(value, values).decode()


def write_bytes(value: Any, values: Values) -> bytes:
    """Return the same in UTF-8."""
    if not (values["skipNullOn"] or values["writeAttributes"]):
        plain = parts_of(value, PLAIN_OR_DECIMALS)
        if plain is not None:
            try:
                written = encode(value)
            except UnicodeEncodeError:  # half of a character
                return _Writer(values).written(value).encode()
            if plain.kinds.isdisjoint(DECIMALS) or NUMBERS_OTHERWISE.search(written) is None:
                return _laid_out(written, values["indent"], plain.has_empty)
    return _Writer(values).written(value).encode()


def is_plain(value: Any) -> bool:
    """Return whether a value consists of values that JSON knows, and keys that do not repeat."""
    return parts_of(value, PLAIN_OR_DECIMALS) is not None


class Parts(NamedTuple):
    """What a value consists of: the types of all its parts, and whether a list or map in it is empty."""

    kinds: set[type]
    has_empty: bool


def parts_of(value: Any, allowed: frozenset[type]) -> Parts | None:
    """Return what a value consists of; None if a part is of another type, or they are too many, or too deep."""
    found, level = set[type](), [value]
    left, has_empty = MOST_WRITTEN, False
    for _ in range(DEEPEST + 1):
        kinds = set(map(type, level))
        found |= kinds
        if not kinds <= allowed:
            return None
        if kinds.isdisjoint(CONTAINERS):
            spend(PER_PART * (MOST_WRITTEN - left), "looking at a value")
            return Parts(found, has_empty)
        containers = level if kinds <= CONTAINERS else [each for each in level if type(each) in CONTAINERS]
        left -= sum(map(len, containers))
        if left < 0:
            return None
        has_empty = has_empty or not all(containers)
        level = [*chain.from_iterable(map(dict.values, containers))] if kinds == MAPS else inside(containers)
    return None


def _laid_out(plain: bytes, indent: bool, has_empty: bool) -> bytes:
    """Return compact JSON with DataWeave's line breaks and blanks."""
    if not plain.isascii() or b"\x7f" in plain:
        plain = ESCAPED.sub(_escape, plain)
    if plain[:1] not in (b"{", b"["):
        return plain
    laid = msgspec.json.format(plain, indent=2)
    if not indent:
        return LINE_BREAK.sub(b"", laid)
    return EMPTY.sub(_opened, laid) if has_empty else laid


def _opened(found: re.Match[bytes]) -> bytes:
    blanks, before, both, after = found.groups()
    return b"%s%s%s\n%s  \n%s%s%s" % (blanks, before, both[:1], blanks, blanks, both[1:], after)


def _escape(found: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(found[0].decode())


class _Writer:
    """Writes any value, part by part."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._line = "\n" if values["indent"] else ""
        self._step = "  " if values["indent"] else ""
        skipped = values["skipNullOn"]
        self._skips_fields = skipped in ("everywhere", "objects")
        self._skips_elements = skipped in ("everywhere", "arrays")
        self._out = Output("JSON")

    def written(self, value: Any) -> str:
        self._write(value, "", 0)
        return self._out.text()

    def _write(self, value: Any, indent: str, depth: int) -> None:
        self._out.check_depth(depth)
        if isinstance(value, str) and type(value) is not Key:
            self._out.put(quoted(value))
        elif value is None or value is True or value is False or type(value) is Blank:
            self._out.put(str(value).lower() if isinstance(value, bool) else "null")
        elif is_number(value):
            self._out.put(number_text(value))
        elif is_object(value):
            self._write_object(value, indent, depth)
        elif isinstance(value, Iterable) and not isinstance(value, (bytes, str, Mapping, Pairs, Namespace)):
            self._write_list(value, indent, depth)
        else:
            self._out.put(quoted(formatted(value)))

    def _write_list(self, elements: Iterable[Any], indent: str, depth: int) -> None:
        self._out.check_length(elements)
        kept = (each for each in elements if each is not None) if self._skips_elements else elements
        inner = indent + self._step
        put, comma = self._out.put, ""
        put("[")
        for each in kept:
            put(f"{comma}{self._line}{inner}")
            self._write(each, inner, depth + 1)
            comma = ","
        put(f"{'' if comma else self._line + inner}{self._line}{indent}]")

    def _write_object(self, value: Any, indent: str, depth: int) -> None:
        entries = self._entries(value)
        if self._values["duplicateKeyAsArray"]:
            self._write_fields(_grouped(entries), indent, depth, self._write_group)
        else:
            self._write_fields(entries, indent, depth, self._write)

    def _entries(self, value: Any) -> Iterable[tuple[str, Any]]:
        entries: Iterable[tuple[str, Any]] = value.items()
        if self._skips_fields:
            entries = (entry for entry in entries if entry[1] is not None)
        if self._values["writeAttributes"]:
            entries = ((key, _with_attributes(key, value)) for key, value in entries)
        return entries

    def _write_fields(
        self, entries: Iterable[tuple[str, Any]], indent: str, depth: int, write: Callable[[Any, str, int], None]
    ) -> None:
        """Write an object. write: writes the value of a field."""
        inner = indent + self._step
        put, comma = self._out.put, ""
        put("{")
        for key, each in entries:
            put(f"{comma}{self._line}{inner}{quoted(key)}: ")
            write(each, inner, depth + 1)
            comma = ","
        put(f"{'' if comma else self._line + inner}{self._line}{indent}}}")

    def _write_group(self, group: list[Any], indent: str, depth: int) -> None:
        if len(group) == 1:
            self._write(group[0], indent, depth)
            return
        put, comma = self._out.put, ""
        put("[")
        for each in group:
            put(f"{comma}{self._line}{indent}")
            self._write(each, indent, depth + 1)
            comma = ","
        put(f"{self._line}{indent}]")


def _grouped(entries: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, list[Any]]]:
    """Return each key once, with all of its values."""
    found: dict[str, list[Any]] = {}
    for key, each in entries:
        found.setdefault(str(key), []).append(each)
    return found.items()


def _with_attributes(key: str, value: Any) -> Any:
    """Return the value with the attributes of its key, as `@name`, in front of its own entries."""
    attributes = key.attributes if isinstance(key, Key) else None
    if not attributes:
        return value
    entries = [(f"@{name}", each) for name, each in attributes.items()]
    return Pairs([*entries, *(value.items() if is_object(value) else [(TEXT, value)])])


def quoted(text: str) -> str:
    """Return a text in JSON's quotes."""
    encoded = msgspec.json.encode(str(text).encode("utf-8", "replace").decode())
    return (encoded if encoded.isascii() and b"\x7f" not in encoded else ESCAPED.sub(_escape, encoded)).decode()
