"""dw::util::Tree and dw::util::Values: values inside others, by their paths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.library.declaring import constant, defined
from engine.expressions.dataweave.library.texts.strings import whole
from engine.expressions.dataweave.library.walking import PER_CALL, Item, truth, walked
from engine.expressions.dataweave.values.errors import Failed, unfit
from engine.expressions.dataweave.values.functions import Function, as_callable
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import (
    AnyObject,
    Entry,
    Key,
    Namespace,
    entries_of,
    is_object,
    object_of,
)
from engine.expressions.dataweave.values.texts import as_text
from engine.limits import DEEPEST

TREE = "dw::util::Tree"
VALUES = "dw::util::Values"
OBJECT, ATTRIBUTE, ARRAY = "Object", "Attribute", "Array"
LISTS = frozenset({"Array", "Range"})
Path = list[dict[str, Any]]

constant(TREE, "OBJECT_TYPE", OBJECT)
constant(TREE, "ATTRIBUTE_TYPE", ATTRIBUTE)
constant(TREE, "ARRAY_TYPE", ARRAY)


def _step(kind: str, selector: Any, namespace: Namespace | None = None) -> dict[str, Any]:
    return {"kind": kind, "selector": selector, "namespace": namespace}


def _deeper(path: Path, kind: str, selector: Any) -> Path:
    if len(path) >= DEEPEST:
        raise Failed(f"a tree stops at {DEEPEST} levels")
    namespace = selector.namespace if isinstance(selector, Key) else None
    return [*path, _step(kind, str(selector) if isinstance(selector, str) else selector, namespace)]


def _paid(value: Any, what: str) -> Any:
    spend(PER_CALL * (1 + len(value)), what)
    return value


def _with_attributes(key: str, change: Callable[[str, Any], Any]) -> str:
    """Return a key with each attribute's value changed."""
    if not isinstance(key, Key) or not key.attributes:
        return key
    made = object_of((name, change(name, value)) for name, value in entries_of(key.attributes))
    return Key(str(key), key.namespace, made)


@defined(TREE, "mapLeafValues", "(value: Any, callback: (value: Any, path: Path) -> Any) -> Any")
def map_leaf_values(value: Any, callback: Item) -> Any:
    """Return a value with the result of a function in place of each value that is no object and no array."""
    return _mapped(value, [], callback)


def _mapped(value: Any, path: Path, callback: Item) -> Any:
    kind = kind_of(value)
    if kind == "Object":
        return object_of(
            _mapped_entry(key, each, path, callback) for key, each in entries_of(_paid(value, "mapLeafValues"))
        )
    if kind in LISTS:
        items = enumerate(_paid(value, "mapLeafValues"))
        return [_mapped(item, _deeper(path, ARRAY, at), callback) for at, item in items]
    return callback(value, path)


def _mapped_entry(key: str, value: Any, path: Path, callback: Item) -> Entry:
    here = _deeper(path, OBJECT, key)
    made = _with_attributes(key, lambda name, each: callback(each, _deeper(here, ATTRIBUTE, name)))
    return made, _mapped(value, here, callback)


@defined(TREE, "nodeExists", "(value: Any, callback: (value: Any, path: Path) -> Boolean) -> Boolean")
def node_exists(value: Any, callback: Item) -> bool:
    """Return whether a condition holds for the value or one inside it."""
    return _exists(value, [], callback)


def _exists(value: Any, path: Path, callback: Item) -> bool:
    if truth(callback(value, path)):
        return True
    kind = kind_of(value)
    if kind == "Object":
        return any(_entry_exists(key, each, path, callback) for key, each in entries_of(_paid(value, "nodeExists")))
    if kind not in LISTS:
        return False
    items = enumerate(_paid(value, "nodeExists"))
    return any(_exists(item, _deeper(path, ARRAY, at), callback) for at, item in items)


def _entry_exists(key: str, value: Any, path: Path, callback: Item) -> bool:
    here = _deeper(path, OBJECT, key)
    attributes = key.attributes if isinstance(key, Key) else None
    return any(
        truth(callback(each, _deeper(here, ATTRIBUTE, name))) for name, each in entries_of(attributes or {})
    ) or _exists(value, here, callback)


FILTER = "(value: Any, criteria: (value: Any, path: Path) -> Boolean) -> Any"


def _is_leaf(value: Any) -> bool:
    return kind_of(value) not in LISTS | {"Object"}


@defined(TREE, "filterTree", FILTER)
def filter_tree(value: Any, criteria: Item) -> Any:
    """Return a value without the values inside it for which a condition does not hold."""
    return _filtered(value, [], lambda each, path, kind: truth(criteria(each, path)))


@defined(TREE, "filterObjectLeafs", FILTER)
def filter_object_leafs(value: Any, criteria: Item) -> Any:
    """Return a value without the fields, holding no object and no array, for which a condition does not hold."""
    return _filtered(
        value, [], lambda each, path, kind: not _is_leaf(each) or kind != OBJECT or truth(criteria(each, path))
    )


@defined(TREE, "filterArrayLeafs", FILTER)
def filter_array_leafs(value: Any, criteria: Item) -> Any:
    """Return a value without the elements, being no object and no array, for which a condition does not hold."""
    return _filtered(
        value, [], lambda each, path, kind: not _is_leaf(each) or kind != ARRAY or truth(criteria(each, path))
    )


def _filtered(value: Any, path: Path, keeps: Callable[[Any, Path, str], bool]) -> Any:
    kind = kind_of(value)
    if kind == "Object":
        return object_of(_kept_entries(_paid(value, "a filter"), path, keeps))
    if kind not in LISTS:
        return value
    made = []
    for at, item in enumerate(_paid(value, "a filter")):
        here = _deeper(path, ARRAY, at)
        new = _filtered(item, here, keeps)
        if keeps(new, here, ARRAY):
            made.append(new)
    return made


def _kept_entries(value: AnyObject, path: Path, keeps: Callable[[Any, Path, str], bool]) -> list[Entry]:
    made: list[Entry] = []
    for key, each in entries_of(value):
        here = _deeper(path, OBJECT, key)
        new = _filtered(each, here, keeps)
        if keeps(new, here, OBJECT):
            made.append((_kept_attributes(key, here, keeps), new))
    return made


def _kept_attributes(key: str, path: Path, keeps: Callable[[Any, Path, str], bool]) -> str:
    if not isinstance(key, Key) or not key.attributes:
        return key
    found = entries_of(key.attributes)
    kept = object_of((name, each) for name, each in found if keeps(each, _deeper(path, ATTRIBUTE, name), OBJECT))
    return Key(str(key), key.namespace, kept)


@defined(TREE, "asExpressionString", "(path: Array<Object>) -> String")
def as_expression_string(path: Sequence[AnyObject]) -> str:
    """Return a path as it is written: `.user.@name`, `.list[0]`."""
    return "".join(map(_written_step, walked(path, "asExpressionString")))


def _written_step(step: Any) -> str:
    if not is_object(step):
        raise unfit("a path of objects", step, "asExpressionString")
    selector = as_text(step.get("selector"))
    kind = step.get("kind")
    return f"[{selector}]" if kind == ARRAY else f".@{selector}" if kind == ATTRIBUTE else f".{selector}"


def _kind_test(name: str, kind: str) -> None:
    @defined(TREE, name, "(path: Array<Object>) -> Boolean", manual=f"Return whether a path ends at {kind.lower()}.")
    def test(path: Sequence[AnyObject]) -> bool:
        return bool(path) and is_object(path[-1]) and path[-1].get("kind") == kind


_kind_test("isObjectType", OBJECT)
_kind_test("isAttributeType", ATTRIBUTE)
_kind_test("isArrayType", ARRAY)


# dw::util::Values


def _selector(kind: str, name: Any, namespace: Namespace | None) -> dict[str, Any]:
    return {"kind": kind, "namespace": namespace, "selector": name}


@defined(VALUES, "field", "(name: String) -> Object")
def field(name: str) -> dict[str, Any]:
    """Return the step of a path to a field."""
    return _selector(OBJECT, name, None)


@defined(VALUES, "field", "(namespace: Namespace | Null, name: String) -> Object")
def field_of(namespace: Namespace | None, name: str) -> dict[str, Any]:
    return _selector(OBJECT, name, namespace)


@defined(VALUES, "attr", "(name: String) -> Object")
def attr(name: str) -> dict[str, Any]:
    """Return the step of a path to an attribute."""
    return _selector(ATTRIBUTE, name, None)


@defined(VALUES, "attr", "(namespace: Namespace | Null, name: String) -> Object")
def attr_of(namespace: Namespace | None, name: str) -> dict[str, Any]:
    return _selector(ATTRIBUTE, name, namespace)


@defined(VALUES, "index", "(index: Number) -> Object")
def index(at: Any) -> dict[str, Any]:
    """Return the step of a path to an element of an array."""
    return _selector(ARRAY, at, None)


Step = tuple[str, Any]
"""A kind, and a name or a position."""


def _as_step(given: Any) -> Step:
    kind = kind_of(given)
    if kind == "Object":
        if given.get("kind") not in (OBJECT, ATTRIBUTE, ARRAY):
            raise Failed("a path has names, positions, and what field, index and attr return")
        return str(given.get("kind")), given.get("selector")
    return (ARRAY, whole(given)) if kind == "Number" else (OBJECT, as_text(given))


@defined(VALUES, "update", "(value: Null, toUpdate: Any) -> Function")
@defined(VALUES, "mask", "(value: Null, selector: Any) -> Function")
def of_nothing(value: None, selector: Any) -> Function:
    """Return what `with` needs to return null."""
    return Function("", 1, lambda replacer: None)


@defined(VALUES, "update", "(value: Object | Array<Any>, path: Array<Any> | String | Number | Object) -> Function")
def update(value: Any, path: Any) -> Function:
    """Return what `with` needs to replace the values at a path of names, positions, and what attr returns."""
    steps = list(map(_as_step, walked(path, "update"))) if kind_of(path) == "Array" else [_as_step(path)]

    def put(replacer: Any) -> Any:
        new = as_callable(replacer, 2)
        return _updated(value, steps, lambda old: new(old, 0))

    return Function("update", 1, put)


def _updated(value: Any, steps: list[Step], new: Callable[[Any], Any]) -> Any:
    if not steps:
        return new(value)
    (kind, selector), rest = steps[0], steps[1:]
    found = kind_of(value)
    if found == "Object" and kind == OBJECT:
        entries = entries_of(_paid(value, "update"))
        return object_of(
            _updated_entry(key, each, rest, new) if key == selector else (key, each) for key, each in entries
        )
    if found in LISTS and kind == OBJECT:
        return [_updated(item, steps, new) for item in _paid(value, "update")]
    if found in LISTS and kind == ARRAY:
        return [_updated(item, rest, new) if at == selector else item for at, item in enumerate(_paid(value, "update"))]
    return value


def _updated_entry(key: str, value: Any, rest: list[Step], new: Callable[[Any], Any]) -> Entry:
    if rest and rest[0][0] == ATTRIBUTE:
        return _with_attributes(key, lambda name, each: new(each) if name == rest[0][1] else each), value
    return key, _updated(value, rest, new)


@defined(VALUES, "mask", "(value: Any, selector: String | Number | Object) -> Function")
def mask(value: Any, selector: Any) -> Function:
    """Return what `with` needs to replace all values of a name, or at a position, at any depth."""
    step = _as_step(selector)

    def put(replacer: Any) -> Any:
        new = as_callable(replacer, 2)
        return _masked(value, step, lambda old: new(old, 0), 0)

    return Function("mask", 1, put)


def _masked(value: Any, step: Step, new: Callable[[Any], Any], depth: int) -> Any:
    if depth > DEEPEST:
        raise Failed(f"a tree stops at {DEEPEST} levels")
    kind = kind_of(value)
    if kind in LISTS:
        items = enumerate(_paid(value, "mask"))
        return [new(item) if step == (ARRAY, at) else _masked(item, step, new, depth + 1) for at, item in items]
    if kind != "Object":
        return value
    made: list[Entry] = []
    for key, each in entries_of(_paid(value, "mask")):
        hit = step[0] == OBJECT and str(key) == step[1]
        named = _with_attributes(key, lambda name, old: new(old) if step == (ATTRIBUTE, str(name)) else old)
        made.append((named, new(each) if hit else _masked(each, step, new, depth + 1)))
    return object_of(made)
