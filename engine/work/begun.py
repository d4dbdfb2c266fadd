"""Work that is begun by hand: most of it ends before it ever waits."""

from __future__ import annotations

import types
from collections.abc import Coroutine, Generator
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class Begun(NamedTuple):
    """Where work has come to.

    is_done: whether it has ended. value: what it gave then; else what it waits for, as its coroutine yielded it.
    """

    is_done: bool
    value: Any


def begin(work: Coroutine[Any, Any, Any]) -> Begun:
    """Run work until it waits for the first time, or ends. Raises what it raises."""
    try:
        return Begun(False, work.send(None))
    except StopIteration as end:
        return Begun(True, end.value)


@types.coroutine
def rest_of(work: Coroutine[Any, Any, T], awaited: Any) -> Generator[Any, Any, T]:
    """The work from where it waits."""
    while True:
        try:
            yield awaited
        except GeneratorExit:
            work.close()
            raise
        except BaseException as error:
            step, argument = work.throw, error
        else:
            step, argument = work.send, None  # type: ignore[assignment]  # one of two
        try:
            awaited = step(argument)
        except StopIteration as end:
            result: T = end.value
            return result
