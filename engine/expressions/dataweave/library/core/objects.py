"""Functions of dw::Core over objects."""

from __future__ import annotations

from typing import Any

from engine.expressions.dataweave.library.core.lists import CORE, Distinct
from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.library.walking import Item, entries, truth
from engine.expressions.dataweave.values.comparing import sort_keys
from engine.expressions.dataweave.values.errors import unfit
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import AnyObject, Entry, Key, entries_of, object_of
from engine.expressions.dataweave.values.texts import as_text


@defined(
    CORE,
    "mapObject",
    "(object: Object, mapper: (value: V, key: K, index: Number) -> Object) -> Object",
    "(value: Null, mapper: (value: Nothing, key: Nothing, index: Nothing) -> Any) -> Null",
)
def map_object(value: AnyObject, mapper: Item) -> AnyObject:
    """Return one object of the objects that a function returns for each entry."""
    made: list[Entry] = []
    for index, (key, each) in enumerate(entries(value, "mapObject")):
        found = mapper(each, key, index)
        if kind_of(found) != "Object":
            raise unfit("a function that returns an object", found, "mapObject")
        made += entries_of(found)
    return object_of(made)


@defined(
    CORE,
    "filterObject",
    "(object: Object, criteria: (value: V, key: K, index: Number) -> Boolean) -> Object",
    "(value: Null, criteria: (value: Nothing, key: Nothing, index: Nothing) -> Any) -> Null",
)
def filter_object(value: AnyObject, criteria: Item) -> AnyObject:
    """Return the entries for which a condition holds."""
    found = enumerate(entries(value, "filterObject"))
    return object_of((key, each) for index, (key, each) in found if truth(criteria(each, key, index)))


@defined(
    CORE,
    "pluck",
    "(object: Object, mapper: (value: V, key: K, index: Number) -> R) -> Array<R>",
    "(value: Null, mapper: (value: Nothing, key: Nothing, index: Nothing) -> Any) -> Null",
)
def pluck(value: AnyObject, mapper: Item) -> list[Any]:
    """Return the results of a function for each entry."""
    return [mapper(each, key, index) for index, (key, each) in enumerate(entries(value, "pluck"))]


@defined(CORE, "keysOf", "(object: Object) -> Array<Key>", "(value: Null) -> Null")
def keys_of(value: AnyObject) -> list[Key]:
    """Return the keys, of type Key."""
    return [key for key, _ in entries(value, "keysOf")]


@defined(CORE, "namesOf", "(object: Object) -> Array<String>", "(value: Null) -> Null")
def names_of(value: AnyObject) -> list[str]:
    """Return the names of the keys as texts."""
    return [str(key) for key, _ in entries(value, "namesOf")]


@defined(CORE, "valuesOf", "(object: Object) -> Array<Any>", "(value: Null) -> Null")
def values_of(value: AnyObject) -> list[Any]:
    """Return the values."""
    return [each for _, each in entries(value, "valuesOf")]


@defined(CORE, "entriesOf", "(object: Object) -> Array<Object>", "(value: Null) -> Null")
def entries_as_objects(value: AnyObject) -> list[AnyObject]:
    """Return an object for each entry, with its key, value and attributes."""
    return [
        {"key": key, "value": each, "attributes": key.attributes or {}} for key, each in entries(value, "entriesOf")
    ]


@defined(CORE, "groupBy", "(object: Object, criteria: (value: V, key: K) -> R) -> Object")
def group_object_by(value: AnyObject, criteria: Item) -> dict[str, AnyObject]:
    """Return an object of objects: the entries by what a function returns for them, as text."""
    groups: dict[str, list[Entry]] = {}
    for key, each in entries(value, "groupBy"):
        groups.setdefault(as_text(criteria(each, key)), []).append((key, each))
    return {name: object_of(group) for name, group in groups.items()}


@defined(CORE, "orderBy", "(object: Object, criteria: (value: V, key: K) -> R) -> Object")
def order_object_by(value: AnyObject, criteria: Item) -> AnyObject:
    """Return the entries in the order of what a function returns for them."""
    found = list(entries(value, "orderBy"))
    keys = sort_keys(criteria(each, key) for key, each in found)
    return object_of(found[at] for at in sorted(range(len(keys)), key=keys.__getitem__))


@defined(CORE, "distinctBy", "(object: Object, criteria: (value: V, key: K) -> Any) -> Object")
def distinct_object_by(value: AnyObject, criteria: Item) -> AnyObject:
    """Return the entries without those for which a function returns what it did for an earlier one."""
    seen = Distinct()
    return object_of((key, each) for key, each in entries(value, "distinctBy") if seen.adds(criteria(each, key)))
