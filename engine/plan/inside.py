"""What stands inside an element: the only place that looks into its fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Protocol, TypeGuard

from engine.parameters.element import Element, Parameters


class Holder(Protocol):
    """What holds others that an event may come to, such as a row of steps, an error handler, an element."""

    def members(self) -> Iterable[Any]:
        """What it holds; lists, maps and groups of parameters may be among that."""
        ...


@lru_cache(1024)  # asked for each value of each element, which a runtime_checkable Protocol makes slow
def _has_members(kind: type) -> bool:
    return hasattr(kind, "members")


def is_holder(value: Any) -> TypeGuard[Holder]:
    return _has_members(type(value))


def direct(value: Any) -> Iterator[Any]:
    """What a value is made of: the entries of lists and maps, at any depth; otherwise the value itself.

    What is named and not run there, such as a config, is left out.
    """
    if isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from direct(each)
    elif isinstance(value, Mapping):
        yield from direct(list(value.values()))
    elif not (isinstance(value, Element) and value.stands_apart):
        yield value


def inside(value: Any) -> Iterator[Any]:
    """What a value is made of, and the fields of its groups of parameters; elements are not looked into."""
    for each in direct(value):
        yield each
        if isinstance(each, Parameters) and not isinstance(each, Element):
            yield from inside(list(each.members()))


def members_of(holder: Holder) -> Iterator[Any]:
    """What stands directly inside an element, a row of steps, or a handler, its groups of parameters included."""
    return inside(list(holder.members()))


def reachable(*starts: Any) -> Iterator[Any]:
    """All that an event may come to from some elements, rows and flows, each once, in the order of the files.

    What only a run shows is left out: the flow of a flow-ref whose name is an expression, and of lookup().
    """
    return (value for value, is_done in _walk(starts) if not is_done)


def innermost_first(*starts: Any) -> Iterator[Any]:
    """The same, each behind what it holds, unless that leads back to it."""
    return (value for value, is_done in _walk(starts) if is_done)


def _walk(starts: Any) -> Iterator[tuple[Any, bool]]:
    """Each value twice: when it is come to, and when all that it holds is done. However deep, it needs no stack."""
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
