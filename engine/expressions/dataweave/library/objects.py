"""dw::core::Objects."""

from __future__ import annotations

from typing import Any

from engine.expressions.dataweave.library.core import objects
from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.library.texts.strings import whole
from engine.expressions.dataweave.library.walking import Item, entries, truth
from engine.expressions.dataweave.values.objects import AnyObject, entries_of, object_of

OBJECTS = "dw::core::Objects"


@defined(OBJECTS, "divideBy", "(items: Object, amount: Number) -> Array<Object>")
def divide_by(value: AnyObject, amount: Any) -> list[AnyObject]:
    """Return objects of that many entries; the last one may have fewer."""
    found, size = list(entries(value, "divideBy")), max(whole(amount), 1)
    return [object_of(found[at : at + size]) for at in range(0, len(found), size)]


@defined(OBJECTS, "entrySet", "(obj: Object) -> Array<Object>")
def entry_set(value: AnyObject) -> list[AnyObject]:
    """Return an object for each entry, with its key, value and attributes."""
    return objects.entries_as_objects(value)


@defined(OBJECTS, "keySet", "(obj: Object) -> Array<Key>")
def key_set(value: AnyObject) -> list[Any]:
    """Return the keys, of type Key."""
    return list(objects.keys_of(value))


@defined(OBJECTS, "nameSet", "(obj: Object) -> Array<String>")
def name_set(value: AnyObject) -> list[str]:
    """Return the names of the keys as texts."""
    return objects.names_of(value)


@defined(OBJECTS, "valueSet", "(obj: Object) -> Array<Any>")
def value_set(value: AnyObject) -> list[Any]:
    """Return the values."""
    return objects.values_of(value)


@defined(
    OBJECTS,
    "everyEntry",
    "(object: Object, condition: (value: Any, key: Key) -> Boolean) -> Boolean",
    "(value: Null, condition: (value: Nothing, key: Nothing) -> Any) -> true",
)
def every_entry(value: AnyObject, condition: Item) -> bool:
    """Return whether a condition holds for all entries."""
    return all(truth(condition(each, key)) for key, each in entries(value, "everyEntry"))


@defined(
    OBJECTS,
    "someEntry",
    "(object: Object, condition: (value: Any, key: Key) -> Boolean) -> Boolean",
    "(value: Null, condition: (value: Nothing, key: Nothing) -> Any) -> false",
)
def some_entry(value: AnyObject, condition: Item) -> bool:
    """Return whether a condition holds for an entry."""
    return any(truth(condition(each, key)) for key, each in entries(value, "someEntry"))


@defined(OBJECTS, "mergeWith", "(source: Object, target: Object) -> Object")
def merge_with(source: AnyObject, target: AnyObject) -> AnyObject:
    """Return the entries of an object whose keys another one does not have, then those of the other one."""
    names = {str(key) for key, _ in entries(target, "mergeWith")}
    kept = [(key, each) for key, each in entries(source, "mergeWith") if str(key) not in names]
    return object_of([*kept, *entries_of(target)])


@defined(OBJECTS, "mergeWith", "(source: Null, target: Object) -> Object")
def merge_nothing(source: None, target: AnyObject) -> AnyObject:
    return target


@defined(OBJECTS, "mergeWith", "(source: Object, target: Null) -> Object")
def merge_with_nothing(source: AnyObject, target: None) -> AnyObject:
    return source


@defined(OBJECTS, "takeWhile", "(obj: Object, condition: (value: Any, key: Key) -> Boolean) -> Object")
def take_while(value: AnyObject, condition: Item) -> AnyObject:
    """Return the entries in front of the first one for which a condition does not hold."""
    kept = []
    for key, each in entries(value, "takeWhile"):
        if not truth(condition(each, key)):
            break
        kept.append((key, each))
    return object_of(kept)
