"""The right side of an expectation: a value, compared whole, or matchers, at any depth.

A matcher is a map whose keys begin with `$`: `{$contains: blank}`; of several all must hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from pydantic_core import core_schema

from engine.expressions.appended import settle
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.texts.patterns import whole_match
from engine.expressions.operators import equals, is_number
from engine.expressions.suggestion import did_you_mean
from engine.expressions.writing import encode
from engine.loading.files.data import as_data
from engine.parameters.mistake import Mistake, refuse, shown
from engine.parameters.validated import ANY_VALUE, Validated
from engine.values.errors import ErrorType, FlowError

MARK = "$"
Check = Callable[[Any], bool]


class Wanted(Validated):
    """The expected value, in which any map may be matchers.

    written: the value in the file. Maps are compared whole: `$contains` asks for some entries only. An error is
    compared with its type as text, or with a map of some of its fields.
    """

    word = "value"
    schema = ANY_VALUE
    takes_part: ClassVar[bool] = False
    """Whether a map may have more entries than are named."""

    def __init__(self, written: Any) -> None:
        mistakes: list[Mistake] = []
        self._node = _Reading(mistakes, takes_part=self.takes_part).read(written)
        self.written = as_data(written)
        if mistakes:
            refuse(mistakes)

    def holds(self, got: Any) -> bool:
        return self._node.holds(plain(got))

    def nearest(self, got: Any) -> Any:
        """Return the matching value that differs least from this one, to be shown beside it."""
        return self._node.nearest(plain(got))

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        return value if isinstance(value, cls) else cls(value)


class WantedPart(Wanted):
    """An expected value of a call: maps, at any depth, may have more entries; `$equals` asks for the whole."""

    takes_part = True


class Exactly:
    """A value without matchers in it."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def holds(self, got: Any) -> bool:
        if isinstance(got, (FlowError, ErrorType)):
            return _is_error(got, self.value)
        return equals(got, self.value)

    def nearest(self, got: Any) -> Any:
        return got if self.holds(got) else self.value


class Entries:
    """A map with matchers somewhere in it. takes_part: whether there may be more entries."""

    def __init__(self, entries: Mapping[str, Node], *, takes_part: bool = False) -> None:
        self.entries = entries
        self._takes_part = takes_part

    def holds(self, got: Any) -> bool:
        if isinstance(got, (FlowError, ErrorType)):
            return all(node.holds(plain(got.get(key))) for key, node in self.entries.items())
        if not isinstance(got, Mapping) or not self._has_names(set(got)):
            return False
        return all(node.holds(plain(got[key])) for key, node in self.entries.items())

    def _has_names(self, names: set[str]) -> bool:
        return names >= set(self.entries) if self._takes_part else names == set(self.entries)

    def nearest(self, got: Any) -> Any:
        known = got if isinstance(got, Mapping) else {}
        return {key: node.nearest(plain(known.get(key))) for key, node in self.entries.items()}


class Elements:
    """A list with matchers somewhere in it."""

    def __init__(self, elements: list[Node]) -> None:
        self.elements = elements

    def holds(self, got: Any) -> bool:
        if not isinstance(got, list) or len(got) != len(self.elements):
            return False
        return all(node.holds(plain(each)) for node, each in zip(self.elements, got, strict=True))

    def nearest(self, got: Any) -> Any:
        known = got if isinstance(got, list) else []
        return [
            node.nearest(plain(known[number]) if number < len(known) else None)
            for number, node in enumerate(self.elements)
        ]


class Matchers:
    """A map of matchers."""

    def __init__(self, written: Any, checks: list[Check]) -> None:
        self.written = written
        self.checks = checks

    def holds(self, got: Any) -> bool:
        return all(check(got) for check in self.checks)

    def nearest(self, got: Any) -> Any:
        return got if self.holds(got) else self.written


Node = Exactly | Entries | Elements | Matchers


def plain(value: Any) -> Any:
    """Return a value for comparison: in Python's own lists."""
    return list(value) if isinstance(value, tuple) else settle(value)


def _is_error(got: FlowError | ErrorType, wanted: Any) -> bool:
    """Return whether an error matches a text (its type), or a map of fields."""
    if isinstance(wanted, Mapping):
        return all(Exactly(value).holds(plain(got.get(key))) for key, value in wanted.items())
    return bool(str(got.type if isinstance(got, FlowError) else got) == wanted)


class _Reading:
    """Reads the right side; notes the mistakes in it."""

    def __init__(self, mistakes: list[Mistake], *, takes_part: bool = False) -> None:
        self._mistakes = mistakes
        self._takes_part = takes_part

    def read(self, written: Any) -> Node:
        if isinstance(written, Mapping):
            return self._map(written)
        if isinstance(written, list):
            elements = [self.read(each) for each in written]
            return Elements(elements) if not _are_plain(elements) else Exactly(as_data(written))
        return Exactly(as_data(written))

    def _map(self, written: Mapping[str, Any]) -> Node:
        marked = [key for key in written if str(key).startswith(MARK)]
        if marked:
            return self._matchers(written, marked)
        entries = {key: self.read(value) for key, value in written.items()}
        if not entries or (not self._takes_part and _are_plain(list(entries.values()))):
            return Exactly(as_data(written))
        return Entries(entries, takes_part=self._takes_part)

    def _matchers(self, written: Mapping[str, Any], marked: list[str]) -> Node:
        for key in written:
            if key not in marked:
                found = f"'{key}' beside the matcher '{marked[0]}'"
                expected = "a map of matchers alone; $contains for some of the entries"
                self._mistakes.append(Mistake("F702", found, expected, "$contains: {…}", _place(written, key)))
        checks = [check for key in marked if (check := _check(key, written, self._mistakes))]
        return Matchers(as_data(written), checks)


def _read(written: Any, mistakes: list[Mistake]) -> Node:
    return _Reading(mistakes).read(written)


def _are_plain(nodes: list[Node]) -> bool:
    return all(isinstance(node, Exactly) for node in nodes)


def _place(written: Any, key: str, *, of_value: bool = False) -> Any:
    places = getattr(written, "places", {}).get(key)
    return places and places[of_value]


def _check(name: str, written: Mapping[str, Any], mistakes: list[Mistake]) -> Check | None:
    """Return the check for a matcher; None, with its mistake noted, if it is invalid."""
    if name not in MATCHERS:
        expected, close = f"one of {', '.join(MATCHERS)}", did_you_mean(name, MATCHERS)
        mistakes.append(Mistake("F702", f"the unknown matcher '{name}'", expected, close, _place(written, name)))
        return None
    try:
        return MATCHERS[name](written[name], mistakes)
    except ValueError as error:
        found = f"{shown(written[name])} for '{name}'"
        place = _place(written, name, of_value=True)
        mistakes.append(Mistake("F702", found, str(error), place=place))
        return None


# The matchers: each takes its operand, and returns the check of a value.


def _equals(written: Any, mistakes: list[Mistake]) -> Check:
    return Exactly(as_data(written)).holds


def _not(written: Any, mistakes: list[Mistake]) -> Check:
    node = _read(written, mistakes)
    return lambda got: not node.holds(got)


def _several(written: Any, mistakes: list[Mistake]) -> list[Node]:
    if not isinstance(written, list) or not written:
        raise ValueError("a list of values or matchers")
    return [_read(each, mistakes) for each in written]


def _any_of(written: Any, mistakes: list[Mistake]) -> Check:
    nodes = _several(written, mistakes)
    return lambda got: any(node.holds(got) for node in nodes)


def _all_of(written: Any, mistakes: list[Mistake]) -> Check:
    nodes = _several(written, mistakes)
    return lambda got: all(node.holds(got) for node in nodes)


def _contains(written: Any, mistakes: list[Mistake]) -> Check:
    """Check that a text contains the text, a list the element, a map the entries."""
    node = _read(written, mistakes)
    parts = {key: _read(value, mistakes) for key, value in written.items()} if _has_names(written) else {}

    def contains(got: Any) -> bool:
        if isinstance(got, str):
            return isinstance(written, str) and written in got
        if isinstance(got, list):
            return any(node.holds(plain(each)) or (parts and _has(each, parts)) for each in got)
        return bool(parts) and _has(got, parts)

    return contains


def _has_names(written: Any) -> bool:
    return isinstance(written, Mapping) and not any(str(key).startswith(MARK) for key in written)


def _has(got: Any, parts: Mapping[str, Node]) -> bool:
    return isinstance(got, Mapping) and all(key in got and node.holds(plain(got[key])) for key, node in parts.items())


def _in_any_order(written: Any, mistakes: list[Mistake]) -> Check:
    nodes = _several(written, mistakes)

    def in_any_order(got: Any) -> bool:
        if not isinstance(got, list) or len(got) != len(nodes):
            return False
        left = list(got)
        for node in nodes:
            match = next((number for number, each in enumerate(left) if node.holds(plain(each))), None)
            if match is None:
                return False
            del left[match]
        return True

    return in_any_order


def _each(written: Any, mistakes: list[Mistake]) -> Check:
    node = _read(written, mistakes)
    return lambda got: isinstance(got, list) and all(node.holds(plain(each)) for each in got)


def _has_size(written: Any, mistakes: list[Mistake]) -> Check:
    node = _read(written, mistakes)
    return lambda got: isinstance(got, (str, bytes, list, Mapping)) and node.holds(len(got))


def _has_key(written: Any, mistakes: list[Mistake]) -> Check:
    node = _read(written, mistakes)
    return lambda got: isinstance(got, Mapping) and any(node.holds(key) for key in got)


def _has_value(written: Any, mistakes: list[Mistake]) -> Check:
    node = _read(written, mistakes)
    return lambda got: isinstance(got, Mapping) and any(node.holds(plain(each)) for each in got.values())


def _empty(written: Any, mistakes: list[Mistake]) -> Check:
    if not isinstance(written, bool):
        raise ValueError("true or false")
    return lambda got: (got is None or (isinstance(got, (str, bytes, list, Mapping)) and not got)) is written


def _text(written: Any) -> str:
    if not isinstance(written, str):
        raise ValueError("a text")
    return str(written)


def _starts_with(written: Any, mistakes: list[Mistake]) -> Check:
    start = _text(written)
    return lambda got: isinstance(got, str) and got.startswith(start)


def _ends_with(written: Any, mistakes: list[Mistake]) -> Check:
    end = _text(written)
    return lambda got: isinstance(got, str) and got.endswith(end)


def _matches(written: Any, mistakes: list[Mistake]) -> Check:
    try:
        match = whole_match("$matches", _text(written))
    except EvaluationError:
        raise ValueError("a regular expression (RE2) for the whole text") from None
    return lambda got: isinstance(got, str) and match(got)


def _close_to(written: Any, mistakes: list[Mistake]) -> Check:
    """`{value: 1.5, delta: 0.01}`, or the two in a list."""
    parts = [written.get("value"), written.get("delta")] if isinstance(written, Mapping) else written
    if not isinstance(parts, list) or len(parts) != 2 or not all(map(is_number, parts)):
        raise ValueError("[value, delta], or {value: …, delta: …}")
    value, delta = parts
    return lambda got: is_number(got) and bool(abs(got - value) <= delta)


TYPES: dict[str, Check] = {
    "null": lambda got: got is None,
    "boolean": lambda got: isinstance(got, bool),
    "number": is_number,
    "integer": lambda got: isinstance(got, int) and not isinstance(got, bool),
    "string": lambda got: isinstance(got, str),
    "array": lambda got: isinstance(got, list),
    "object": lambda got: isinstance(got, Mapping),
    "bytes": lambda got: isinstance(got, bytes),
}


def _type(written: Any, mistakes: list[Mistake]) -> Check:
    if written not in TYPES:
        raise ValueError(f"one of {', '.join(TYPES)}")
    return TYPES[str(written)]


def _schema(written: Any, mistakes: list[Mistake]) -> Check:
    from jsonschema_rs import ValidationError, validator_for  # few tests need it

    if not isinstance(written, (Mapping, bool)):
        raise ValueError("a JSON Schema")
    try:
        validator = validator_for(as_data(written))
    except (ValidationError, ValueError) as error:
        raise ValueError(f"a JSON Schema: {str(error).partition(chr(10))[0]}") from None
    return lambda got: validator.is_valid(_as_json(got))


def _as_json(value: Any) -> Any:
    from msgspec.json import decode

    return decode(encode(value))


def _order(compare: Callable[[Any, Any], bool]) -> Callable[[Any, list[Mistake]], Check]:
    def matcher(written: Any, mistakes: list[Mistake]) -> Check:
        if not is_number(written) and not isinstance(written, str):
            raise ValueError("a number or a text")
        bound = as_data(written)
        return lambda got: _is_ordered(got, bound) and compare(got, bound)

    return matcher


def _is_ordered(left: Any, right: Any) -> bool:
    return (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str))


MATCHERS: dict[str, Callable[[Any, list[Mistake]], Check]] = {
    "$equals": _equals,
    "$not": _not,
    "$anyOf": _any_of,
    "$allOf": _all_of,
    "$contains": _contains,
    "$inAnyOrder": _in_any_order,
    "$each": _each,
    "$hasSize": _has_size,
    "$hasKey": _has_key,
    "$hasValue": _has_value,
    "$empty": _empty,
    "$startsWith": _starts_with,
    "$endsWith": _ends_with,
    "$matches": _matches,
    "$closeTo": _close_to,
    "$type": _type,
    "$schema": _schema,
    "$gt": _order(lambda got, bound: bool(got > bound)),
    "$gte": _order(lambda got, bound: bool(got >= bound)),
    "$lt": _order(lambda got, bound: bool(got < bound)),
    "$lte": _order(lambda got, bound: bool(got <= bound)),
}
