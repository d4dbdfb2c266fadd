"""Selectors while a script runs: `.` `.*` `.&` `.@` `..` `.#` `.^` `[…]`, and whether there is anything (`?`, `!`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.budget import spend
from engine.expressions.dataweave.values.coercing import converted
from engine.expressions.dataweave.values.errors import Failed, Unfit, unfit
from engine.expressions.dataweave.values.keyed import Blank, key_of, keyed
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import Key, Namespace, Pairs, entries_of, object_of
from engine.expressions.dataweave.values.typed import opened

LISTS = (list, tuple, range, Appended)
MOMENTS = (date, time)
PER_ELEMENT = 4

Named = Callable[[str], bool]


def is_array(value: Any) -> bool:
    return isinstance(value, LISTS) or (isinstance(value, Sequence) and not isinstance(value, (str, bytes)))


def is_map(value: Any) -> bool:
    """Return whether the value has named parts: an object, or a message or error of the engine."""
    return type(value) is dict or isinstance(value, (Pairs, Mapping)) or hasattr(value, "get")


def walked(value: Any, what: str) -> Any:
    """Return the array, after paying for a walk over it."""
    spend(PER_ELEMENT * len(value), what)
    return value


def _found(value: Any, name: str, namespace: str) -> Iterator[tuple[str, Any]]:
    """Yield the entries of an object with a name; of every namespace if none is given."""
    if isinstance(value, Pairs):
        for key, inner in value.entries:
            if key == name and (not namespace or _uri(key) == namespace):
                yield key, inner
    elif not namespace:
        found = _of_message(value) if name == "payload" and hasattr(value, "media_type") else value.get(name)
        if found is not None or (isinstance(value, Mapping) and name in value):
            yield name, found


def _of_message(message: Any) -> Any:
    from engine.expressions.dataweave.boundary import payload_of  # which needs selectors

    return payload_of(message)


def _uri(key: str) -> str:
    namespace = getattr(key, "namespace", None)
    return namespace.uri if namespace is not None else ""


# .name


def select(value: Any, name: str, namespace: str = "") -> Any:
    """Return `value.name`: of an object the first, of an array those of its objects."""
    if type(value) is dict and not namespace:
        return value.get(name)
    return _selected(value, name, namespace, is_keyed=False)


def select_keyed(value: Any, name: str, namespace: str = "") -> Any:
    """Return `value.name`, which knows its key."""
    return _selected(value, name, namespace, is_keyed=True)


def _selected(value: Any, name: str, namespace: str, *, is_keyed: bool) -> Any:
    value = opened(value)
    if value is None or type(value) is Blank:
        return None
    if is_map(value):
        for key, inner in _found(value, name, namespace):
            return keyed(inner, key) if is_keyed else inner
        return None
    if is_array(value):
        firsts = (next(_found(each, name, namespace), None) for each in walked(value, f"'.{name}'") if is_map(each))
        return [keyed(entry[1], entry[0]) if is_keyed else entry[1] for entry in firsts if entry] or None
    return part(value, name)


def part(value: Any, name: str) -> Any:
    """Return a part of a date, a period or a namespace. Raise Unfit for a value without parts."""
    from engine.expressions.dataweave.values.parts import part_of

    kind = kind_of(value)
    if kind == "Number":
        return None
    moment = _moment(value) if kind == "String" else value
    if kind in ("Boolean", "Regex", "Function", "Type", "Binary") or moment is None:
        raise unfit("an object or an array", value, f"'.{name}'")
    return part_of(moment, name)


def _moment(text: str) -> Any:
    """Return the date, time or period of a text; None if it is none."""
    for kind in ("Date", "DateTime", "LocalDateTime", "LocalTime", "Time", "Period"):
        with suppress(Unfit):
            return converted(text, kind)
    return None


# .*name, .&name, ..name


def select_all(value: Any, name: str, namespace: str = "") -> Any:
    """Return `value.*name`: a list, or null if there is none."""
    return _all(value, name, namespace, is_keyed=False)


def select_all_keyed(value: Any, name: str, namespace: str = "") -> Any:
    return _all(value, name, namespace, is_keyed=True)


def _all(value: Any, name: str, namespace: str, *, is_keyed: bool) -> Any:
    entries = _matching(value, name, namespace, "'.*'")
    return [keyed(inner, key) if is_keyed else inner for key, inner in entries] or None


def _matching(value: Any, name: str, namespace: str, what: str) -> list[tuple[str, Any]]:
    value = opened(value)
    if value is None or type(value) is Blank:
        return []
    if is_map(value):
        return list(_found(value, name, namespace))
    if is_array(value):
        objects = (each for each in walked(value, what) if is_map(each))
        return [entry for each in objects for entry in _found(each, name, namespace)]
    raise unfit("an object or an array", value, what)


def select_pairs(value: Any, name: str, namespace: str = "") -> Any:
    """Return `value.&name`: an object of all pairs of that name, or null."""
    entries = _matching(value, name, namespace, "'.&'")
    return object_of(entries) if entries else None


def descend(value: Any) -> Any:
    """Return `value..`: the values inside at any depth, each before those inside of it."""
    value = opened(value)
    _refuse_simple(value)
    return [inner for _, inner in _inside(value)]


def select_below(value: Any, kind: str, name: str, namespace: str = "", *, is_keyed: bool = False) -> Any:
    """Return `value..name`, `..*name`, `..&name`: of the value and of all objects inside, outer ones first."""
    value = opened(value)
    _refuse_simple(value)
    found: list[Any] = []
    for each in _objects(value):
        entries = list(_found(each, name, namespace))
        if entries and kind == "..&":
            found.append(object_of(entries))
        else:
            few = entries if kind == "..*" else entries[:1]
            found += [keyed(inner, key) if is_keyed else inner for key, inner in few]
    return found or None


def _refuse_simple(value: Any) -> None:
    if not (is_map(value) or is_array(value)):
        raise unfit("an object or an array", value, "'..'")


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield keys (empty for elements) and values at any depth. The depth of values is bounded where they are read."""
    if is_map(value):
        entries = list(entries_of(value))
    elif is_array(value):
        entries = [("", each) for each in value]
    else:
        return
    spend(PER_ELEMENT * (1 + len(entries)), "'..'")
    for key, inner in entries:
        yield key, inner
        yield from _inside(inner)


def _objects(value: Any) -> Iterator[Any]:
    """Yield the value and what is inside, as far as they are objects."""
    if is_map(value):
        yield value
    for _, inner in _inside(value):
        if is_map(inner):
            yield inner


# .@name, .#, .^


def attributes(value: Any) -> Any:
    """Return `value.@`: the attributes of its key, or null; of an array those of its elements."""
    if is_array(value):
        return [each.attributes for each in map(key_of, value) if each is not None and each.attributes]
    key = key_of(value)
    return key.attributes or None if key is not None else None


def attribute(value: Any, name: str, namespace: str = "") -> Any:
    """Return `value.@name`: the attribute of its key, or null; of an array those of its elements."""
    if is_array(value):
        entries = [next(_of_attributes(each, name, namespace), None) for each in value]
        return [entry[1] for entry in entries if entry] or None
    entry = next(_of_attributes(value, name, namespace), None)
    return entry[1] if entry else None


def attributes_named(value: Any, name: str, namespace: str = "") -> Any:
    """Return `value.*@name`: all attributes of the name, or null."""
    values = value if is_array(value) else [value]
    return [inner for each in values for _, inner in _of_attributes(each, name, namespace)] or None


def _of_attributes(value: Any, name: str, namespace: str) -> Iterator[tuple[str, Any]]:
    key = key_of(value)
    if key is not None and key.attributes:
        yield from _found(key.attributes, name, namespace)


def attributes_below(value: Any, name: str | None = None, namespace: str = "") -> Any:
    """Return `value..@`, `value..@name`: of all keys at any depth."""
    _refuse_simple(value)
    keys = [key for key, _ in _inside(value) if isinstance(key, Key) and key.attributes]
    if name is None:
        return [key.attributes for key in keys]
    found = [next(_found(key.attributes, name, namespace), None) for key in keys]
    return [entry[1] for entry in found if entry] or None


def namespace_of(value: Any) -> Namespace | None:
    """Return `value.#`: the namespace of its key, or null."""
    key = key_of(value)
    return key.namespace if key is not None else None


def metadata(value: Any, name: str | None = None) -> Any:
    """Return `value.^`, `value.^name`: what `as Type {…}` and readers say of it, or null."""
    from engine.expressions.dataweave.values.annotated import schema_of

    schema = schema_of(value)
    if name is None:
        return dict(schema) if schema else None
    return schema.get(name) if schema else None


# […]


def at(value: Any, index: Any) -> Any:
    """Return `value[index]`: by position, by range or by name."""
    if type(index) is int and type(value) is list:
        return value[index] if -len(value) <= index < len(value) else None
    return _at(value, index, is_keyed=False)


def at_keyed(value: Any, index: Any) -> Any:
    return _at(value, index, is_keyed=True)


def _at(value: Any, index: Any, *, is_keyed: bool) -> Any:
    if index is None:
        raise unfit("a number, a text or a range", index, "'[…]'")
    if isinstance(index, range):
        return slice_between(value, index[0], index[-1])
    if value is None or type(value) is Blank:
        return None
    if isinstance(index, (int, float, Decimal)) and not isinstance(index, bool):
        return _by_position(opened(value), _whole(index), is_keyed)
    if isinstance(index, (Key, str)):
        return _selected(value, str(index), _uri(index), is_keyed=is_keyed)
    return None


def _whole(number: Any) -> int:
    return number if isinstance(number, int) else int(Decimal(number).to_integral_value(ROUND_HALF_UP))


def _by_position(value: Any, position: int, is_keyed: bool) -> Any:
    if is_map(value):
        entries = list(entries_of(value))
        if not -len(entries) <= position < len(entries):
            return None
        key, inner = entries[position]
        return keyed(inner, key) if is_keyed else inner
    sequence = value if is_array(value) else _text(value)
    return sequence[position] if -len(sequence) <= position < len(sequence) else None


def _text(value: Any) -> str:
    """Return the value as the text whose characters `[…]` selects."""
    from engine.expressions.dataweave.values.joining import interpolated

    if isinstance(value, str):
        return value
    with suppress(Unfit):
        return interpolated(value)
    raise unfit("an array, an object or a text", value, "'[…]'")


def slice_between(value: Any, start: Any, end: Any) -> Any:
    """Return `value[start to end]`, backwards if the end is before the start; null if it leaves the value."""
    if value is None or is_map(value):
        raise unfit("an array or a text", value, "'[… to …]'")
    sequence = value if is_array(value) else _text(value)
    first, last = (each + len(sequence) if each < 0 else each for each in map(_position, (start, end)))
    if not (0 <= first < len(sequence) and 0 <= last < len(sequence)):
        return None
    spend(PER_ELEMENT * (abs(last - first) + 1), "'[… to …]'")
    found = sequence[first : last + 1] if last >= first else sequence[last : first + 1][::-1]
    return found if isinstance(found, (str, list)) else list(found)


def _position(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise unfit("a number", value, "'to'")
    return _whole(value)


def filtered(value: Any, keeps: Callable[[Any, Any], Any]) -> Any:
    """Return `value[?(…)]`: the elements or pairs for which the condition holds; null if there are none."""
    if is_array(value):
        return [each for at, each in enumerate(walked(value, "'[?…]'")) if keeps(each, at) is True] or None
    if value is None or not is_map(value):
        raise unfit("an array or an object", value, "'[?…]'")
    entries = [
        (key, each) for key, each in entries_of(value) if keeps(each, key if isinstance(key, Key) else Key(key)) is True
    ]
    return object_of(entries) if entries else None


def index_pairs(value: Any, index: Any) -> Any:
    """Return `value[&index]`: the pair at a position, or all of a name, as an object."""
    if isinstance(index, str):
        return select_pairs(value, str(index))
    if value is None or not is_map(value):
        raise unfit("an object", value, "'[&…]'")
    entries, position = list(entries_of(value)), _whole(index)
    return object_of([entries[position]]) if -len(entries) <= position < len(entries) else None


# ? and !


def has(value: Any, kind: str, name: str | None, namespace: str = "") -> bool:
    """Return `value.name?`, also for the other selectors by name."""
    if kind in (".@", ".*@", "..@"):
        find = attributes_below if kind == "..@" else attributes_named
        return (attributes(value) if name is None else find(value, name, namespace)) is not None
    if name is None:
        return {".#": namespace_of, ".^": metadata, "..": descend}[kind](value) is not None
    if kind == ".^":
        return metadata(value, name) is not None
    if kind.startswith(".."):
        return select_below(value, kind, name, namespace) is not None
    return _has(value, name, namespace)


def _has(value: Any, name: str, namespace: str) -> bool:
    if value is None or type(value) is Blank:
        return False
    if is_map(value) or is_array(value):
        return bool(_matching(value, name, namespace, f"'.{name}?'"))
    return part(value, name) is not None


def has_at(value: Any, index: Any) -> bool:
    """Return `value[index]?`."""
    if isinstance(index, str):
        return _has(value, str(index), _uri(index))
    if is_array(value) and isinstance(index, int):
        return -len(value) <= index < len(value)
    return _at(value, index, is_keyed=False) is not None


def asserted(is_there: bool, value: Any, key: Any) -> Any:
    """Return the value of `value.name!`. Raise Failed if there is none."""
    if not is_there:
        error = Failed("there is no such key, which '!' asks for", "KeyNotFoundException")
        is_position = isinstance(key, (int, Decimal))
        error.told = f"Index {key} is out of bounds." if is_position else f"There is no key named '{key}'"
        raise error
    return value
