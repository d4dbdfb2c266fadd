"""The contents of an element. No other module looks into its fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Protocol, TypeGuard

from engine.parameters.element import Element, Parameters


class Holder(Protocol):
    """Something that holds parts an event may reach: a row of steps, an error handler, an element."""

    def members(self) -> Iterable[Any]:
        """Return the parts, which may include lists, maps and groups of parameters."""
        ...


@lru_cache(1024)  # asked for each value of each element, which a runtime_checkable Protocol makes slow
def _has_members(kind: type[Any]) -> bool:
    return hasattr(kind, "members")


def forget_classes() -> None:
    """Hold no classes any more: some have come from modules that are imported anew."""
    _has_members.cache_clear()


def is_holder(value: Any) -> TypeGuard[Holder]:
    return _has_members(type(value))  # type: ignore[arg-type]  # a class is hashable


def direct(value: Any) -> Iterator[Any]:
    """Iterate over the entries of lists and maps, at any depth; any other value yields itself.

    Things that are only named there and not run, such as a config, are left out.
    """
    if isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from direct(each)
    elif isinstance(value, Mapping):
        yield from direct(list(value.values()))
    elif not (isinstance(value, Element) and value.stands_apart):
        yield value


def inside(value: Any) -> Iterator[Any]:
    """Iterate over the parts of a value, including the fields of groups of parameters, but not those of elements."""
    for each in direct(value):
        yield each
        if isinstance(each, Parameters) and not isinstance(each, Element):
            yield from inside(list(each.members()))


def members_of(holder: Holder) -> Iterator[Any]:
    """Iterate over the direct contents of an element, a row of steps or a handler, groups of parameters included."""
    return inside(list(holder.members()))


def own_parts(element: Parameters) -> Iterator[Any]:
    """Iterate over the contents of an element's own fields, without the flows that it may lead to."""
    return inside(list(Parameters.members(element)))


def reachable(*starts: Any) -> Iterator[Any]:
    """Iterate over everything an event may reach from elements, rows and flows: each once, in the order of the files.

    Flows that are known only at run time are left out: those of lookup(), and of a flow-ref whose name is an
    expression.
    """
    return (value for value, is_done in _walk(starts) if not is_done)


def innermost_first(*starts: Any) -> Iterator[Any]:
    """Iterate over the same, each after its contents, unless those lead back to it."""
    return (value for value, is_done in _walk(starts) if is_done)


def _walk(starts: Any) -> Iterator[tuple[Any, bool]]:
    """Yield each value twice: when reached, and when all its contents are done. Not recursive: any depth works."""
    seen: set[int] = set()
    waiting = [(value, False) for value in reversed(list(inside(starts)))]
    while waiting:
        value, is_done = waiting.pop()
        if is_done:
            yield value, True
        elif is_holder(value) and id(value) not in seen:
            seen.add(id(value))
            yield value, False
            waiting.append((value, True))
            waiting += [(each, False) for each in reversed(list(members_of(value)))]
